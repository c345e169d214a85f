"""The demo's mail servers over the wire: each company's login ends as its scenario says, also beside another demo."""

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from checks.domain_name import address
from checks.smtp import tls
from checks.smtp.conversation import Limits
from checks.smtp.credentials import Credentials
from checks.smtp.discover import discover
from checks.smtp.etiquette import BREAKER_FAILURES
from checks.smtp.guard import SUBMISSION_PORTS, Guard
from checks.smtp.login import log_in
from checks.smtp.probe import Means
from checks.smtp.result import Login, Result, Security, Server
from data.demo import fleet, zone
from data.demo.mail_hosts import mail_hosts
from data.demo.mail_layout import BLOCKS, Layout, Ports, take
from data.demo.mail_server import MailServers
from data.demo.scenario import Manner

pytestmark = pytest.mark.integration

CUSTOMERS = [company for company in fleet.companies() if company.smtp_password]
BESIDE_THE_LOGIN = ("SMTP_BASIC_AUTH_ENDS", "PROFILE_EMAIL_NOT_VALIDATED")
"""Causes of companies whose login works."""


@pytest.fixture(scope="module")
def servers() -> Iterator[MailServers]:
    with MailServers() as running:
        yield running


async def logged_in(member: fleet.Company, servers: MailServers, authority: Path | None = None) -> Login:
    own = member.scenario.own_server
    assert own is not None
    return await log_in(
        Server(member.smtp_host, servers.layout.entered(member), own.security),
        Credentials(member.smtp_username, member.smtp_password),
        resolver=zone.resolver(servers.layout),
        ehlo_name="invoices.example",
        guard=Guard((ip_network("127.0.0.0/8"),)),
        context=tls.context_with(authority or servers.authority),
        limits=Limits(whole=8.0, step=2.0),
    )


def place(servers: MailServers, security: Security) -> tuple[str, int]:
    """Where Google is."""
    layout = servers.layout
    return layout.address("smtp.gmail.com"), layout.port("smtp.gmail.com", security)


async def check(member: fleet.Company, servers: MailServers) -> None:
    found = await logged_in(member, servers)
    cause = member.scenario.expected.cause
    assert found.cause == ("" if cause in BESIDE_THE_LOGIN else cause), (member.scenario.name, found)
    assert (found.result is Result.OK) == (member.scenario.expected.smtp == "ok")
    assert found.recognised == (member.scenario.name != "own server: a refusal in words that nobody knows")
    assert found.attempts <= 1


async def test_every_login_ends_as_its_scenario_says(servers: MailServers) -> None:
    await asyncio.gather(*(check(member, servers) for member in CUSTOMERS))


async def test_two_demos_run_beside_each_other_on_one_machine(servers: MailServers) -> None:
    with MailServers(servers.layout.block) as others:
        assert others.layout != servers.layout
        for running in (servers, others):
            await check(CUSTOMERS[0], running)


async def test_one_demo_does_not_vouch_for_the_other(servers: MailServers) -> None:
    works = next(member for member in CUSTOMERS if member.scenario.expected.verdict == "ok")
    with MailServers(servers.layout.block) as others:
        found = await logged_in(works, others, servers.authority)
    assert (found.cause, found.attempts) == ("SMTP_CERTIFICATE_UNKNOWN_ISSUER", 0)


def test_a_restart_has_the_same_addresses_at_once() -> None:
    with MailServers(77) as first:
        where = place(first, Security.IMPLICIT)
        client = socket.create_connection(where, timeout=5)
    client.close()
    with MailServers(77) as second:
        assert second.layout == first.layout
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(where, timeout=5)


def test_no_key_lies_in_a_file_and_the_folder_goes_with_the_servers() -> None:
    with MailServers(78) as running:
        folder = running.authority.parent
        assert folder.stat().st_mode & 0o077 == 0
        assert not [file for file in folder.iterdir() if b"PRIVATE KEY" in file.read_bytes()]
    assert not folder.exists()


def test_a_client_that_sends_too_much_or_goes_harms_nobody(servers: MailServers) -> None:
    where = place(servers, Security.STARTTLS)
    with socket.create_connection(where, timeout=5) as client:
        client.recv(1000)
        client.sendall(b"x" * 100_000)
        client.settimeout(10)
        with pytest.raises(ConnectionError):
            while client.recv(1000):
                pass
            raise ConnectionError
    with socket.create_connection(where, timeout=5) as client:
        assert client.recv(1000).startswith(b"220 smtp.gmail.com ")


def test_no_server_speaks_old_tls(servers: MailServers) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(servers.authority)
    where = place(servers, Security.IMPLICIT)
    with (
        socket.create_connection(where) as plain,
        context.wrap_socket(plain, server_hostname="smtp.gmail.com") as sock,
    ):
        assert sock.version() in ("TLSv1.2", "TLSv1.3")


# Where they are


@pytest.fixture
def one_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has 127.0.0.1 alone."""
    bind = socket.socket.bind

    def strict(self: socket.socket, where: tuple[str, int]) -> None:
        if where[0] != "127.0.0.1":
            raise OSError(49, "Can't assign requested address")
        bind(self, where)

    class Strict(socket.socket):
        bind = strict  # type: ignore[assignment]

    monkeypatch.setattr("data.demo.mail_layout.socket.socket", Strict)


@pytest.mark.usefixtures("one_address")
async def test_on_a_machine_with_one_loopback_address_each_server_has_its_own_ports() -> None:
    with MailServers(5) as running:
        assert running.layout == Layout(5, Ports.ONE_ADDRESS)
        await asyncio.gather(*(check(member, running) for member in CUSTOMERS))


def test_servers_that_find_no_ports_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with MailServers(79) as running:
        monkeypatch.setattr("data.demo.mail_layout._layouts", lambda first: [running.layout])
        with pytest.raises(OSError, match="the demo's mail servers find no free ports"):
            take(79)


def test_no_two_servers_are_at_one_place() -> None:
    for ports in Ports:
        layouts = (Layout(block, ports) for block in range(BLOCKS))
        places = [
            (at.address(h.name), at.port(h.name, s)) for at in layouts for h in mail_hosts() for s in Security
        ]
        assert len(set(places)) == len(places)
        assert all(port < 49_152 for _, port in places), "no port that is given out by chance"
        assert all(ip_address(address).is_loopback for address, _ in places)


def test_ports_are_those_that_mail_programs_use_where_every_server_has_its_address() -> None:
    for ports in (Ports.USUAL, Ports.BESIDE_THEM):
        assert {Layout(ports=ports).entered(member) for member in fleet.companies()} <= SUBMISSION_PORTS


def test_no_servers_address_is_paused_for_what_the_fleets_first_scan_meets() -> None:
    """The circuit breaker counts refused logins by address."""
    refused = Counter(m.smtp_host for m in CUSTOMERS if m.scenario.expected.smtp in ("failing", "paused"))
    assert max(refused.values()) < BREAKER_FAILURES


def test_a_server_is_of_one_manner() -> None:
    assert {host.manner for host in mail_hosts()} == set(Manner) - {Manner.NOBODY}


async def test_the_server_that_a_domain_publishes_is_found_where_the_typed_one_is_none(
    servers: MailServers,
) -> None:
    publishing = [m for m in CUSTOMERS if m.scenario.own_server and m.scenario.own_server.published]
    assert publishing
    for member in publishing:
        guard = Guard((ip_network("127.0.0.0/8"),))
        means = Means.of(
            zone.resolver(servers.layout), "invoices.example", guard, tls.context_with(servers.authority)
        )
        found = await discover(address(member.email), means, typed=member.smtp_host)
        assert found.servers[0].answered, found
        assert found.servers[0].server.host != member.smtp_host

"""Where we may connect. Nothing here connects: the guard alone is asked, and the network guard would tell."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import ip_address, ip_network

import pytest

from checks.addresses import why_not_public
from checks.lookup import Absent, Answer, RecordType, Result
from checks.smtp.guard import Guard, TurnedAway, Vetted, addresses_of, connect
from tests.support.zone import zone

PUBLIC = "9.9.9.9"

REFUSED = (
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.254", "127.0.0.1"),
    *("127.255.255.254", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1"),
    *("192.0.0.8", "192.0.0.170", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.1"),
    *("192.175.48.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1"),
    *("239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"),
    *("::ffff:9.9.9.9", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b::808:808"),
    *("64:ff9b:1::1", "100::1", "2001::1", "2001:0:7f00:1::", "2001:2::1", "2001:10::1", "2001:20::1"),
    *("2001:db8::1", "2002:7f00:1::", "2002:a00:1::1", "2002:808:808::1", "2620:4f:8000::1", "3fff::1"),
    *("4000::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "febf::1", "fec0::1", "ff02::1", "ff0e::1"),
)
LET_THROUGH = (
    *(
        "1.1.1.1",
        "8.8.8.8",
        "9.9.9.9",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "11.0.0.1",
    ),
    *(
        "169.253.0.1",
        "192.0.1.1",
        "192.167.0.1",
        "192.169.0.1",
        "198.17.0.1",
        "198.20.0.1",
        "223.255.255.254",
    ),
    *("2001:200::1", "2606:4700:4700::1111", "2001:4860:4860::8888", "2a00:1450:400c::1", "2620:fe::fe"),
)


@pytest.mark.parametrize("address", REFUSED)
async def test_no_address_but_a_public_one_is_let_through(address: str) -> None:
    kind = "AAAA" if ":" in address else "A"
    found = await Guard().vet("mail.trap.be", 587, zone(f"mail.trap.be {kind} {address}"))
    assert isinstance(found, TurnedAway)
    assert found.rule.code == "SMTP_ADDRESS_NOT_PUBLIC"
    assert found.found.startswith(str(ip_address(address)))


@pytest.mark.parametrize("address", LET_THROUGH)
async def test_a_public_address_is_let_through(address: str) -> None:
    kind = "AAAA" if ":" in address else "A"
    found = await Guard().vet("mail.acme.be", 587, zone(f"mail.acme.be {kind} {address}"))
    assert found == Vetted("mail.acme.be", 587, (ip_address(address),))
    assert why_not_public(ip_address(address)) == ""


def test_many_addresses_are_tried() -> None:
    assert len(set(REFUSED)) >= 60


@pytest.mark.parametrize(
    "host",
    [
        *(
            "127.0.0.1",
            "9.9.9.9",
            "[127.0.0.1]",
            "[::1]",
            "::1",
            "[IPv6:::1]",
            "::ffff:127.0.0.1",
            " 10.0.0.1 ",
        ),
        *("fe80::1%eth0", "[2606:4700:4700::1111]"),
    ],
)
async def test_an_address_is_no_name(host: str) -> None:
    found = await Guard().vet(host, 587, zone(""))
    assert isinstance(found, TurnedAway)
    assert found.rule.code == "SMTP_HOST_IS_ADDRESS"


@pytest.mark.parametrize(
    "host",
    [
        *(
            "",
            " ",
            "mail",
            "https://mail.acme.be",
            "mail.acme.be:587",
            "mail acme.be",
            "mail..acme.be",
            "127.1",
        ),
        *(
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "1.2.3.4.5",
            "①②⑦.0.0.1",
            "mail.acme.be\r\nEHLO x",
            "a@b.be",
        ),
        *("*.acme.be", "x" * 64 + ".be", "mail.acme.be\0.example"),
    ],
)
async def test_what_is_no_name_is_not_asked_for(host: str) -> None:
    found = await Guard().vet(host, 587, zone(""))
    assert isinstance(found, TurnedAway)
    assert found.rule.code == "SMTP_HOST_MALFORMED"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "mail.localhost"])
async def test_localhost_is_loopback_and_nobody_is_asked(host: str) -> None:
    class Nobody:
        async def lookup(self, name: str, type: RecordType) -> Result:
            raise AssertionError(f"{name} was asked for")

    found = await Guard().vet(host, 587, Nobody())
    assert isinstance(found, TurnedAway)
    assert found.rule.code == "SMTP_ADDRESS_NOT_PUBLIC"
    allowed = await Guard(allow=(ip_network("127.0.0.0/8"),)).vet(host, 10587, Nobody())
    assert allowed == Vetted("localhost", 10587, (ip_address("127.0.0.1"),))


@pytest.mark.parametrize("port", [0, 22, 25, 80, 443, 466, 588, 993, 2526, 65535, -1, 70000])
async def test_a_port_for_something_else_is_refused(port: int) -> None:
    found = await Guard().vet("mail.acme.be", port, zone(f"mail.acme.be A {PUBLIC}"))
    assert isinstance(found, TurnedAway)
    assert (found.rule.code, found.found) == ("SMTP_PORT_NOT_ALLOWED", str(port))


@pytest.mark.parametrize("port", [465, 587, 2465, 2525, 2587])
async def test_the_ports_for_sending_are_let_through(port: int) -> None:
    assert isinstance(await Guard().vet("mail.acme.be", port, zone(f"mail.acme.be A {PUBLIC}")), Vetted)


async def test_port_25_only_on_purpose() -> None:
    records = zone(f"mail.acme.be A {PUBLIC}")
    assert isinstance(await Guard().with_port_25().vet("mail.acme.be", 25, records), Vetted)


async def test_one_private_address_among_public_ones_refuses_the_name() -> None:
    records = zone(f"mail.acme.be A {PUBLIC}\nmail.acme.be A 10.0.0.1\n")
    assert isinstance(await Guard().vet("mail.acme.be", 587, records), TurnedAway)
    records = zone(f"mail.acme.be A {PUBLIC}\nmail.acme.be AAAA ::ffff:10.0.0.1\n")
    assert isinstance(await Guard().vet("mail.acme.be", 587, records), TurnedAway)


async def test_an_alias_to_a_private_name_is_refused() -> None:
    records = zone("mail.acme.be CNAME inside.acme.be\ninside.acme.be A 192.168.1.1\n")
    assert isinstance(await Guard().vet("mail.acme.be", 587, records), TurnedAway)


class Rebinding:
    """The first answer is public, each later one private."""

    def __init__(self) -> None:
        self.asked = 0

    async def lookup(self, name: str, type: RecordType) -> Result:
        if type is not RecordType.A:
            return Absent(name, type, nxdomain=False)
        self.asked += 1
        return Answer(name, type, (PUBLIC if self.asked == 1 else "127.0.0.1",), ttl=0)


async def test_a_rebinding_name_is_asked_once_and_the_vetted_address_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolver = Rebinding()
    found = await Guard().vet("rebind.example.be", 587, resolver)
    assert isinstance(found, Vetted)
    went: list[tuple[str, int]] = []

    async def sock_connect(self: object, sock: socket.socket, address: tuple[str, int]) -> None:
        went.append(address)

    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", sock_connect)
    (await connect(found, 1.0)).close()
    assert (went, resolver.asked) == ([(PUBLIC, 587)], 1)
    assert isinstance(await Guard().vet("rebind.example.be", 587, resolver), TurnedAway)


async def test_a_failed_look_up_is_unknown_and_an_absent_name_is_not() -> None:
    failed = await Guard().vet("dark.acme.be", 587, zone("dark.acme.be * !SERVFAIL"))
    absent = await Guard().vet("gone.acme.be", 587, zone("acme.be A 9.9.9.9"))
    assert isinstance(failed, TurnedAway)
    assert isinstance(absent, TurnedAway)
    assert (failed.rule.code, absent.rule.code) == ("SMTP_LOOKUP_FAILED", "SMTP_HOST_UNKNOWN")


async def test_a_family_that_cannot_be_looked_up_takes_nothing_from_the_other() -> None:
    records = zone(f"mail.acme.be A {PUBLIC}\nmail.acme.be AAAA !TIMEOUT\n")
    assert await addresses_of("mail.acme.be", records) == (ip_address(PUBLIC),)


async def test_a_name_without_ipv4_and_ipv6_not_looked_up_is_unknown() -> None:
    found = await Guard().vet("mail.acme.be", 587, zone("mail.acme.be TXT x\nmail.acme.be AAAA !TIMEOUT\n"))
    assert isinstance(found, TurnedAway)
    assert found.rule.code == "SMTP_LOOKUP_FAILED"


async def test_what_is_allowed_for_tests_is_let_through_on_any_port_and_nothing_else() -> None:
    guard = Guard(allow=(ip_network("127.0.0.0/8"), ip_network("::1/128")))
    inside = zone("mail.acme.be A 127.0.0.5\nmail.acme.be AAAA ::1\n")
    assert isinstance(await guard.vet("mail.acme.be", 10025, inside), Vetted)
    assert isinstance(await guard.vet("127.0.0.1", 10025, inside), Vetted)
    outside = await guard.vet("mail.acme.be", 10025, zone(f"mail.acme.be A {PUBLIC}"))
    assert isinstance(outside, TurnedAway)
    assert outside.rule.code == "SMTP_PORT_NOT_ALLOWED"
    mixed = await guard.vet("mail.acme.be", 587, zone("mail.acme.be A 127.0.0.5\nmail.acme.be A 10.0.0.1\n"))
    assert isinstance(mixed, TurnedAway)


async def test_a_flood_of_addresses_is_vetted_whole_and_cut() -> None:
    many = "".join(f"mail.acme.be A 9.9.{n // 250}.{n % 250}\n" for n in range(600))
    found = await Guard().vet("mail.acme.be", 587, zone(many))
    assert isinstance(found, Vetted)
    assert len(found.addresses) == 8
    assert isinstance(
        await Guard().vet("mail.acme.be", 587, zone(many + "mail.acme.be A 10.0.0.1\n")), TurnedAway
    )


async def test_an_answer_that_is_no_address_is_not_used() -> None:
    class Odd:
        async def lookup(self, name: str, type: RecordType) -> Result:
            return Answer(name, type, ("not an address",))

    found = await Guard().vet("mail.acme.be", 587, Odd())
    assert isinstance(found, TurnedAway)
    assert found.rule.code == "SMTP_HOST_UNKNOWN"


@pytest.mark.integration
async def test_the_next_address_is_tried_where_the_first_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        several = Vetted("mail.acme.be", port, (ip_address("127.0.0.9"), ip_address("127.0.0.1")))
        with await connect(several, 5.0) as sock:
            assert sock.getpeername() == ("127.0.0.1", port)
        nobody = Vetted("mail.acme.be", port, (ip_address("127.0.0.9"),))
        with pytest.raises(ConnectionRefusedError):
            await connect(nobody, 5.0)

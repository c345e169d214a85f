"""The demo's name server over the wire says what the zone says in memory."""

import asyncio
import socket
from collections.abc import Iterator

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import pytest

from checks.lookup import Absent, Answer, FailureReason, LookupFailed, RecordType, ZoneResolver
from data.demo import zone
from data.demo.answers import _rdata
from data.demo.server import LOOPBACK, DnsServer

pytestmark = pytest.mark.integration

TYPES = (RecordType.A, RecordType.AAAA, RecordType.MX, RecordType.TXT, RecordType.CNAME)


@pytest.fixture(scope="module")
def server() -> Iterator[DnsServer]:
    with DnsServer(zone.resolver()) as running:
        yield running


def questions() -> list[tuple[str, RecordType]]:
    failing = {key for key in zone.failures() if isinstance(key, tuple)}
    names = {name for name, _ in zone.records()} | {name for name in zone.failures() if isinstance(name, str)}
    nowhere = {"nowhere.example", "_dmarc.nowhere.example", "example", "be"}
    return sorted({(name, type) for name in names | nowhere for type in TYPES} | failing)


def is_silent(name: str, type: RecordType) -> bool:
    result = zone.resolver().find(name, type)
    return isinstance(result, LookupFailed) and result.reason is FailureReason.TIMEOUT


def check(name: str, type: RecordType, response: dns.message.Message) -> None:
    """The response says what the zone says, rcode, aliases and records alike."""
    result = zone.resolver().find(name, type)
    if isinstance(result, LookupFailed):
        assert dns.rcode.to_text(response.rcode()).lower() == result.reason.value, (name, type)
        return
    aliases = [str(r[0].target).rstrip(".") for r in response.answer if r.rdtype == dns.rdatatype.CNAME]
    if type is not RecordType.CNAME:
        assert aliases == list(result.aliases), (name, type)
    if isinstance(result, Absent):
        assert (response.rcode() == dns.rcode.NXDOMAIN) == result.nxdomain, (name, type)
        assert response.authority[0].rdtype == dns.rdatatype.SOA
        return
    assert isinstance(result, Answer)
    assert set(response.answer[-1]) == {_rdata(type, record) for record in result.records}, (name, type)


async def ask_all(port: int, keys: list[tuple[str, RecordType]], *, tcp: bool) -> None:
    for name, type in keys:
        query = dns.message.make_query(name, type.value, use_edns=True, payload=1232)
        if tcp:
            response = await dns.asyncquery.tcp(query, LOOPBACK, port=port, timeout=5)
        else:
            response, _ = await dns.asyncquery.udp_with_fallback(query, LOOPBACK, port=port, timeout=5)
        check(name, type, response)


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
async def test_every_name_and_type_is_answered_as_the_zone_says(server: DnsServer, tcp: bool) -> None:
    keys = [key for key in questions() if not is_silent(*key)]
    assert len(keys) > 5_000
    if tcp:
        keys = keys[::4]
    await asyncio.gather(*(ask_all(server.port, keys[n::20], tcp=tcp) for n in range(20)))


def test_the_largest_answer_comes_by_tcp_alone(server: DnsServer) -> None:
    sizes = {key: len(records) for key, records in zone.records().items()}
    name, type = max(sizes, key=lambda key: sizes[key])
    query = dns.message.make_query(name, type.value, use_edns=True, payload=4096)
    assert dns.query.udp(query, LOOPBACK, port=server.port, timeout=5).flags & dns.flags.TC
    whole = dns.query.tcp(query, LOOPBACK, port=server.port, timeout=5)
    check(name, type, whole)


def test_silent_names_never_answer(server: DnsServer) -> None:
    silent = [key for key in questions() if is_silent(*key)]
    assert silent
    name, type = silent[0]
    with pytest.raises(dns.exception.Timeout):
        dns.query.udp(dns.message.make_query(name, type.value), LOOPBACK, port=server.port, timeout=0.3)


def test_several_questions_share_one_tcp_connection(server: DnsServer) -> None:
    with socket.create_connection((LOOPBACK, server.port), timeout=5) as connection:
        for type in ("TXT", "MX"):
            query = dns.message.make_query("invoices.example", type)
            dns.query.send_tcp(connection, query)
            response, _ = dns.query.receive_tcp(connection)
            assert query.is_response(response)
            assert response.answer


def test_it_listens_on_loopback_alone_and_lets_its_port_go() -> None:
    with DnsServer(ZoneResolver({})) as running:
        assert running.address == f"127.0.0.1:{running.port}"
        open_connection = socket.create_connection((LOOPBACK, running.port), timeout=5)
    open_connection.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((LOOPBACK, running.port), timeout=5)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
        again.bind((LOOPBACK, running.port))

"""The same answers directly from the authoritative server and through Unbound, a real recursive resolver."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from checks.lookup import Absent, Answer, LookupFailed, RecordType, Result, txt
from checks.resolver import LiveResolver
from tests.support import nsd, unbound

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(nsd.NSD is None, reason="NSD is not installed (Debian, Ubuntu: apt install nsd)"),
    pytest.mark.skipif(
        unbound.UNBOUND is None, reason="Unbound is not installed (Debian, Ubuntu: apt install unbound)"
    ),
]

ZONE = """\
$ORIGIN .
$TTL 300
@ SOA ns.invalid. host.invalid. 1 1800 900 604800 300
@ NS ns.invalid.
ns.invalid. A 127.0.0.1
one.test. MX 10 mail.one.test.
one.test. MX 20 gone.invalid.
one.test. TXT "v=spf1 " "include:spf.two.test" " -all"
mail.one.test. A 192.0.2.1
mail.one.test. AAAA 2001:db8::1
alias.one.test. CNAME spf.two.test.
nowhere.one.test. CNAME nothing.two.test.
loop.one.test. CNAME pool.one.test.
pool.one.test. CNAME loop.one.test.
spf.two.test. TXT "v=spf1 ip4:192.0.2.0/24 -all"
null.test. MX 0 .
*.wild.test. TXT "wild"
1.2.0.192.in-addr.arpa. PTR mail.one.test.
"""
LARGE = "".join(f'large.test. TXT "{number:0200}"\n' for number in range(20))

QUESTIONS = [
    *(("one.test", type) for type in (RecordType.MX, RecordType.TXT, RecordType.A)),
    *(("mail.one.test", type) for type in (RecordType.A, RecordType.AAAA, RecordType.MX)),
    ("alias.one.test", RecordType.TXT),
    ("alias.one.test", RecordType.A),
    ("nowhere.one.test", RecordType.A),
    ("loop.one.test", RecordType.A),
    ("null.test", RecordType.MX),
    ("any.wild.test", RecordType.TXT),
    ("nothing.test", RecordType.TXT),
    ("gone.invalid", RecordType.A),
    ("large.test", RecordType.TXT),
    ("1.2.0.192.in-addr.arpa", RecordType.PTR),
]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The addresses of NSD and of Unbound in front of it."""
    where: Path = tmp_path_factory.mktemp("unbound")
    (where / "root.zone").write_text(ZONE + LARGE)
    with nsd.serving(where, {".": "root.zone"}) as direct, unbound.resolving(where, direct) as through:
        yield direct, through


def told(result: Result) -> Result:
    """What does not depend on who was asked: a cache counts TTLs down, and a failure names the server."""
    if isinstance(result, LookupFailed):
        return replace(result, server="")
    return replace(result, ttl=0)


@pytest.mark.parametrize(("name", "type"), QUESTIONS, ids=lambda value: str(value))
async def test_unbound_says_what_the_authoritative_server_says(
    servers: tuple[str, str], name: str, type: RecordType
) -> None:
    results = []
    for server in servers:
        async with LiveResolver([server]) as resolver:
            results += [await resolver.lookup(name, type)]
    direct, through = results
    if name == "loop.one.test":  # the one sees the circle, the other is told SERVFAIL by who saw it
        assert all(isinstance(result, LookupFailed) for result in results)
    else:
        assert told(through) == told(direct)


async def test_what_is_too_large_for_a_datagram_comes_whole(servers: tuple[str, str]) -> None:
    async with LiveResolver([servers[1]]) as resolver:
        found = await resolver.lookup("large.test", RecordType.TXT)
    assert isinstance(found, Answer)
    assert set(found.texts) == {txt(f"{number:0200}") for number in range(20)}


async def test_a_name_that_is_not_there_is_absent_and_no_failure(servers: tuple[str, str]) -> None:
    async with LiveResolver([servers[1]]) as resolver:
        found = await resolver.lookup("nothing.test", RecordType.TXT)
    assert isinstance(found, Absent)
    assert found.nxdomain

"""Corners of RFC 7208 that the openspf suite leaves out, or that other implementations decide otherwise.

Each case is a zone, a sender and the result, with the explanation where one matters. All of them run on records in
memory and over the wire.
"""

from __future__ import annotations

import pytest

from checks.lookup import FailureReason, Mx, Record, RecordType, Resolver, ZoneResolver, txt
from checks.resolver import LiveResolver
from checks.spf import check_host
from tests.checks.spf.corners import V4, Case
from tests.checks.spf.corners.explanations import EXPLANATIONS
from tests.checks.spf.corners.limits import LIMITS
from tests.checks.spf.corners.macros import MACROS
from tests.checks.spf.corners.mechanisms import MECHANISMS
from tests.checks.spf.corners.records import FINE, SYNTAX
from tests.checks.spf.corners.selection import RECORDS
from tests.support.dns_server import DnsServer
from tests.support.zone import parse

CASES = (*MACROS, *SYNTAX, *FINE, *RECORDS, *MECHANISMS, *LIMITS, *EXPLANATIONS)


def zone_of(
    case: Case,
) -> tuple[dict[tuple[str, RecordType], list[Record]], dict[tuple[str, RecordType] | str, FailureReason]]:
    records, failures = parse(case.more)
    if case.record.startswith('"'):
        records = {**parse(f"a.example TXT {case.record}")[0], **records}
    elif case.record:
        own = records.setdefault(("a.example", RecordType.TXT), [])
        own.insert(0, txt(case.record))
    return {**records, **case.odd}, failures


async def check(case: Case, resolver: Resolver) -> None:
    outcome = await check_host(case.ip, case.domain, case.sender, case.helo, resolver=resolver)
    assert outcome.result == case.result, outcome
    if case.explanation is not None:
        assert outcome.explanation == case.explanation


def test_no_case_is_there_twice() -> None:
    said = [case.says for case in CASES]
    assert len(said) == len(set(said)), sorted(s for s in said if said.count(s) > 1)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
async def test_the_corner_holds(case: Case) -> None:
    await check(case, ZoneResolver(*zone_of(case)))


@pytest.mark.integration
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
async def test_the_corner_holds_over_the_wire(case: Case) -> None:
    records, failures = zone_of(case)
    behaviours = {
        name if isinstance(name, str) else name[0]: "refused"
        if reason is FailureReason.REFUSED
        else "servfail"
        for name, reason in failures.items()
    }
    async with (
        DnsServer(records, behaviours) as server,
        LiveResolver([server.address], timeout=1.0, attempts=2) as live,
    ):
        await check(case, live)


@pytest.mark.parametrize(
    "ip", ["", "192.0.2", "192.0.2.3.4", "192.0.2.03", "2001:db8::/32", "localhost", "fe80::1%é%"]
)
async def test_what_is_no_address_is_refused(ip: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        await check_host(ip, "a.example", "u@a.example", resolver=ZoneResolver({}))


async def test_the_order_of_equal_preferences_is_the_names() -> None:
    served = ZoneResolver(
        {
            ("a.example", RecordType.TXT): [txt("v=spf1 mx -all")],
            ("a.example", RecordType.MX): [Mx(10, "c.example"), Mx(10, "b.example")],
            ("c.example", RecordType.A): [V4],
        },
        {("b.example", RecordType.A): FailureReason.TIMEOUT},
    )
    assert (await check_host(V4, "a.example", "u@a.example", resolver=served)).result == "temperror"

"""A memo changes what a check costs, never what it says; a trace tells what was done, in order."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.lookup import Absent, Answer, LookupFailed, RecordType, ZoneResolver, txt
from checks.spf import Memo, Outcome, Result, check_host
from checks.spf.outcome import Voids
from tests.support.zone import zone

NAMES = [f"n{n}.example" for n in range(6)]
TERMS = [
    *(f"{sign}include:{name}" for sign in ("", "-", "?") for name in NAMES),
    *(f"a:{name}" for name in NAMES),
    "mx",
    "ptr",
    "exists:%{i}.n1.example",
    "include:%{d1}.n2.example",
    "a:gone.example",
    "ip4:192.0.2.0/25",
    "ip6:2001:db8::/33",
    "ip4:198.51.100.1",
    "include:dark.example",
]
RECORDS = st.lists(
    st.builds(
        lambda terms, end: " ".join(("v=spf1", *terms, *end)),
        st.lists(st.sampled_from(TERMS), max_size=5),
        st.sampled_from([("-all",), ("~all",), (), ("redirect=n3.example",), ("redirect=%{d}",)]),
    ),
    min_size=len(NAMES),
    max_size=len(NAMES),
)


def resolver_of(records: list[str]) -> ZoneResolver:
    served = {(name, RecordType.TXT): (txt(text),) for name, text in zip(NAMES, records, strict=True)}
    return ZoneResolver(
        {
            **served,
            ("n1.example", RecordType.A): ("192.0.2.1",),
            ("n4.example", RecordType.AAAA): ("2001:db8::1",),
        },
        zone("dark.example TXT !SERVFAIL")._failures,
    )


@settings(max_examples=300, deadline=None)
@given(RECORDS, st.sampled_from(["term", "query"]))
async def test_a_memo_changes_nothing_that_is_said(records: list[str], voids: Voids) -> None:
    resolver, memo = resolver_of(records), Memo()
    for _ in range(2):
        for ip in ("192.0.2.1", "203.0.113.9", "2001:db8::1"):
            for name in NAMES:
                asked = (ip, name, f"postmaster@{name}")
                plain = await check_host(*asked, resolver=resolver, voids=voids)
                assert await check_host(*asked, resolver=resolver, voids=voids, memo=memo) == plain
                traced = await check_host(*asked, resolver=resolver, voids=voids, trace=True)
                assert replace(traced, steps=()) == plain


TRACED = """
    acme.example TXT v=spf1 a:gone.example include:%{d1}.parts.example ?mx include:ours.example -all
    acme.example MX 10 mail.acme.example
    mail.acme.example A 198.51.100.7
    example.parts.example TXT v=spf1 exists:%{ir}.list.example -all
    ours.example TXT v=spf1 ip4:192.0.2.0/24 ~all
"""


async def traced(text: str, ip: str = "192.0.2.1") -> Outcome:
    return await check_host(ip, "acme.example", "bob@acme.example", resolver=zone(text), trace=True)


async def test_the_trace_tells_every_term_in_order_with_what_it_cost() -> None:
    outcome = await traced(TRACED)
    told = [
        (s.depth, s.name, s.qualifier, s.term, s.target, s.terms, s.voids, s.verdict) for s in outcome.steps
    ]
    assert told == [
        (0, "acme.example", "", "", "", 0, 0, ""),
        (0, "acme.example", "+", "a:gone.example", "gone.example", 1, 1, "no match"),
        (0, "acme.example", "+", "include:%{d1}.parts.example", "example.parts.example", 3, 2, "no match"),
        (
            1,
            "example.parts.example",
            "+",
            "exists:%{ir}.list.example",
            "1.2.0.192.list.example",
            3,
            2,
            "no match",
        ),
        (1, "example.parts.example", "-", "-all", "", 3, 2, "matches"),
        (0, "acme.example", "?", "?mx", "acme.example", 4, 2, "no match"),
        (0, "acme.example", "+", "include:ours.example", "ours.example", 5, 2, "matches"),
        (1, "ours.example", "+", "ip4:192.0.2.0/24", "", 5, 2, "matches"),
    ]
    assert outcome.result is Result.PASS


async def test_the_trace_holds_every_look_up_and_whether_it_was_void() -> None:
    steps = (await traced(TRACED)).steps
    asked = {s.term: [(f.name, str(f.type), type(f)) for f in s.lookups] for s in steps}
    assert asked[""] == [("acme.example", "TXT", Answer)]
    assert asked["a:gone.example"] == [("gone.example", "A", Absent)]
    assert asked["?mx"] == [("acme.example", "MX", Answer), ("mail.acme.example", "A", Answer)]
    (listed,) = asked["exists:%{ir}.list.example"]
    assert listed[1:] == ("A", Absent)


@pytest.mark.parametrize(
    ("text", "result", "last"),
    [
        (
            "acme.example TXT v=spf1 include:dark.example -all\n dark.example TXT !SERVFAIL",
            Result.TEMPERROR,
            "include:dark.example",
        ),
        ("acme.example TXT v=spf1 include:gone.example -all", Result.PERMERROR, "include:gone.example"),
        ("acme.example TXT v=spf1 redirect=gone.example", Result.PERMERROR, "redirect=gone.example"),
        (
            "acme.example TXT v=spf1 a:g1.example a:g2.example a:g3.example -all",
            Result.PERMERROR,
            "a:g3.example",
        ),
        ("acme.example TXT v=spf1 ipv4:192.0.2.1 -all", Result.PERMERROR, ""),
        ("acme.example TXT !TIMEOUT", Result.TEMPERROR, ""),
        ("other.example TXT x", Result.NONE, ""),
    ],
)
async def test_the_trace_ends_where_the_check_broke_off(text: str, result: Result, last: str) -> None:
    outcome = await traced(text)
    assert (outcome.result, outcome.steps[-1].term, outcome.steps[-1].verdict) == (result, last, "ended")


async def test_a_redirect_is_a_step_and_the_record_behind_it_is_not_deeper() -> None:
    outcome = await traced(
        "acme.example TXT v=spf1 redirect=_spf.acme.example\n _spf.acme.example TXT v=spf1 ip4:192.0.2.1 -all"
    )
    assert [(s.depth, s.name, s.term, s.verdict) for s in outcome.steps] == [
        (0, "acme.example", "", ""),
        (0, "acme.example", "redirect=_spf.acme.example", "followed"),
        (0, "_spf.acme.example", "ip4:192.0.2.1", "matches"),
    ]


async def test_no_trace_is_built_unless_it_is_asked_for() -> None:
    outcome = await check_host(
        ip_address("192.0.2.1"), "acme.example", "a@acme.example", resolver=zone(TRACED)
    )
    assert outcome.steps == ()
    assert not isinstance(outcome.problem, LookupFailed)


async def test_an_address_without_names_is_one_void_term_and_a_void_query_each_time() -> None:
    served = zone("acme.example TXT v=spf1 ptr ptr ptr -all")
    asked = ("192.0.2.1", "acme.example", "a@acme.example")
    by_term = await check_host(*asked, resolver=served)
    by_query = await check_host(*asked, resolver=served, voids="query")
    assert (by_term.result, by_term.voids) == (Result.FAIL, 1)
    assert (by_query.result, by_query.voids) == (Result.PERMERROR, 3)

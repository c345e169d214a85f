"""A memo changes what a check costs, never what it says; a trace tells what was done, in order."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.lookup import Absent, Answer, LookupFailed, RecordType, ZoneResolver, txt
from checks.spf import Memo, Outcome, Result, check_host
from checks.spf.outcome import Problem, ProblemKind, Voids
from tests.checks.spf.test_outcome import HOSTS, Late, asked
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


async def test_a_memo_spares_the_look_ups_of_an_include_and_keeps_what_it_cost() -> None:
    text = """a.example TXT v=spf1 include:i.example ~all
        b.example TXT v=spf1 include:i.example -all
        i.example TXT v=spf1 a:g.example a:t.example -all
        t.example A 192.0.2.9"""
    resolver, memo = Late(zone(text)), Memo()
    first = await check_host("192.0.2.1", "a.example", "u@a.example", resolver=resolver, memo=memo)
    asked_before = len(resolver.asked)
    second = await check_host("192.0.2.1", "b.example", "u@b.example", resolver=resolver, memo=memo)
    assert [(o.result, o.terms, o.voids, o.void_queries) for o in (first, second)] == [
        ("softfail", 3, 1, 1),
        ("fail", 3, 1, 1),
    ]
    assert len(resolver.asked) == asked_before + 1
    assert set(memo.includes) == {("i.example", ip_address("192.0.2.1"), False)}


async def test_a_memo_remembers_what_the_include_cost_and_not_what_came_before_it() -> None:
    text = """a.example TXT v=spf1 mx:m.example include:i.example ~all
        b.example TXT v=spf1 include:i.example ~all
        i.example TXT v=spf1 a:g.example -all
        m.example MX 1 g1.example
        m.example MX 2 g2.example"""
    memo = Memo()
    said = []
    for name in ("a.example", "b.example"):
        outcome = await check_host("192.0.2.1", name, "u@a.example", resolver=zone(text), memo=memo)
        said.append((str(outcome.result), outcome.terms, outcome.voids, outcome.void_queries))
    assert said == [("softfail", 3, 2, 3), ("softfail", 2, 1, 1)]


@pytest.mark.parametrize("voids", ["term", "query"])
async def test_a_memo_is_not_used_where_it_would_hide_a_limit(voids: Voids) -> None:
    text = (
        "a.example TXT v=spf1 include:i.example +all\n"
        "b.example TXT v=spf1 a:g1.example a:g2.example include:i.example +all\n"
        f"c.example TXT v=spf1 {' '.join(['a:t1.example'] * 9)} include:i.example +all\n"
        "i.example TXT v=spf1 a:g3.example -all\n" + HOSTS
    )
    memo = Memo()
    said = []
    for name in ("a.example", "b.example", "c.example"):
        outcome = await check_host(
            "192.0.2.1", name, f"u@{name}", resolver=zone(text), memo=memo, voids=voids
        )
        said.append((str(outcome.result), outcome.problem.kind if outcome.problem else None))
    assert said == [
        ("pass", None),
        ("permerror", ProblemKind.VOID_LIMIT),
        ("permerror", ProblemKind.TERM_LIMIT),
    ]


@pytest.mark.parametrize("end", ["include:%{d1}.i.example", "exists:%{l}.x.example", "ptr"])
async def test_an_include_that_depends_on_more_than_its_name_is_not_remembered(end: str) -> None:
    text = f"""a.example TXT v=spf1 include:i.example +all
        i.example TXT v=spf1 {end} -all
        example.i.example TXT v=spf1 -all"""
    memo = Memo()
    await check_host("192.0.2.1", "a.example", "u@a.example", resolver=zone(text), memo=memo)
    assert ("i.example", ip_address("192.0.2.1"), False) not in memo.includes


async def test_an_include_without_a_record_is_not_remembered() -> None:
    memo = Memo()
    for _ in range(2):
        served = zone("a.example TXT v=spf1 include:i.example")
        outcome = await check_host("192.0.2.1", "a.example", "u@a.example", resolver=served, memo=memo)
        assert outcome.problem == Problem(ProblemKind.NO_SUCH_NAME, "i.example", "include:i.example")
    assert memo.includes == {}


async def test_a_memo_is_left_alone_with_a_trace() -> None:
    memo = Memo()
    text = "a.example TXT v=spf1 include:i.example -all\ni.example TXT v=spf1 +all"
    outcome = await check_host(
        "192.0.2.1", "a.example", "u@a.example", resolver=zone(text), memo=memo, trace=True
    )
    assert (outcome.result, memo.includes) == ("pass", {})
    assert len(outcome.steps) == 3


# The trace

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


async def test_the_trace_of_a_check_by_query_counts_queries() -> None:
    text = "a.example TXT v=spf1 mx ~all\na.example MX 1 g1.example\na.example MX 2 g2.example"
    for voids, count in (("term", 1), ("query", 2)):
        (_, mx, _all) = (await asked(text, voids=voids, trace=True)).steps  # type: ignore[arg-type]
        assert (mx.terms, mx.voids) == (1, count)
        assert [type(found) for found in mx.lookups] == [Answer, Absent, Absent]


async def test_the_trace_leaves_out_what_the_explanation_asked() -> None:
    outcome = await asked("a.example TXT v=spf1 -all exp=%{l}.a.example\nbob.a.example TXT No.", trace=True)
    assert outcome.explanation == "No."
    assert [(s.term, [f.name for f in s.lookups]) for s in outcome.steps] == [
        ("", ["a.example"]),
        ("-all", []),
    ]


async def test_the_trace_of_a_broken_include_ends_both_terms() -> None:
    outcome = await asked(
        "a.example TXT v=spf1 include:b.example -all\nb.example TXT v=spf1 a:c.example\nc.example A !SERVFAIL",
        trace=True,
    )
    assert [(s.depth, s.name, s.term, s.terms, s.voids, s.verdict) for s in outcome.steps] == [
        (0, "a.example", "", 0, 0, ""),
        (0, "a.example", "include:b.example", 2, 0, "ended"),
        (1, "b.example", "a:c.example", 2, 0, "ended"),
    ]
    (failed,) = outcome.steps[2].lookups
    assert isinstance(failed, LookupFailed)


async def test_the_trace_goes_back_up_after_an_include() -> None:
    outcome = await asked(
        "a.example TXT v=spf1 include:b.example include:c.example -all\n"
        "b.example TXT v=spf1 include:c.example\nc.example TXT v=spf1 ?all",
        trace=True,
    )
    assert [(s.depth, s.name, s.term, s.target) for s in outcome.steps] == [
        (0, "a.example", "", ""),
        (0, "a.example", "include:b.example", "b.example"),
        (1, "b.example", "include:c.example", "c.example"),
        (2, "c.example", "?all", ""),
        (0, "a.example", "include:c.example", "c.example"),
        (1, "c.example", "?all", ""),
        (0, "a.example", "-all", ""),
    ]
    (found,) = outcome.steps[1].lookups
    assert isinstance(found, Answer)

"""What a parsed record holds, and what an outcome says beside its result: the problem, the counts, the way."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest

from checks.lookup import Absent, Answer, LookupFailed, Mx, RecordType, ZoneResolver, txt
from checks.lookup import Result as LookupResult
from checks.spf import Memo, Outcome, check_host, macro, record
from checks.spf.macro import Expansion, MacroError, Values
from checks.spf.outcome import Match, Problem, ProblemKind, Voids
from checks.spf.record import Directive, Mechanism, Modifier
from tests.support.zone import zone

NAMES = "".join(f"t{n}.example A 198.51.100.1\n" for n in range(1, 12))
ELEVEN = " ".join(f"a:t{n}.example" for n in range(1, 12))

PROBLEMS = [
    ("a.example A 192.0.2.9", ("no SPF record", "a.example", "", "")),
    ("b.example A 192.0.2.9", ("no such name", "a.example", "", "")),
    ("a.example TXT v=spf1 include:b.example -all", ("no such name", "b.example", "include:b.example", "")),
    (
        "a.example TXT v=spf1 include:b.example -all\nb.example TXT x",
        ("no SPF record", "b.example", "include:b.example", ""),
    ),
    (
        "a.example TXT v=spf1 redirect=b.example\nb.example MX 10 c.example",
        ("no SPF record", "b.example", "redirect=b.example", ""),
    ),
    ("a.example TXT v=spf1 redirect=b.example", ("no such name", "b.example", "redirect=b.example", "")),
    ("a.example TXT v=spf1 include:b%{l5}", ("not a name that can be asked", "bbob", "include:b%{l5}", "")),
    (
        "a.example TXT v=spf1\na.example TXT v=spf1 -all",
        ("several SPF records", "a.example", "", "2 records"),
    ),
    (
        "a.example TXT v=spf1 include:b.example\nb.example TXT v=spf1\nb.example TXT v=spf1 -all",
        ("several SPF records", "b.example", "include:b.example", "2 records"),
    ),
    (
        "a.example TXT v=spf1 ip4:x a: -all",
        ("syntax error", "a.example", "ip4:x", "expected an IPv4 address"),
    ),
    (
        "a.example TXT v=spf1 redirect=b.example\nb.example TXT v=spf1 -al",
        (
            "syntax error",
            "b.example",
            "-al",
            "expected one of the mechanisms all, include, a, mx, ptr, ip4, ip6, exists",
        ),
    ),
    (
        f"{NAMES}a.example TXT v=spf1 {ELEVEN} -all",
        ("more than 10 terms that look something up", "a.example", "a:t11.example", ""),
    ),
    (
        "a.example TXT v=spf1 redirect=a.example",
        ("more than 10 terms that look something up", "a.example", "redirect=a.example", ""),
    ),
    (
        "a.example TXT v=spf1 a:g1.example mx:g2.example exists:g3.example -all",
        ("more than 2 void look-ups", "a.example", "exists:g3.example", "g3.example"),
    ),
    (
        "a.example TXT v=spf1 a:g1.example a:g2.example ptr -all",
        ("more than 2 void look-ups", "a.example", "ptr", "1.2.0.192.in-addr.arpa"),
    ),
    (
        "a.example TXT v=spf1 a:g1.example exists:g2.example mx -all\na.example MX 10 gone.example",
        ("more than 2 void look-ups", "a.example", "mx", "a.example"),
    ),
    (
        "a.example TXT v=spf1 mx -all\n" + "".join(f"a.example MX {n} m{n}.example\n" for n in range(11)),
        ("more than 10 exchangers", "a.example", "mx", "11 exchangers"),
    ),
    ("a.example TXT !TIMEOUT", ("look-up failed", "a.example", "", "a.example TXT: timeout from zone")),
    (
        "a.example TXT v=spf1 include:b.example\nb.example TXT !SERVFAIL",
        ("look-up failed", "b.example", "include:b.example", "b.example TXT: servfail from zone"),
    ),
    (
        "a.example TXT v=spf1 a:b.example\nb.example A !REFUSED",
        ("look-up failed", "a.example", "a:b.example", "b.example A: refused from zone"),
    ),
    (
        "a.example TXT v=spf1 mx\na.example MX !SERVFAIL",
        ("look-up failed", "a.example", "mx", "a.example MX: servfail from zone"),
    ),
    (
        "a.example TXT v=spf1 mx\na.example MX 5 b.example\nb.example A !SERVFAIL",
        ("look-up failed", "a.example", "mx", "b.example A: servfail from zone"),
    ),
    (
        "a.example TXT v=spf1 exists:b.example\nb.example A !SERVFAIL",
        ("look-up failed", "a.example", "exists:b.example", "b.example A: servfail from zone"),
    ),
]


async def asked(text: str, ip: str = "192.0.2.1", *, voids: Voids = "term", trace: bool = False) -> Outcome:
    return await check_host(ip, "a.example", "bob@a.example", resolver=zone(text), voids=voids, trace=trace)


@pytest.mark.parametrize(("text", "problem"), PROBLEMS)
async def test_the_problem_says_what_broke_where(text: str, problem: tuple[str, str, str, str]) -> None:
    outcome = await asked(text)
    kind, *rest = problem
    assert outcome.problem == Problem(ProblemKind(kind), *rest)
    assert (outcome.matched, outcome.path, outcome.explanation) == (None, (), "")


def test_each_kind_of_problem_is_among_them() -> None:
    assert {kind for _, (kind, *_) in PROBLEMS} == {str(kind) for kind in ProblemKind}


async def test_the_void_that_is_one_too_many_by_query_is_named() -> None:
    dead = "".join(f"a.example MX {n} g{n}.example\n" for n in (1, 2, 3))
    outcome = await asked(f"a.example TXT v=spf1 mx -all\n{dead}", voids="query")
    assert outcome.problem == Problem(ProblemKind.VOID_LIMIT, "g3.example")
    assert (outcome.voids, outcome.void_queries) == (3, 3)


@pytest.mark.parametrize(
    ("terms", "by_term", "by_query"),
    [
        ("a:g.example", (1, 1), (1, 1)),
        ("mx:m.example", (0, 1), (1, 1)),
        ("mx:dead.example", (1, 2), (2, 2)),
        ("mx:g.example", (1, 1), (1, 1)),
        ("ptr ptr", (1, 2), (2, 2)),
        ("exists:g.example exists:g.example", (2, 2), (2, 2)),
        ("include:i.example", (1, 1), (1, 1)),
        (f"a:{'x' * 64}.example", (0, 0), (0, 0)),
        ("ip4:198.51.100.1", (0, 0), (0, 0)),
    ],
)
async def test_what_counts_as_void(terms: str, by_term: tuple[int, int], by_query: tuple[int, int]) -> None:
    text = f"""a.example TXT v=spf1 {terms} ~all
        i.example TXT v=spf1 a:g.example -all
        m.example MX 1 g.example
        m.example MX 2 t.example
        t.example A 198.51.100.9
        dead.example MX 1 g1.example
        dead.example MX 2 g2.example"""
    for voids, expected in (("term", by_term), ("query", by_query)):
        outcome = await asked(text, voids=voids)  # type: ignore[arg-type]
        assert (outcome.result, outcome.voids, outcome.void_queries) == ("softfail", *expected)


async def test_counting_by_query_ends_where_counting_by_term_goes_on() -> None:
    text = "a.example TXT v=spf1 mx ~all\n" + "".join(f"a.example MX {n} g{n}.example\n" for n in (1, 2, 3))
    by_term, by_query = await asked(text), await asked(text, voids="query")
    assert (by_term.result, by_term.voids, by_term.void_queries) == ("softfail", 1, 3)
    assert (by_query.result, by_query.voids) == ("permerror", 3)


async def test_counting_by_term_ends_where_the_queries_alone_would_not() -> None:
    text = "a.example TXT v=spf1 a:g.example a:g.example a:g.example +all"
    assert [(await asked(text, voids=v)).result for v in ("term", "query")] == ["permerror", "permerror"]


async def test_the_way_leads_through_redirects_and_includes_to_the_term_that_decided() -> None:
    outcome = await asked(
        """a.example TXT v=spf1 a:g.example redirect=b.example
        b.example TXT v=spf1 ?include:c.example -all
        c.example TXT v=spf1 redirect=d.example
        d.example TXT v=spf1 ip4:192.0.2.0/24 -all"""
    )
    assert outcome.path == (
        Match("a.example", "redirect=b.example"),
        Match("b.example", "?include:c.example"),
        Match("c.example", "redirect=d.example"),
        Match("d.example", "ip4:192.0.2.0/24"),
    )
    assert (outcome.result, outcome.matched) == ("neutral", Match("b.example", "?include:c.example"))
    assert (outcome.terms, outcome.voids, outcome.address_family) == (4, 1, "ipv4")


async def test_nothing_matched_has_no_way_even_behind_a_redirect() -> None:
    outcome = await asked("a.example TXT v=spf1 redirect=b.example\nb.example TXT v=spf1 a:g.example")
    assert (outcome.result, outcome.path, outcome.matched, outcome.problem) == ("neutral", (), None, None)


async def test_a_modifier_named_redirect_in_another_case_is_no_match() -> None:
    outcome = await asked("a.example TXT v=spf1 Redirect=b.example\nb.example TXT v=spf1 mx -ALL")
    assert outcome.matched == Match("b.example", "-ALL")


@pytest.mark.parametrize(
    ("ip", "family"), [("192.0.2.1", "ipv4"), ("2001:db8::1", "ipv6"), ("::ffff:192.0.2.1", "ipv4")]
)
async def test_the_family_is_told(ip: str, family: str) -> None:
    assert (await asked("a.example TXT v=spf1 -all", ip)).address_family == family
    same = await check_host(
        ip_address(ip), "a.example", "bob@a.example", resolver=zone("a.example TXT v=spf1 -all")
    )
    assert same.address_family == family


async def test_no_explanation_is_looked_up_unless_it_is_wanted() -> None:
    resolver = Late(zone("a.example TXT v=spf1 -all exp=why.a.example\nwhy.a.example TXT No."))
    plain = ("192.0.2.1", "a.example", "u@a.example")
    assert (await check_host(*plain, resolver=resolver)).explanation == "No."
    assert (await check_host(*plain, resolver=resolver, explain=False)).explanation == ""
    assert resolver.asked.count("why.a.example") == 1


async def test_the_time_in_an_explanation_is_now() -> None:
    before = int(time.time())
    outcome = await asked("a.example TXT v=spf1 -all exp=why.a.example\nwhy.a.example TXT %{t}")
    assert before <= int(outcome.explanation) <= time.time()


class Late:
    """A resolver that is not immediate: it notes how many questions were out at once."""

    def __init__(self, below: ZoneResolver) -> None:
        self.below = below
        self.asked: list[str] = []
        self.out = self.most = 0

    async def lookup(self, name: str, type: RecordType) -> LookupResult:
        self.asked.append(name)
        self.out += 1
        self.most = max(self.most, self.out)
        await asyncio.sleep(0)
        self.out -= 1
        return self.below.find(name, type)


EXCHANGERS = "".join(f"a.example MX {n} m{n}.example\nm{n}.example A 192.0.2.{n}\n" for n in range(1, 9))


async def test_over_the_network_the_exchangers_are_asked_at_once_and_read_in_order() -> None:
    resolver = Late(zone(f"a.example TXT v=spf1 mx -all\n{EXCHANGERS}m3.example AAAA !SERVFAIL"))
    outcome = await check_host("192.0.2.8", "a.example", "u@a.example", resolver=resolver)
    assert (outcome.result, resolver.most) == ("pass", 8)
    at_once = await check_host("192.0.2.8", "a.example", "u@a.example", resolver=resolver.below)
    assert at_once == outcome


async def test_an_exchanger_that_no_query_can_carry_is_not_asked_and_not_void() -> None:
    served = {
        ("a.example", RecordType.TXT): [txt("v=spf1 mx -all")],
        ("a.example", RecordType.MX): [Mx(1, f"{'x' * 64}.example"), Mx(2, "m.example"), Mx(3, "")],
        ("m.example", RecordType.A): ["192.0.2.1"],
    }
    for resolver in (ZoneResolver(served), Late(ZoneResolver(served))):
        outcome = await check_host("192.0.2.1", "a.example", "u@a.example", resolver=resolver)
        assert (outcome.result, outcome.void_queries) == ("pass", 0)


async def test_the_names_of_an_address_are_asked_once_a_check() -> None:
    served = """a.example TXT v=spf1 ptr:b.example ptr exists:%{p}.x.example -all
        1.2.0.192.in-addr.arpa PTR m.c.example
        m.c.example A 192.0.2.1"""
    resolver = Late(zone(served))
    outcome = await check_host("192.0.2.1", "a.example", "u@a.example", resolver=resolver)
    assert (outcome.result, outcome.terms) == ("fail", 4)
    assert resolver.asked.count("1.2.0.192.in-addr.arpa") == resolver.asked.count("m.c.example") == 1


async def test_what_the_explanation_asks_is_no_void_of_the_check() -> None:
    text = "a.example TXT v=spf1 a:g.example -all exp=%{p}.%{d}\nunknown.a.example TXT %{p} %{d}"
    for voids in ("term", "query"):
        outcome = await asked(text, voids=voids)  # type: ignore[arg-type]
        assert (outcome.explanation, outcome.terms) == ("unknown a.example", 1)
        assert (outcome.voids, outcome.void_queries) == (1, 1)


async def test_names_are_asked_in_lower_case_and_helo_is_told_as_it_was_said() -> None:
    resolver = Late(
        zone("a.example TXT v=spf1 -all exp=%{d}.%{o}.W\na.example.b.example.w TXT %{d} %{o} %{h} %{l}")
    )
    outcome = await check_host("192.0.2.1", "A.Example.", "Bob@B.Example", "MX.Example.", resolver=resolver)
    assert outcome.explanation == "a.example b.example MX.Example Bob"
    assert resolver.asked == ["a.example", "a.example.b.example.w"]


@pytest.mark.parametrize(
    "name",
    [
        "a..example",
        "",
        ".",
        "example",
        f"{'a' * 64}.example",
        "a." * 124 + "example",
        "[192.0.2.1]",
        "a\u2028.example",
    ],
)
async def test_what_is_no_domain_is_never_asked(name: str) -> None:
    resolver = Late(zone("example TXT v=spf1 +all"))
    outcome = await check_host("192.0.2.1", name, "bob@b.example", resolver=resolver)
    assert (outcome.result, resolver.asked) == ("none", [])
    assert outcome.problem
    assert outcome.problem.kind is ProblemKind.MALFORMED_NAME


# The memo


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
        "i.example TXT v=spf1 a:g3.example -all\n" + NAMES
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


# Records


PARTS = [
    ("a", Directive("a", 7, "+", Mechanism.A, costs_lookup=True)),
    ("-mx/24//64", Directive("-mx/24//64", 7, "-", Mechanism.MX, None, 24, 64, None, True)),
    ("?ptr", Directive("?ptr", 7, "?", Mechanism.PTR, costs_lookup=True)),
    ("~ALL", Directive("~ALL", 7, "~", Mechanism.ALL)),
    (
        "ip4:192.0.2.77/24",
        Directive("ip4:192.0.2.77/24", 7, "+", Mechanism.IP4, span=(4, 0xC0000200, 0xC00002FF)),
    ),
    ("ip4:255.1.2.3", Directive("ip4:255.1.2.3", 7, "+", Mechanism.IP4, span=(4, 0xFF010203, 0xFF010203))),
    ("ip6:::5/126", Directive("ip6:::5/126", 7, "+", Mechanism.IP6, span=(6, 4, 7))),
    ("x=y", Modifier("x=y", 7, "x")),
    ("X-Y=", Modifier("X-Y=", 7, "x-y")),
]


@pytest.mark.parametrize(("term", "expected"), PARTS)
def test_a_term_holds_what_it_says(term: str, expected: Directive | Modifier) -> None:
    parsed = record.parse(f"v=spf1 {term}".encode())
    assert (*parsed.directives, *parsed.modifiers) == (expected,)


@pytest.mark.parametrize(
    "term", ["a:b.example/24", "include:b.example", "exists:b.example", "ptr:b.example", "mx:b.example//64"]
)
def test_a_term_with_a_domain_holds_it_parsed(term: str) -> None:
    (directive,) = record.parse(f"v=spf1  {term}".encode()).directives
    assert directive.domain
    assert (directive.domain.text, directive.domain.literal, directive.domain.name) == ("b.example",) * 3
    assert (directive.column, directive.costs_lookup, directive.network) == (8, True, None)


def test_redirect_and_exp_are_found_among_the_modifiers() -> None:
    parsed = record.parse(b"v=spf1 x=y EXP=B.example. Redirect=%{d} -all")
    assert [m.name for m in parsed.modifiers] == ["x", "exp", "redirect"]
    assert parsed.redirect
    assert parsed.exp
    assert (parsed.redirect.text, parsed.exp.text) == ("Redirect=%{d}", "EXP=B.example.")
    assert parsed.exp.domain
    assert (parsed.exp.domain.literal, parsed.exp.domain.name) == ("B.example.", "b.example")
    none = record.parse(b"v=spf1 -all")
    assert (none.redirect, none.exp) == (None, None)


def test_every_broken_term_is_told_not_only_the_first() -> None:
    parsed = record.parse(b"v=spf1 ipv4:192.0.2.1 a exp=x.example exp=y.example mx: ~all")
    assert [(p.text, p.column, p.expected) for p in parsed.problems] == [
        ("ipv4:192.0.2.1", 7, "one of the mechanisms all, include, a, mx, ptr, ip4, ip6, exists"),
        ("exp=y.example", 38, "exp= at most once"),
        ("mx:", 52, "a domain behind the sign"),
    ]
    assert len(parsed.directives) == 2


EXPECTED = [
    ("all:x", "all alone, with nothing behind it"),
    ("include", "include: with a colon and a domain"),
    ("ptr/24", "ptr: with a colon and a domain"),
    ("exists:", "a domain behind the sign"),
    ("a:b", "a domain of at least two labels, the last one not a number"),
    ("a:b.7", "a domain of at least two labels, the last one not a number"),
    ("a=", None),
    ("a/33", "a prefix length of 0 to 32, without leading zeros"),
    ("a//129", "a prefix length of 0 to 128, without leading zeros"),
    ("ip4:192.0.2.0/08", "a prefix length of 0 to 32, without leading zeros"),
    ("ip4192.0.2.1", "one of the mechanisms all, include, a, mx, ptr, ip4, ip6, exists"),
    ("ip4/24", "ip4: with a colon and an address"),
    ("ip4:192.0.2.256", "an IPv4 address"),
    ("ip6:192.0.2.1", "an IPv6 address"),
    ("ip6:fe80::1%1", "an IPv6 address"),
    ("mx//", "a prefix length of 0 to 128, without leading zeros"),
    ("mxx", "one of the mechanisms all, include, a, mx, ptr, ip4, ip6, exists"),
    ("a24", "one of the mechanisms all, include, a, mx, ptr, ip4, ip6, exists"),
    ("mx/24x//64", "a prefix length of 0 to 32, without leading zeros"),
    ("mx;", "a prefix length of /0 to /32, and of 0 to 128 after //"),
    ("=x", "a mechanism, or a modifier (name=value)"),
    ("exists:%{x}.b.example", "a macro letter that may stand here, not x"),
    ("exists:%{d0}.b.example", "a macro that keeps at least one part, not 0"),
    ("exists:%d.b.example", "a {letter}, %, _ or - after the %"),
    ("x=\xe9", "visible ASCII characters, not '\\xe9'"),
    ("redirect=b.example redirect=c.example", "redirect= at most once"),
]


@pytest.mark.parametrize(("term", "expected"), EXPECTED)
def test_a_broken_term_says_what_the_grammar_expects(term: str, expected: str | None) -> None:
    problems = record.parse(f"v=spf1 {term} -all".encode()).problems
    assert [problem.expected for problem in problems] == ([expected] if expected else [])


def test_octets_that_are_no_text_show_as_escapes_and_columns_count_characters() -> None:
    parsed = record.parse(b"v=spf1 \xc3\xa9 \xff a")
    assert [(p.text, p.column) for p in parsed.problems] == [("é", 7), ("\\xff", 9)]
    assert parsed.directives[0].column == 14


@pytest.mark.parametrize("prefix", range(33))
def test_the_network_of_an_ip4_is_what_its_span_covers(prefix: int) -> None:
    (four,) = record.parse(f"v=spf1 ip4:198.51.100.201/{prefix}".encode()).directives
    (six,) = record.parse(f"v=spf1 ip6:2001:db8::c9/{96 + prefix}".encode()).directives
    assert four.network == ip_network(f"198.51.100.201/{prefix}", strict=False)
    assert six.network == ip_network(f"2001:db8::c9/{96 + prefix}", strict=False)


def test_only_spf_records_are_chosen_and_parsed() -> None:
    texts = (txt("v=spf1 -all"), txt("x"), txt("V=spf", "1"), txt("v=spf1x"), txt(" v=spf1"))
    assert record.select(texts) == (b"v=spf1 -all", b"V=spf1")
    assert [r.text for r in record.published((*texts, "192.0.2.1"))] == ["v=spf1 -all", "V=spf1"]


# Macros


def test_a_macro_is_its_parts_in_order() -> None:
    parsed = macro.parse("a%%%{D2R+-}b%_%-")
    assert parsed.parts == ("a", "%", Expansion("d", 2, True, "+-", True), "b", " ", "%20")
    assert (parsed.ends_expanded, parsed.literal, parsed.name, parsed.letters) == (True, None, None, {"d"})
    assert macro.parse("a%{d}b").ends_expanded is False
    assert macro.parse("").parts == ()
    assert macro.parse("a%%b").literal == "a%b"


@pytest.mark.parametrize(("length", "name"), [(253, True), (254, False)])
def test_a_fixed_name_is_ready_to_ask_unless_it_must_be_cut(length: int, name: bool) -> None:
    text = "a." * 120 + "b" * (length - 240)
    assert (macro.parse(text).name is not None) is name
    assert macro.parse(text).literal == text


def test_letters_of_explanations_stand_nowhere_else() -> None:
    for letter in "crtCRT":
        with pytest.raises(MacroError):
            macro.parse(f"%{{{letter}}}")
        assert macro.parse(f"%{{{letter}}}", macro.EXPLANATION_LETTERS).letters == {letter.lower()}


def test_blanks_stand_in_explanations_alone() -> None:
    assert macro.parse("a b", spaces=True).literal == "a b"
    with pytest.raises(MacroError, match="not ' '"):
        macro.parse("a b")


def test_what_the_letters_stand_for() -> None:
    values = Values("l", "o.example", "d.example", "1.2.3.4", "c", "in-addr", "h.example")
    said = {letter: values.of(letter) for letter in "slodiphvcrt"}
    assert said == {
        "s": "l@o.example",
        "l": "l",
        "o": "o.example",
        "d": "d.example",
        "i": "1.2.3.4",
        "p": "unknown",
        "h": "h.example",
        "v": "in-addr",
        "c": "c",
        "r": "unknown",
        "t": "0",
    }
    assert replace(values, validated="p.example", receiver="r", timestamp=7).of("t") == "7"

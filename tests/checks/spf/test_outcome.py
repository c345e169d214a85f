"""What an outcome says beside its result: the problem, the counts, the way."""

from __future__ import annotations

import asyncio
import time
from ipaddress import ip_address

import pytest

from checks.lookup import Mx, RecordType, ZoneResolver, txt
from checks.lookup import Result as LookupResult
from checks.spf import Outcome, check_host
from checks.spf.outcome import Match, Problem, ProblemKind, Voids
from tests.support.zone import zone

HOSTS = "".join(f"t{n}.example A 198.51.100.1\n" for n in range(1, 12))
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
        f"{HOSTS}a.example TXT v=spf1 {ELEVEN} -all",
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

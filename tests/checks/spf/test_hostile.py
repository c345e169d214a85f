"""Whatever stands in the DNS: no exception, one of the seven results, bounded look-ups.

A short run in the normal tests; `SENDWELL_FUZZ=100000 python -m pytest tests/checks/spf/test_hostile.py` runs that many
examples of each.
"""

from __future__ import annotations

import asyncio
import os
import re
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks import dmarc
from checks.lookup import Absent, Answer, FailureReason, LookupFailed, Mx, Record, RecordType, Txt
from checks.lookup import Result as LookupResult
from checks.spf import Memo, Result, check_host, macro, record, tree
from checks.spf.macro import EXPLANATION_LETTERS, MAX_NAME, MacroError, Values
from checks.spf.outcome import MAX_NAMES, MAX_TERMS, MAX_VOIDS

EXAMPLES = int(os.environ.get("SENDWELL_FUZZ", "0"))
LOOKUPS = 1 + MAX_TERMS * (1 + MAX_NAMES) + (1 + MAX_NAMES) + 1
"""The record, each term with its exchangers or names, the names that %{p} asks in exp=, and the text of exp=."""


def examples(number: int) -> settings:
    return settings(
        max_examples=EXAMPLES or number, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )


# Texts that are nearly right are worse than random ones

NAMES = st.sampled_from(
    [f"n{n}.example" for n in range(5)]
    + ["N1.EXAMPLE.", "example", "a..b", "x" * 64 + ".example", "_x.n1.example"]
)
MACROS = st.from_regex(r"%(\{[slodiphvcrtzSLDIX][0-9]{0,3}r?[.+,/_=-]{0,3}\}|%|_|-|\{|[a-z])", fullmatch=True)
SPECS = st.one_of(
    NAMES,
    st.lists(st.one_of(MACROS, NAMES, st.sampled_from([".", "-", "/24", "//64"])), max_size=6).map("".join),
)
LENGTHS = st.sampled_from(["", "", "/24", "//64", "/0//0", "/33", "//129", "/", "/٣", "/024"])
TERMS = st.one_of(
    st.builds(
        "{}{}{}{}{}".format,
        st.sampled_from(["", "", "+", "-", "~", "?", "--"]),
        st.sampled_from(
            ["a", "mx", "include", "exists", "ptr", "all", "A", "redirect", "exp", "x", "ip4", "ip6"]
        ),
        st.sampled_from([":", ":", ":", "=", ""]),
        SPECS,
        LENGTHS,
    ),
    st.sampled_from(
        [
            "ip4:192.0.2.0/24",
            "ip6:2001:db8::/32",
            "a",
            "mx",
            "ptr",
            "-all",
            "all",
            "redirect=n1.example",
            "exp=n2.example",
        ]
    ),
    st.text(max_size=12),
)
RECORDS = st.builds(
    lambda version, terms, gap: gap.join([version, *terms]),
    st.sampled_from(["v=spf1", "v=spf1", "v=spf1", "V=SPF1 ", "v=spf2", ""]),
    st.lists(TERMS, max_size=14),
    st.sampled_from([" ", " ", "  ", "\t"]),
).map(lambda text: text.encode("utf-8", "surrogatepass"))
OCTETS = st.one_of(
    RECORDS, st.binary(max_size=300), RECORDS.flatmap(lambda r: st.binary(max_size=4).map(lambda b: r + b))
)
GOOD = st.builds(
    "{}{}".format,
    st.sampled_from(["", "", "-", "~", "?"]),
    st.sampled_from(
        ["a", "mx", "ptr", "ip4:192.0.2.0/24", "ip6:2001:db8::/33", "a:n1.example//64", "mx:n2.example/24"]
        + [f"include:n{n}.example" for n in range(5)]
        + ["exists:%{ir}.n3.example", "include:%{d1r}.n2.example", "exists:%{p}.n4.example", "a:%{l}.example"]
    ),
)
ENDS = st.sampled_from(["", "-all", "~all", "redirect=n1.example", "-all exp=n2.example"])
PARSED = st.builds(
    lambda terms, end: " ".join(["v=spf1", *terms, end]).encode(), st.lists(GOOD, max_size=9), ENDS
)
"""Of what is nearly right little parses, and then no term is ever looked at."""
SENDERS = st.one_of(
    st.sampled_from(
        [
            "bob@n1.example",
            "",
            "@",
            "a@b@c",
            "n1.example.",
            '"a@b"@n2.example',
            "ü@ü.example",
            "a@[192.0.2.1]",
        ]
    ),
    st.text(max_size=40),
)
ADDRESSES = st.one_of(
    st.sampled_from(["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "::", "255.255.255.255"]),
    st.integers(0, 2**32 - 1).map(lambda n: str(IPv4Address(n))),
    st.integers(0, 2**128 - 1).map(lambda n: str(IPv6Address(n))),
)


@st.composite
def answers(draw: st.DrawFn) -> Any:
    """What one name says of one type: records, perhaps of many strings, an absence or a failure."""
    kind = draw(st.sampled_from([*["record"] * 6, "records", "records", "absent", "failed", "empty"]))
    if kind == "record":
        return [draw(PARSED)]
    if kind == "absent":
        return draw(st.booleans())
    if kind == "failed":
        return draw(st.sampled_from(list(FailureReason)))
    return draw(st.lists(OCTETS, min_size=1, max_size=3)) if kind == "records" else []


class Hostile:
    """Answers by a table of what some names say; all others by their hash, so that every name is something."""

    immediate = True

    def __init__(self, table: list[Any]) -> None:
        self.table = table
        self.asked: list[tuple[str, RecordType]] = []

    async def lookup(self, name: str, type: RecordType) -> LookupResult:
        self.asked.append((name, type))
        said = self.table[sum(name.encode("utf-8", "replace")) % len(self.table)]
        if isinstance(said, FailureReason):
            return LookupFailed(name, type, said)
        if isinstance(said, bool):
            return Absent(name, type, nxdomain=said)
        return Answer(name, type, tuple(self._records(said, type)))

    def _records(self, texts: list[bytes], type: RecordType) -> list[Record]:
        match type:
            case RecordType.TXT:
                return [Txt(tuple(t[i : i + 100] for i in range(0, len(t) or 1, 100))) for t in texts]
            case RecordType.MX:
                return [Mx(n, f"n{n}.example" if n else "") for n in range(4 * len(texts))]
            case RecordType.PTR:
                return [f"n{n}.example" for n in range(5 * len(texts))]
            case RecordType.AAAA:
                return ["2001:db8::1" if len(texts) > 1 else "2001:db8::2"]
            case _:
                return ["192.0.2.1" if len(texts) > 1 else "192.0.2.2"]


ZONES = st.lists(answers(), min_size=1, max_size=12).map(Hostile)


@examples(150)
@given(ZONES, ADDRESSES, NAMES, SENDERS, st.one_of(st.none(), SENDERS), st.sampled_from(["term", "query"]))
def test_a_check_ends_with_one_of_the_seven_results(
    resolver: Hostile, ip: str, domain: str, sender: str, helo: str | None, voids: Any
) -> None:
    asked = (ip, domain, sender, helo)
    outcome = asyncio.run(check_host(*asked, resolver=resolver, voids=voids))
    assert outcome.result in Result
    assert outcome.terms <= MAX_TERMS + 1
    assert outcome.voids <= MAX_VOIDS + (1 if voids == "term" else MAX_NAMES)
    assert len(resolver.asked) <= LOOKUPS
    assert all(len(name) <= MAX_NAME and name.isascii() for name, _ in resolver.asked)
    assert (outcome.problem is not None) >= (
        outcome.result in (Result.PERMERROR, Result.TEMPERROR, Result.NONE)
    )
    assert outcome.explanation == "" or outcome.result is Result.FAIL
    assert outcome.explanation.isascii()
    assert (
        bool(outcome.path) == (outcome.result in (Result.PASS, Result.FAIL, Result.SOFTFAIL))
        or outcome.result is Result.NEUTRAL
    )
    again = asyncio.run(check_host(*asked, resolver=resolver, voids=voids, memo=Memo()))
    traced = asyncio.run(check_host(*asked, resolver=resolver, voids=voids, trace=True))
    assert again.result == traced.result == outcome.result
    assert len(traced.steps) <= 1 + sum(
        1 + len(re.findall(r"[^ ]+", t.octets.decode("utf-8", "replace")))
        for n in resolver.asked
        for t in texts_of(resolver, n)
    )


def texts_of(resolver: Hostile, asked: tuple[str, RecordType]) -> tuple[Txt, ...]:
    if asked[1] is not RecordType.TXT:
        return ()
    found = asyncio.run(Hostile(resolver.table).lookup(*asked))
    return found.texts if isinstance(found, Answer) else ()


@examples(100)
@given(ZONES, NAMES)
def test_a_tree_is_bounded(resolver: Hostile, domain: str) -> None:
    walked = asyncio.run(tree.walk(domain, resolver))
    assert len(resolver.asked) <= tree.MAX_NODES
    assert len(walked.nodes) <= 2 * tree.MAX_NODES
    assert max(node.depth for node in walked.nodes) <= tree.MAX_DEPTH + 1
    assert [node.parent < at for at, node in enumerate(walked.nodes)].count(False) == 0


@examples(300)
@given(OCTETS)
def test_a_record_is_parsed_term_by_term(octets: bytes) -> None:
    parsed = record.parse(octets)
    found = sorted((*parsed.directives, *parsed.modifiers, *parsed.problems), key=lambda term: term.column)
    text = octets.decode("utf-8", "backslashreplace")
    assert parsed.text == text
    assert [term.text for term in found] == [t for t in text.split(" ")[1:] if t] or not text.startswith("v")
    assert all(text[term.column :].startswith(term.text) for term in found)
    assert all(problem.expected for problem in parsed.problems)
    assert all(
        " " not in term.text and "\t" not in term.text for term in (*parsed.directives, *parsed.modifiers)
    )
    assert all(
        (d.span is None) == (d.network is None) == (d.mechanism not in ("ip4", "ip6"))
        for d in parsed.directives
    )


VALUES = Values("a.b-c", "n1.example", "x.n2.example", "192.0.2.1", "192.0.2.1", "in-addr", "h.example")


@examples(300)
@given(
    st.one_of(SPECS, st.text(max_size=40)),
    st.sampled_from([macro.DOMAIN_LETTERS, EXPLANATION_LETTERS]),
    st.booleans(),
)
def test_a_macro_parses_or_says_what_is_expected(text: str, letters: frozenset[str], spaces: bool) -> None:
    try:
        parsed = macro.parse(text, letters, spaces=spaces)
    except MacroError:
        return
    assert parsed.letters <= letters
    assert len(macro.expand_domain(parsed, VALUES)) <= MAX_NAME
    assert macro.expand(parsed, VALUES, most=10**6).isascii()
    if parsed.literal is not None:
        assert macro.expand(parsed, VALUES, most=10**6) == parsed.literal
    if parsed.name is not None:
        assert macro.expand_domain(parsed, VALUES) == parsed.name


@examples(300)
@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(
            st.sampled_from(
                [
                    "v=DMARC1",
                    ";",
                    " ",
                    "p=",
                    "reject",
                    "none",
                    "sp=x",
                    "rua=",
                    "mailto:a@b.example",
                    ",",
                    "!10m",
                    "t=y",
                    "=",
                    "psd=y",
                    "pct=999",
                    "é",
                    "\0",
                    "fo=0:1",
                    "V=DMARC1",
                ]
            )
        ).map("".join),
    )
)
def test_a_dmarc_record_is_parsed_tag_by_tag(text: str) -> None:
    parsed = dmarc.parse(text)
    assert isinstance(dmarc.near_miss(text), bool)
    if parsed is None:
        return
    assert not dmarc.near_miss(text)
    assert parsed.text == text
    assert 0 <= parsed.pct <= 100
    assert all(tag.text in text and tag.expected for tag in parsed.broken)
    for below in (True, False):
        for exists in (True, False):
            assert parsed.policy(below=below, exists=exists) in (*dmarc.Policy, None)


@examples(100)
@given(
    st.lists(
        st.one_of(
            st.lists(
                st.sampled_from(
                    [
                        b"v=DMARC1; p=reject",
                        b"v=DMARC1; psd=y",
                        b"v=DMARC1; psd=n; p=none; rua=mailto:d@n1.example",
                        b"v=spf1 -all",
                        b"\xff",
                        b"v=DMARC1; p=none; sp=reject; np=quarantine; t=y",
                    ]
                ),
                max_size=3,
            ),
            st.booleans(),
            st.sampled_from(list(FailureReason)),
        ),
        min_size=1,
        max_size=9,
    ).map(Hostile),
    st.sampled_from(["a.be", "a.b.c.d.e.f.g.h.i.j.be", "be", "a.co.uk"]),
)
def test_a_dmarc_walk_is_bounded_and_has_a_state(resolver: Hostile, domain: str) -> None:
    facts = asyncio.run(dmarc.gather(domain, resolver, with_reports=True))
    assert facts.state
    assert isinstance(facts.walk.organization, str | None)
    assert all(finding.rule for finding in dmarc.judge(facts))
    assert len(resolver.asked) <= 8 + 2 + 5

"""What a parsed record holds: its terms, what does not parse, and the parts of its macros."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network

import pytest

from checks.lookup import txt
from checks.spf import macro, record
from checks.spf.macro import Expansion, MacroError, Values
from checks.spf.record import Directive, Mechanism, Modifier

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

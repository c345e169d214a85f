"""Evidence is told as published, each piece once, and never more of it than a person reads."""

from __future__ import annotations

import pytest

from checks.model import Evidence
from checks.spf import record
from checks.spf.findings import LONGEST, MOST, finding, shortened, syntax, told
from checks.spf.health_rules import AFTER_ALL, OVER_VOIDS, TOLD_ONLY


def pieces(many: int) -> list[Evidence]:
    return [Evidence("expected", f"found {n}") for n in range(many)]


def test_nothing_is_told_without_evidence() -> None:
    assert told(AFTER_ALL, "acme.example", ()) is None


def test_ten_pieces_are_told_and_how_many_more_there_are() -> None:
    for many in (1, MOST):
        assert told(AFTER_ALL, "acme.example", pieces(many)) == finding(
            AFTER_ALL, "acme.example", *pieces(many)
        )
    more = told(AFTER_ALL, "acme.example", pieces(MOST + 2))
    assert more is not None
    assert more.evidence == (*pieces(MOST), Evidence("expected", "… and 2 more"))
    assert (more.rule, more.about) == (AFTER_ALL.code, "acme.example")


def test_the_same_piece_is_told_once() -> None:
    one = told(AFTER_ALL, "acme.example", pieces(2) * 2)
    assert one is not None
    assert one.evidence == tuple(pieces(2))


def test_of_a_hostile_record_a_hundred_pieces_are_looked_at() -> None:
    seen = []
    found = told(AFTER_ALL, "acme.example", (seen.append(p) or p for p in pieces(1000)))  # type: ignore[func-returns-value]
    assert len(seen) == 10 * MOST
    assert found is not None
    assert found.evidence[-1].found == f"… and {9 * MOST} more"


def test_a_long_text_is_cut_where_nobody_reads_on() -> None:
    assert shortened("x" * LONGEST) == "x" * LONGEST
    assert shortened("x" * (LONGEST + 1)) == "x" * LONGEST + "…"
    for left, right in ((LONGEST - 5, 5), (LONGEST, 0)):
        one = told(AFTER_ALL, "acme.example", [Evidence("e" * left, "f" * right)])
        assert one is not None
        assert one.evidence == (Evidence("e" * left, "f" * right),)
    both = told(AFTER_ALL, "acme.example", [Evidence("e" * (LONGEST + 1), "f" * (LONGEST + 2))])
    assert both is not None
    assert both.evidence == (Evidence("e" * LONGEST + "…", "f" * LONGEST + "…"),)


def test_what_is_told_only_does_not_matter_for_the_verdict() -> None:
    only = next(iter(TOLD_ONLY))
    for rule in (AFTER_ALL, OVER_VOIDS):
        assert finding(rule, "acme.example").matters is (rule.code not in TOLD_ONLY)
    assert only.startswith("SPF_")


TERM = "one of the mechanisms all, include, a, mx, ptr, ip4, ip6, exists"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mx -all", []),
        ("mx what -all", [(f"{TERM} (column 11)", "what")]),
        ("ipv4:192.0.2.1 -all", [(f"{TERM} (column 8); to be written: ip4:192.0.2.1", "ipv4:192.0.2.1")]),
        ("include: a.example mx", [
            ("a domain behind the sign (column 8); to be written: include:a.example", "include: a.example")]),
        ("–all", [(
            "a mechanism, or a modifier (name=value) (column 8); it holds a dash that is no hyphen (U+2013); "
            "to be written: -all", "–all")]),
        ("“–all”", [(
            "a mechanism, or a modifier (name=value) (column 8); it holds a quotation mark (U+201C), "
            "a dash that is no hyphen (U+2013), a quotation mark (U+201D); to be written: -all", "“–all”")]),
        ("mx v=spf1 spf1 -all", [(f"{TERM} (column 18); to be removed", "spf1")]),
        # a mend of what parses is told elsewhere
        ("include:i.example-all ip4:x", [("an IPv4 address (column 30)", "ip4:x")]),
        ("ip4:x ip4=192.0.2.1", [("an IPv4 address (column 8)", "ip4:x")]),
    ],
)  # fmt: skip
def test_a_term_that_does_not_parse_is_told_with_its_column(
    text: str, expected: list[tuple[str, str]]
) -> None:
    parsed = record.parse(f"v=spf1 {text}".encode())
    assert [(e.expected, e.found) for e in syntax(parsed)] == expected


def test_ten_terms_that_do_not_parse_are_told() -> None:
    parsed = record.parse(("v=spf1 " + " ".join(f"what{n}" for n in range(MOST + 1))).encode())
    assert [e.found for e in syntax(parsed)] == [f"what{n}" for n in range(MOST)]


def test_of_a_long_term_the_beginning_is_told() -> None:
    (long,) = syntax(record.parse(b"v=spf1 ?" + b"x" * 3000 + "–".encode()))
    assert long.found == "?" + "x" * (LONGEST - 1) + "…"
    assert "U+2013" not in long.expected

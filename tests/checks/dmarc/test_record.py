"""The record alone: what counts as one, and what survives a broken part (RFC 9989 4.7, 4.8, 4.10.1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.dmarc.record import Alignment, Policy, Psd, near_miss, parse

NONE, QUARANTINE, REJECT = Policy.NONE, Policy.QUARANTINE, Policy.REJECT


@pytest.mark.parametrize(
    "text",
    [
        "v=DMARC1",
        "v=DMARC1;",
        "v=DMARC1;p=none",
        "v=DMARC1 ; p=none",
        "v = DMARC1; p = none",
        "V=DMARC1; p=none",
        "v=DMARC1;;;p=none;;",
        "v=DMARC1;\tp=none\t;",
    ],
)
def test_a_record_begins_with_its_version(text: str) -> None:
    assert parse(text)


@pytest.mark.parametrize(
    ("text", "nearly"),
    [
        ("", False),
        ("some other text", False),
        ("v=spf1 -all", False),
        ("rua=mailto:reports@example.be;ruf=mailto:reports@example.be;", False),
        (" v=DMARC1; p=reject", True),
        ('"v=DMARC1; p=reject"', True),
        ("\u200bv=DMARC1; p=reject", True),
        ("v=dmarc1; p=reject", True),
        ("v=DMARC1 p=reject", True),
        ("v=DMARC1, p=reject", True),
        ("v=DMARC2; p=reject", True),
        ("v:DMARC1; p=reject", True),
        ("DMARC1; p=reject", True),
        ("p=reject; v=DMARC1", True),
        ("v=DMARC1.; p=reject", True),
    ],
)
def test_anything_else_is_no_record_though_it_may_be_meant_as_one(text: str, nearly: bool) -> None:
    assert parse(text) is None
    assert near_miss(text) is nearly


def test_a_record_is_no_near_miss() -> None:
    assert not near_miss("v=DMARC1; p=none")


@pytest.mark.parametrize(
    ("text", "p", "sp", "np"),
    [
        ("v=DMARC1; p=none", NONE, None, None),
        ("v=DMARC1; p=Quarantine ;", QUARANTINE, None, None),
        ("v=DMARC1; P=REJECT", REJECT, None, None),
        ("v=DMARC1; sp=none; np=reject; p=quarantine", QUARANTINE, NONE, REJECT),
        ("v=DMARC1; p=none; p=reject", NONE, None, None),
        ("v=DMARC1; p=rejected", None, None, None),
        ("v=DMARC1; p=reject; sp=all", REJECT, None, None),
    ],
)
def test_the_policies_as_published(text: str, p: Policy | None, sp: Policy | None, np: Policy | None) -> None:
    record = parse(text)
    assert record
    assert (record.p, record.sp, record.np) == (p, sp, np)


def test_what_is_not_said_has_its_default() -> None:
    record = parse("v=DMARC1; p=none")
    assert record
    assert (record.adkim, record.aspf) == (Alignment.RELAXED, Alignment.RELAXED)
    assert (record.psd, record.test, record.rua) == (Psd.UNKNOWN, False, ())


def test_what_is_said_is_read() -> None:
    record = parse("v=DMARC1; p=reject; adkim=s; aspf=S; psd=n; t=y; rua=mailto:a@b.be!10m , https://c.be/x")
    assert record
    assert (record.adkim, record.aspf) == (Alignment.STRICT, Alignment.STRICT)
    assert (record.psd, record.test) == (Psd.NO, True)
    assert record.rua == ("mailto:a@b.be", "https://c.be/x")
    assert record.broken == ()


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ("fo:0", "fo:0"),
        ("0", "0"),
        ("adkim=strict", "adkim=strict"),
        ("aspf=", "aspf="),
        ("pct=", "pct="),
        ("psd=yes", "psd=yes"),
        ("t=1", "t=1"),
        ("fo=2", "fo=2"),
        ("fo=0:1", "fo=0:1"),
        ("rua=reports@example.be", "rua=reports@example.be"),
        ("rua=mailto:", "rua=mailto:"),
        ("ruf=mailto:nobody", "ruf=mailto:nobody"),
        ("p=reject", "p=reject"),
        ("mailto:postmaster@example.be", "mailto:postmaster@example.be"),
        ("sp\u00a0=none", "sp\u00a0=none"),
        ("x=\u00e9", "x=\u00e9"),
        ("a1=b", "a1=b"),
    ],
)
def test_a_broken_part_is_listed_and_the_rest_counts(part: str, found: str) -> None:
    record = parse(f"v=DMARC1; p=quarantine; {part}; rua=mailto:a@b.be")
    assert record
    assert record.p is QUARANTINE
    assert found in [tag.text for tag in record.broken]
    assert record.policy() is QUARANTINE


def test_an_unknown_tag_is_listed_and_a_removed_one_is_left_in_peace() -> None:
    record = parse("v=DMARC1; p=none; pct=50; rf=afrf; ri=3600; color=blue")
    assert record
    assert record.unknown == ("color",)
    assert record.broken == ()


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("v=DMARC1", None),
        ("v=DMARC1; rua=mailto:a@b.be", NONE),
        ("v=DMARC1; p=bogus", None),
        ("v=DMARC1; p=bogus; rua=mailto:a@b.be", NONE),
        ("v=DMARC1; p=bogus; rua=a@b.be", None),
        ("v=DMARC1; p=bogus; rua=a@b.be,mailto:a@b.be", NONE),
        ("v=DMARC1; p=reject; sp=bogus", None),
        ("v=DMARC1; p=reject; sp=bogus; rua=mailto:a@b.be", NONE),
        ("v=DMARC1; p=reject; np=bogus", None),
        ("v=DMARC1; p=reject; np=bogus; rua=mailto:a@b.be", NONE),
        ("v=DMARC1; p=reject; adkim=bogus", REJECT),
    ],
)
def test_a_broken_policy_counts_as_none_with_reports_and_not_at_all_without(
    text: str, policy: Policy | None
) -> None:
    record = parse(text)
    assert record
    assert record.policy() is policy


@pytest.mark.parametrize(
    ("text", "itself", "below", "not_there"),
    [
        ("v=DMARC1; p=reject", REJECT, REJECT, REJECT),
        ("v=DMARC1; p=reject; sp=none", REJECT, NONE, NONE),
        ("v=DMARC1; p=reject; np=none", REJECT, REJECT, NONE),
        ("v=DMARC1; p=none; sp=quarantine; np=reject", NONE, QUARANTINE, REJECT),
        ("v=DMARC1; p=reject; t=y", QUARANTINE, QUARANTINE, QUARANTINE),
        ("v=DMARC1; p=quarantine; sp=reject; np=none; t=y", NONE, QUARANTINE, NONE),
    ],
)
def test_sp_is_for_names_below_np_for_those_that_do_not_exist_and_t_takes_a_level_off(
    text: str, itself: Policy, below: Policy, not_there: Policy
) -> None:
    record = parse(text)
    assert record
    assert record.policy() is itself
    assert record.policy(below=True) is below
    assert record.policy(below=True, exists=False) is not_there


TAGS = st.lists(st.text("vpsnatdkrufo=;:! \tDMARC1yqeject\u00e9@,%", max_size=12), max_size=8)


@given(st.text() | TAGS.map(lambda parts: "v=DMARC1;" + ";".join(parts)))
def test_no_text_breaks_the_parser(text: str) -> None:
    near_miss(text)
    record = parse(text)
    if record:
        assert record.text == text
        assert parse(record.text) == record
        assert record.policy_broken or record.p is not None


@given(st.permutations(["p=reject", "sp=none", "adkim=s", "t=y", "rua=mailto:a@b.be", "psd=n", "x=y"]))
def test_the_order_of_the_tags_does_not_matter(parts: list[str]) -> None:
    record = parse(f"v=DMARC1; {'; '.join(parts)}")
    assert record
    assert (record.p, record.sp, record.adkim, record.test) == (REJECT, NONE, Alignment.STRICT, True)
    assert (record.rua, record.psd, record.unknown) == (("mailto:a@b.be",), Psd.NO, ("x",))


ALL_TAGS = (
    "v=DMARC1; p=none; sp=none; np=none; adkim=r; aspf=r; psd=u; t=n;"
    " rua=mailto:a@b.be; ruf=mailto:c@d.be; fo=1:d:s"
)


def test_every_tag_of_the_standard_is_known() -> None:
    record = parse(ALL_TAGS)
    assert record
    assert (record.unknown, record.broken, record.broken_policies) == ((), (), ())
    assert (record.rua, record.ruf) == (("mailto:a@b.be",), ("mailto:c@d.be",))


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("p", "p=none, p=quarantine or p=reject"),
        ("sp", "sp=none, sp=quarantine or sp=reject"),
        ("np", "np=none, np=quarantine or np=reject"),
        ("adkim", "adkim=r or adkim=s"),
        ("aspf", "aspf=r or aspf=s"),
        ("psd", "psd=y, psd=n or psd=u"),
        ("t", "t=y or t=n"),
        ("rua", "rua=mailto:address"),
        ("ruf", "ruf=mailto:address"),
        ("fo", "fo=0, 1, d or s, joined by colons"),
    ],
)
def test_a_broken_tag_says_what_it_can_be(tag: str, expected: str) -> None:
    record = parse(f"v=DMARC1; {tag}=?")
    assert record
    assert [(broken.text, broken.expected) for broken in record.broken] == [(f"{tag}=?", expected)]


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("v=DMARC1; p=none", ()),
        ("v=DMARC1", ("p",)),
        ("v=DMARC1; p=x; sp=x; np=x", ("p", "sp", "np")),
        ("v=DMARC1; p=none; np=x", ("np",)),
    ],
)
def test_the_policies_that_cannot_be_used(text: str, broken: tuple[str, ...]) -> None:
    record = parse(text)
    assert record
    assert record.broken_policies == broken


@pytest.mark.parametrize(
    ("value", "percent"),
    [
        ("0", 0),
        ("5", 5),
        ("99", 99),
        ("100", 100),
        ("101", 100),
        ("-1", 100),
        ("1.5", 100),
        ("x", 100),
        ("", 100),
    ],
)
def test_the_percentage_that_older_receivers_read(value: str, percent: int) -> None:
    record = parse(f"v=DMARC1; p=reject; pct={value}")
    assert record
    assert record.pct == percent


@pytest.mark.parametrize(
    ("value", "valid"),
    [
        ("0", True), ("1", True), ("d", True), ("s:d", True), ("1:d:s", True), ("d:0:s", True), ("D:S:1", True),
        ("0:1", False), ("d:d", False), ("1:1", False), ("d:", False), ("x", False), ("1,d", False), ("0:1:d", False),
    ],
)  # fmt: skip
def test_the_failure_options(value: str, valid: bool) -> None:
    record = parse(f"v=DMARC1; p=none; ruf=mailto:a@b.be; fo={value}")
    assert record
    assert (record.broken == ()) is valid

"""Which names others are looked for, in which order, and with how many look-ups."""

from __future__ import annotations

import pytest

from checks.lookup import RecordType, Resolver
from checks.spf.near_names import MOST_NAMES, MOST_TRIED, NearName, candidates, near_names, others
from checks.spf.tree import walk
from tests.checks.spf.test_tree_details import Waiting
from tests.support.zone import zone

GOOGLE = "_spf.google.com TXT v=spf1 ip4:198.51.100.0/24 ~all\n"
FOUND = (NearName("spf.google.com", "_spf.google.com"),)
BARE = (NearName("_spf.google.com", "_spf.google.com"),)


async def near(records: str, resolver: Resolver | None = None) -> tuple[NearName, ...]:
    resolver = resolver or zone(GOOGLE + records)
    return await near_names(await walk("acme.example", resolver), resolver)


@pytest.mark.parametrize(
    ("records", "found"),
    [
        ("acme.example TXT v=spf1 include:spf.google.com -all\n", FOUND),
        ("acme.example TXT v=spf1 redirect=spf.google.com\n", FOUND),
        ("acme.example TXT v=spf1 include:spf.google.com include:spf.google.com -all\n", FOUND),
        ("acme.example TXT v=spf1 include:spf.google.com -all\nspf.google.com TXT proof=1\n", FOUND),
        ("acme.example TXT v=spf1 _spf.google.com -all\n", BARE),
        ("acme.example TXT v=spf1 ~_SPF.Google.com. _spf.google.com\n", BARE),
        # in their own records alone, where evaluation gets to, and what has no record
        ("acme.example TXT v=spf1 include:b.acme.example -all\n"
         "b.acme.example TXT v=spf1 include:spf.google.com -all\n", FOUND),
        ("acme.example TXT v=spf1 include:b.example -all\nb.example TXT v=spf1 include:spf.google.com -all\n", ()),
        ("acme.example TXT v=spf1 -all include:spf.google.com\n", ()),
        ("acme.example TXT v=spf1 include:spf.google.com -all\nspf.google.com TXT v=spf1 -all\n", ()),
        ("acme.example TXT v=spf1 include:spf.google.com -all\nspf.google.com TXT !SERVFAIL\n", ()),
        ("acme.example TXT v=spf1 include:spf.google.com include:_spf.google.com -all\n", ()),
        ("acme.example TXT v=spf1 a:spf.google.com -all\n", ()),
        ("", ()),
    ],
)  # fmt: skip
async def test_others_are_looked_for_where_a_name_is_in_vain(
    records: str, found: tuple[NearName, ...]
) -> None:
    assert await near(records) == found


async def test_others_are_looked_for_three_names() -> None:
    dead = [f"spf.host{n}.example" for n in range(MOST_NAMES + 1)]
    records = "".join(f"_{name} TXT v=spf1 mx -all\n" for name in dead)
    for prefix in ("include:", ""):
        terms = " ".join(f"{prefix}{name}" for name in dead)
        found = await near(f"{records}acme.example TXT v=spf1 {terms} -all\n")
        assert [n.name for n in found] == dead[:MOST_NAMES]


async def test_ten_names_are_tried_the_likely_ones_first() -> None:
    waiting = Waiting(zone("other.example A 198.51.100.1\n"))
    assert await others("spf2.mailjet.co", "acme.example", waiting) == ()
    likely, less = candidates("spf2.mailjet.co", "acme.example")
    assert waiting.asked == [(n, RecordType.TXT) for n in (*likely, *less)][:MOST_TRIED]
    assert not set(likely) & set(less)

    waiting.asked.clear()
    await others("spf2.mailjet.co", "acme.example", waiting, likely[:1], itself=True)
    assert waiting.asked[:2] == [("spf2.mailjet.co", RecordType.TXT), (likely[1], RecordType.TXT)]
    assert len(waiting.asked) == min(MOST_TRIED, len(likely) + len(less))


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("spf:protection.outlook.com", "spf.protection.outlook.com"),
        ("info@mail.example", "mail.example"),
        ("spf.mail.example.acme.example", "spf.mail.example"),
        ("_spf.mail.example", "spf.mail.example"),
        ("spf.mail.example", "_spf.mail.example"),
        ("spf.spf.mail.example", "spf.mail.example"),
        ("spf.mail.con", "spf.mail.com"),
        ("spf.mail.nat", "spf.mail.net"),
    ],
)
def test_what_people_get_wrong_is_a_likely_name(name: str, other: str) -> None:
    assert other in candidates(name, "acme.example")[0]


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("spf2.mail.example", ("spf.mail.example", "mail.example")),
        ("_spf.mail.example", ("mail.example",)),
        ("out2.mail.example", ("out.mail.example", "_spf.out2.mail.example", "spf.out2.mail.example")),
        ("mail.example", ("_spf.mail.example", "spf.mail.example")),
    ],
)
def test_where_services_keep_it_is_less_likely(name: str, others: tuple[str, ...]) -> None:
    likely, less = candidates(name, "acme.example")
    assert less[: len(others)] == others
    assert not set(others) & set(likely)


def test_neither_the_name_nor_the_domain_is_another() -> None:
    for name, domain in (("spf.acme.example", "acme.example"), ("_spf.acme.example", "spf.acme.example")):
        every = [n for group in candidates(name, domain) for n in group]
        assert not {name, domain} & set(every)
    assert "example" not in [n for group in candidates("spf.example", "acme.example") for n in group]


def test_another_name_of_a_known_provider_is_less_likely() -> None:
    """Such as a name of Google's that is not its record: near by whose it is, not by how it is written."""
    likely, less = candidates("mail-out.google.com", "acme.example")
    assert "_spf.google.com" in less
    assert "_spf.google.com" not in likely


def test_no_name_too_long_to_be_asked_for_is_meant() -> None:
    longest = ".".join(["a" * 61, "b" * 61, "c" * 61, "d" * 60, "example"])
    assert len(longest) > 250
    every = [n for group in candidates(longest, "acme.example") for n in group]
    assert every == [n for n in every if len(n) <= 253]
    assert f"_spf.{longest}" not in every

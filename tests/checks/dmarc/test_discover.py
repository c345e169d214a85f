"""The walk: which record applies, who belongs together, and what a failed look-up leaves open."""

import pytest

from checks.company import DmarcState
from checks.dmarc import Alignment, aligned, gather
from checks.dmarc.discover import targets
from checks.lookup import RecordType, Resolver, Result
from tests.support.zone import zone

ABSENT, NONE, QUARANTINE, REJECT = (
    DmarcState.ABSENT,
    DmarcState.NONE,
    DmarcState.QUARANTINE,
    DmarcState.REJECT,
)
INVALID, UNKNOWN = DmarcState.INVALID, DmarcState.UNKNOWN

A_BE = "a.be A 192.0.2.1\n"
SUB = "sub.a.be A 192.0.2.1\n"


class Counting:
    """A resolver that remembers what it was asked."""

    def __init__(self, below: Resolver) -> None:
        self._below = below
        self.asked: list[str] = []

    async def lookup(self, name: str, type: RecordType) -> Result:
        self.asked.append(name)
        return await self._below.lookup(name, type)


@pytest.mark.parametrize(
    ("records", "from_domain", "expected"),
    [
        (A_BE, "a.be", ABSENT),
        ("_dmarc.a.be TXT v=DMARC1; p=none", "a.be", NONE),
        ("_dmarc.a.be TXT v=DMARC1; p=quarantine", "a.be", QUARANTINE),
        ("_dmarc.a.be TXT v=DMARC1; p=reject", "a.be", REJECT),
        ('_dmarc.a.be TXT "v=DMARC1; p=re" "ject"', "a.be", REJECT),
        ("_dmarc.a.be TXT v=DMARC1; p=reject; t=y", "a.be", QUARANTINE),
        ("_dmarc.a.be TXT v=DMARC1; p=quarantine; t=y", "a.be", NONE),
        ("_dmarc.a.be TXT v=DMARC1; p=none; t=y", "a.be", NONE),
        ("_dmarc.a.be TXT v=DMARC1; p=reject; sp=none", "a.be", REJECT),
        # the parent's sp, else its p
        (SUB + "_dmarc.a.be TXT v=DMARC1; p=reject; sp=quarantine", "sub.a.be", QUARANTINE),
        (SUB + "_dmarc.a.be TXT v=DMARC1; p=reject", "sub.a.be", REJECT),
        (SUB + "_dmarc.a.be TXT v=DMARC1; p=none; sp=reject; t=y", "sub.a.be", QUARANTINE),
        # its own record first, and its p
        (SUB + "_dmarc.sub.a.be TXT v=DMARC1; p=none; sp=reject\n_dmarc.a.be TXT v=DMARC1; p=reject", "sub.a.be", NONE),
        # np is for a name that does not exist at all
        ("_dmarc.a.be TXT v=DMARC1; p=none; sp=none; np=reject", "sub.a.be", REJECT),
        (SUB + "_dmarc.a.be TXT v=DMARC1; p=none; sp=quarantine; np=reject", "sub.a.be", QUARANTINE),
        ("x.sub.a.be A 192.0.2.1\n_dmarc.a.be TXT v=DMARC1; p=none; np=reject", "sub.a.be", NONE),
        ("_dmarc.a.be TXT v=DMARC1; p=none; sp=quarantine", "sub.a.be", QUARANTINE),
        # an alias to a name that does not exist exists itself
        ("sub.a.be CNAME gone.example\n_dmarc.a.be TXT v=DMARC1; p=none; np=reject", "sub.a.be", NONE),
        # several records are discarded, and the walk goes on
        ("_dmarc.a.be TXT v=DMARC1; p=reject\n_dmarc.a.be TXT v=DMARC1; p=none", "a.be", INVALID),
        (
            SUB + "_dmarc.sub.a.be TXT v=DMARC1; p=none\n_dmarc.sub.a.be TXT v=DMARC1; p=none\n"
            "_dmarc.a.be TXT v=DMARC1; p=none; sp=reject",
            "sub.a.be",
            REJECT,
        ),
        # a text that is no record does not count
        ("_dmarc.a.be TXT v=DMARC1; p=reject\n_dmarc.a.be TXT hello", "a.be", REJECT),
        ('_dmarc.a.be TXT v=DMARC1; p=reject\n_dmarc.a.be TXT " v=DMARC1; p=none"', "a.be", REJECT),
        ('_dmarc.a.be TXT " v=DMARC1; p=reject"', "a.be", ABSENT),
        ("_dmarc.a.be TXT v=spf1 -all", "a.be", ABSENT),
        # no usable policy
        ("_dmarc.a.be TXT v=DMARC1;", "a.be", INVALID),
        ("_dmarc.a.be TXT v=DMARC1; p=maybe", "a.be", INVALID),
        ("_dmarc.a.be TXT v=DMARC1; p=maybe; rua=mailto:d@a.be", "a.be", NONE),
        ("_dmarc.a.be TXT v=DMARC1; p=reject; sp=maybe", "a.be", INVALID),
        # the record is an alias's
        ("_dmarc.a.be CNAME a.be.dmarc.example\na.be.dmarc.example TXT v=DMARC1; p=reject", "a.be", REJECT),
        # ancestors between the domain and its organisation are skipped
        ("_dmarc.b.a.be TXT v=DMARC1; p=reject\n_dmarc.a.be TXT v=DMARC1; p=none\nx.b.a.be A 192.0.2.1",
         "x.b.a.be", NONE),
        # unless one says that it is the organisation
        ("_dmarc.b.a.be TXT v=DMARC1; p=reject; psd=n\n_dmarc.a.be TXT v=DMARC1; p=none", "x.b.a.be", REJECT),
        # a public suffix's record is for those below who have none
        ("_dmarc.gov.xx TXT v=DMARC1; p=none; sp=reject; psd=y\na.gov.xx A 192.0.2.1", "a.gov.xx", REJECT),
        ("_dmarc.gov.xx TXT v=DMARC1; p=reject; psd=y\n_dmarc.a.gov.xx TXT v=DMARC1; p=none", "s.a.gov.xx", NONE),
        ("_dmarc.gov.xx TXT v=DMARC1; p=none; np=reject; psd=y", "a.gov.xx", REJECT),
        # a failed look-up that could decide
        ("_dmarc.a.be TXT !SERVFAIL", "a.be", UNKNOWN),
        ("_dmarc.a.be TXT !TIMEOUT", "a.be", UNKNOWN),
        ("_dmarc.be TXT !TIMEOUT", "a.be", UNKNOWN),
        ("_dmarc.sub.a.be TXT !SERVFAIL\n_dmarc.a.be TXT v=DMARC1; p=reject", "sub.a.be", UNKNOWN),
        ("sub.a.be TXT !TIMEOUT\n_dmarc.a.be TXT v=DMARC1; p=reject; np=none", "sub.a.be", UNKNOWN),
        # and one that could not
        ("_dmarc.a.be TXT v=DMARC1; p=reject\n_dmarc.be TXT !TIMEOUT", "a.be", REJECT),
        ("sub.a.be TXT !TIMEOUT\n_dmarc.a.be TXT v=DMARC1; p=reject; np=reject", "sub.a.be", REJECT),
        ("sub.a.be TXT !TIMEOUT\n_dmarc.a.be TXT v=DMARC1; p=reject; sp=none", "sub.a.be", NONE),
    ],
)  # fmt: skip
async def test_the_policy_that_applies(records: str, from_domain: str, expected: DmarcState) -> None:
    assert (await gather(from_domain, zone(records))).state is expected


@pytest.mark.parametrize(
    ("records", "domain", "expected"),
    [
        ("", "a.mail.example.com", "a.mail.example.com"),
        ("_dmarc.mail.example.com TXT v=DMARC1\n_dmarc.example.com TXT v=DMARC1", "a.mail.example.com", "example.com"),
        ("_dmarc.mail.example.com TXT v=DMARC1; psd=n\n_dmarc.example.com TXT v=DMARC1",
         "a.mail.example.com", "mail.example.com"),
        ("_dmarc.com TXT v=DMARC1; psd=y", "a.mail.example.com", "example.com"),
        ("_dmarc.example.com TXT v=DMARC1; psd=y", "mail.example.com", "mail.example.com"),
        ("_dmarc.example.com TXT v=DMARC1; psd=y", "example.com", "example.com"),
        ("_dmarc.example.com TXT v=DMARC1; psd=u", "example.com", "example.com"),
    ],
)  # fmt: skip
async def test_the_examples_of_the_organisational_domain(records: str, domain: str, expected: str) -> None:
    facts = await gather(domain, zone(records))
    assert facts.walk.organization == expected


async def test_a_failed_look_up_leaves_the_organisation_open() -> None:
    facts = await gather("a.be", zone("_dmarc.a.be TXT v=DMARC1; p=none\n_dmarc.be TXT !SERVFAIL"))
    assert facts.walk.organization is None
    found = facts.applied
    assert found
    assert found.domain == "a.be"


def test_a_long_name_jumps_to_seven_labels_and_costs_eight_queries() -> None:
    assert targets("a.b.c.d.e.f.g.h.i.j.mail.example.com") == (
        "a.b.c.d.e.f.g.h.i.j.mail.example.com",
        "g.h.i.j.mail.example.com",
        "h.i.j.mail.example.com",
        "i.j.mail.example.com",
        "j.mail.example.com",
        "mail.example.com",
        "example.com",
        "com",
    )


@pytest.mark.parametrize("labels", [1, 2, 7, 8, 9, 10, 100])
def test_no_name_costs_more_than_eight_queries(labels: int) -> None:
    name = ".".join("abcdefghijklmnopqrstuvwxyz"[i % 26] for i in range(labels))
    assert len(targets(name)) == min(labels, 8)
    assert len(set(targets(name))) == len(targets(name))


async def test_the_walk_ends_where_a_record_says_what_it_is() -> None:
    resolver = Counting(zone("_dmarc.b.a.be TXT v=DMARC1; p=none; psd=n"))
    await gather("b.a.be", resolver)
    assert resolver.asked == ["_dmarc.b.a.be"]


async def test_existence_is_asked_only_where_np_could_decide() -> None:
    resolver = Counting(zone("_dmarc.a.be TXT v=DMARC1; p=none"))
    await gather("sub.a.be", resolver)
    assert "sub.a.be" not in resolver.asked
    resolver = Counting(zone("_dmarc.a.be TXT v=DMARC1; p=none; np=reject"))
    await gather("sub.a.be", resolver)
    assert resolver.asked[-1] == "sub.a.be"


async def test_a_name_too_long_to_ask_for_is_absent_without_a_query() -> None:
    name = ".".join(["a" * 49] * 5) + ".be"  # 252 octets; with _dmarc. before it, 259
    resolver = Counting(zone(""))
    assert (await gather(name, resolver)).state is ABSENT
    assert all(len(asked) <= 253 for asked in resolver.asked)


R, S = Alignment.RELAXED, Alignment.STRICT
ORGANISATION = "_dmarc.a.be TXT v=DMARC1; p=none"


@pytest.mark.parametrize(
    ("records", "from_domain", "other", "mode", "expected"),
    [
        (ORGANISATION, "a.be", "a.be", R, True),
        (ORGANISATION, "a.be", "a.be", S, True),
        (ORGANISATION, "a.be", "bounce.a.be", R, True),
        (ORGANISATION, "a.be", "bounce.a.be", S, False),
        (ORGANISATION, "x.a.be", "bounce.a.be", R, True),
        (ORGANISATION, "x.a.be", "a.be", R, True),
        (ORGANISATION, "a.be", "b.be", R, False),
        (ORGANISATION, "a.be", "a.nl", R, False),
        ("", "a.be", "bounce.a.be", R, False),  # without a record each name is its own organisation
        (ORGANISATION + "\n_dmarc.x.a.be TXT v=DMARC1; p=none; psd=n", "a.be", "x.a.be", R, False),
        (ORGANISATION + "\n_dmarc.be TXT v=DMARC1; p=none; psd=y", "a.be", "x.a.be", R, True),
        (ORGANISATION + "\n_dmarc.be TXT v=DMARC1; p=none; psd=y", "a.be", "b.be", R, False),
        (ORGANISATION + "\n_dmarc.x.a.be TXT !TIMEOUT", "a.be", "x.a.be", R, None),
        (ORGANISATION + "\n_dmarc.x.a.be TXT !TIMEOUT", "a.be", "x.a.be", S, False),
        ("* * !TIMEOUT\n_dmarc.a.be TXT !TIMEOUT", "a.be", "a.be", R, True),
        ("_dmarc.a.be TXT !TIMEOUT", "a.be", "a.nl", R, False),
    ],
)
async def test_alignment(
    records: str, from_domain: str, other: str, mode: Alignment, expected: bool | None
) -> None:
    facts = await gather(from_domain, zone(records), envelope_domain=other)
    assert aligned(facts, other, mode) is expected


async def test_the_facts_name_every_answer_they_stand_on() -> None:
    facts = await gather("sub.a.be", zone("_dmarc.a.be TXT v=DMARC1; np=none"), envelope_domain="b.be")
    assert [result.name for result in facts.results] == [
        "_dmarc.sub.a.be",
        "_dmarc.a.be",
        "_dmarc.be",
        "_dmarc.b.be",
        "_dmarc.be",
        "sub.a.be",
    ]

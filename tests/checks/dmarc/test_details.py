"""Small things that decide: a tag in an odd place, an identifier that is aligned or not, and what is left open."""

from __future__ import annotations

import pytest

from checks.company import DmarcState
from checks.dmarc import Alignment, OurMail, aligned, for_our_mail, gather, older, parse
from checks.dmarc.older import older_policy
from checks.dmarc.ours import vouched
from checks.dmarc.reports import gather as ask_targets
from checks.lookup import RecordType, Resolver, Result
from checks.model import Severity
from tests.checks.dmarc.test_discover import Counting
from tests.support.zone import zone

NONE, QUARANTINE, REJECT = DmarcState.NONE, DmarcState.QUARANTINE, DmarcState.REJECT


@pytest.mark.parametrize(
    ("text", "policy", "rua", "broken"),
    [
        ("v=DMARC1;; p=reject", "reject", (), []),
        ("v=DMARC1; ;p=reject;;;", "reject", (), []),
        ("v=DMARC1; p=reject; rua=mailto:d@a.be?subject=x", "reject", ("mailto:d@a.be?subject=x",), []),
        ("v=DMARC1; p=reject; rua=mailto:a.be?to=d@a.be", "reject", (), ["rua=mailto:a.be?to=d@a.be"]),
        ("v=DMARC1; p=reject; rua=d@a.be", "reject", (), ["rua=d@a.be"]),
        ("v=DMARC1; p=reject; rua=mailto:d@a.be!1m , https://b.be", "reject", ("mailto:d@a.be", "https://b.be"), []),
        ("v=DMARC1; p=reject; rua=MAILTO:d@a.be", "reject", ("MAILTO:d@a.be",), []),
        ("v=DMARC1; p=reject; fo=0:d:s", "reject", (), []),
        ("v=DMARC1; p=reject; fo=1:D", "reject", (), []),
        ("v=DMARC1; p=reject; fo=0:1", "reject", (), ["fo=0:1"]),
        ("v=DMARC1; p=reject; fo=d:d", "reject", (), ["fo=d:d"]),
        ("v=DMARC1; p=reject; fo=x", "reject", (), ["fo=x"]),
        ("v=DMARC1; p=reject; p=none", "reject", (), ["p=none"]),
        ("v=DMARC1; P=Reject; nonsense; 1=2; x=é", "reject", (), ["nonsense", "1=2", "x=é"]),
    ],
)  # fmt: skip
def test_odd_records_are_read(text: str, policy: str, rua: tuple[str, ...], broken: list[str]) -> None:
    record = parse(text)
    assert record
    assert (record.policy(), record.rua, [tag.text for tag in record.broken]) == (policy, rua, broken)


def test_a_tag_that_stands_twice_says_which_one_counts() -> None:
    record = parse("v=DMARC1; p=none; SP=none; sp=reject")
    assert record
    assert [(tag.text, tag.expected) for tag in record.broken] == [
        ("sp=reject", "sp= once; the first one counts")
    ]
    assert record.sp == "none"


async def test_a_name_that_has_text_of_its_own_exists() -> None:
    policy = "_dmarc.a.be TXT v=DMARC1; p=none; sp=quarantine; np=reject\n"
    facts = await gather("sub.a.be", zone(f"{policy}sub.a.be TXT hello"))
    assert (facts.state, facts.exists) == (QUARANTINE, True)
    failed = await gather("sub.a.be", zone(f"{policy}sub.a.be TXT !SERVFAIL"))
    assert (failed.state, failed.exists) == (DmarcState.UNKNOWN, None)
    assert failed.results[-1].name == "sub.a.be"


async def test_where_existence_does_not_matter_it_is_not_among_the_results() -> None:
    facts = await gather("a.be", zone("_dmarc.a.be TXT v=DMARC1; p=none; np=reject"))
    assert [result.name for result in facts.results] == ["_dmarc.a.be", "_dmarc.be"]


async def test_a_failed_look_up_on_the_way_leaves_a_public_suffixs_record_open() -> None:
    facts = await gather("x.a.be", zone("_dmarc.a.be TXT !SERVFAIL\n_dmarc.be TXT v=DMARC1; p=reject; psd=y"))
    assert (facts.applied, facts.state) == (None, DmarcState.UNKNOWN)


async def test_what_the_old_standard_asked_besides_is_among_the_results() -> None:
    facts = await gather(
        "x.b.a.be", zone("_dmarc.b.a.be TXT v=DMARC1; p=none; psd=n\n_dmarc.a.be TXT v=DMARC1; p=none")
    )
    assert [r.name for r in facts.results] == ["_dmarc.x.b.a.be", "_dmarc.b.a.be", "_dmarc.a.be"]


async def test_a_public_suffix_itself_asks_nothing_besides() -> None:
    resolver = Counting(zone(""))
    facts = await gather("gov.uk", resolver)
    assert (resolver.asked, facts.beyond) == (["_dmarc.gov.uk", "_dmarc.uk"], None)


# Alignment as the two standards have it


@pytest.mark.parametrize(
    ("aspf", "envelope", "now", "then"),
    [
        ("r", "a.be", True, True),
        ("r", "bounce.a.be", True, True),
        ("r", "b.be", False, False),
        ("r", "a.nl", False, False),
        ("s", "a.be", True, True),
        ("s", "bounce.a.be", False, False),
        ("r", None, False, False),
    ],
)
async def test_the_envelope_is_aligned_by_both_or_by_neither(
    aspf: str, envelope: str | None, now: bool, then: bool
) -> None:
    facts = await gather(
        "a.be", zone(f"_dmarc.a.be TXT v=DMARC1; p=reject; aspf={aspf}"), envelope_domain=envelope
    )
    if envelope:
        assert aligned(facts, envelope, Alignment(aspf)) is now
    mail = older.for_our_mail(facts, spf_passes=True, envelope_domain=envelope, dkim_aligned=False)
    assert (mail.spf_aligned, mail.turned_away) == (then, not then)


async def test_a_subdomain_that_the_old_standard_has_no_record_for_is_turned_away_by_the_new_one_alone() -> (
    None
):
    facts = await gather("x.b.a.be", zone("_dmarc.b.a.be TXT v=DMARC1; p=reject"))
    today = vouched(facts.state, spf_passes=False, spf_aligned=False, dkim_aligned=False)
    then = older.for_our_mail(facts, spf_passes=False, envelope_domain=None, dkim_aligned=False)
    (told,) = older.judge(facts, today, then)
    assert (told.severity, told.matters, told.about) == (Severity.WARNING, True, "x.b.a.be")
    assert (told.evidence[0].expected, told.evidence[0].found) == (
        "by RFC 9989: policy reject by the record of b.a.be, organisational domain b.a.be; our mail is turned away",
        "by RFC 7489: policy absent, organisational domain a.be; our mail is not turned away",
    )


@pytest.mark.parametrize(
    ("record", "differ"),
    [
        ("p=reject", False),
        ("p=reject; pct=99", True),
        ("p=reject; pct=0", True),
        ("p=quarantine; pct=0", True),
        ("p=none; pct=0", False),
        ("p=reject; t=y", True),
        ("p=none; t=y", False),
        ("p=bogus", False),
        ("p=bogus; rua=mailto:d@a.be", False),
        ("p=reject; np=bogus", True),
        ("p=none; np=bogus", False),
    ],
)
async def test_the_standards_part_where_they_treat_failing_mail_unlike(record: str, differ: bool) -> None:
    facts = await gather("a.be", zone(f"_dmarc.a.be TXT v=DMARC1; {record}"))
    told = older.judge(facts)
    assert bool(told) is differ
    assert all(
        (finding.severity, finding.matters) == (Severity.NOTE, False) or not finding.matters
        for finding in told
    )
    assert all("our mail" not in finding.evidence[0].found for finding in told)


async def test_one_mail_alone_parts_nothing() -> None:
    facts = await gather("a.be", zone("_dmarc.a.be TXT v=DMARC1; p=reject"))
    mail = OurMail(REJECT, False, False, False)
    assert older.judge(facts, mail, None) == older.judge(facts, None, mail) == ()


@pytest.mark.parametrize("records", ["_dmarc.a.be TXT !SERVFAIL", "_dmarc.be TXT !TIMEOUT\na.be A 192.0.2.1"])
async def test_what_is_not_known_today_is_not_said_to_differ(records: str) -> None:
    assert older.judge(await gather("a.be", zone(records))) == ()


@pytest.mark.parametrize(
    ("records", "domain", "policy"),
    [
        ("_dmarc.x.a.be TXT !SERVFAIL\n_dmarc.a.be TXT v=DMARC1; p=reject", "", DmarcState.UNKNOWN),
        ("_dmarc.x.a.be TXT v=DMARC1; p=none\n_dmarc.a.be TXT v=DMARC1; p=reject", "x.a.be", NONE),
        ("_dmarc.a.be TXT v=DMARC1; p=reject; sp=quarantine", "a.be", QUARANTINE),
        ("_dmarc.a.be TXT v=DMARC1; sp=none", "", DmarcState.INVALID),
    ],
)
async def test_whose_record_the_old_standard_takes(records: str, domain: str, policy: DmarcState) -> None:
    then = older_policy(await gather("x.a.be", zone(records)))
    assert (then.policy, then.organization) == (policy, "a.be")
    assert then.domain == domain or policy is DmarcState.INVALID


@pytest.mark.parametrize(
    ("records", "from_domain", "envelope", "expected"),
    [
        # neither policy nor mode is known: what holds in both modes
        ("_dmarc.a.be TXT !SERVFAIL", "a.be", "a.be", True),
        ("_dmarc.a.be TXT !SERVFAIL", "a.be", "bounce.a.be", None),
        ("_dmarc.a.be TXT !SERVFAIL", "a.be", "a.nl", False),
        # the mode is known, the policy is not
        ("_dmarc.a.be TXT v=DMARC1; p=none; np=reject; aspf=s\nx.a.be TXT !TIMEOUT", "x.a.be", "a.be", False),
        ("_dmarc.a.be TXT v=DMARC1; p=none; np=reject\nx.a.be TXT !TIMEOUT", "x.a.be", "a.be", True),
        # no policy at all: relaxed
        ("", "a.be", "a.be", True),
        ("", "a.be", "b.be", False),
    ],
)
async def test_alignment_is_said_as_far_as_the_record_is_known(
    records: str, from_domain: str, envelope: str, expected: bool | None
) -> None:
    facts = await gather(from_domain, zone(records), envelope_domain=envelope)
    asked = {"spf_passes": True, "envelope_domain": envelope, "dkim_aligned": False}
    mail = for_our_mail(facts, from_domain=from_domain, **asked)  # type: ignore[arg-type]
    assert (mail.spf_aligned, mail.passes) == (expected, expected)


# Reports


class Failing:
    async def lookup(self, name: str, type: RecordType) -> Result:
        raise AssertionError(f"asked {name}")


async def test_hosts_are_asked_once_each_and_five_at_most() -> None:
    inside = parse(
        "v=DMARC1; p=none; rua=mailto:d@a.be,mailto:d@x.a.be.,https://a.be/d,https://x.a.be.:8080/d"
    )
    assert inside
    nothing: Resolver = Failing()
    assert await ask_targets("a.be", "a.be", inside, nothing) == ()
    uris = ",".join(f"mailto:{user}@r{n}.example" for n in range(7) for user in "ab")
    outside = parse(f"v=DMARC1; p=none; rua={uris}; ruf=mailto:c@R0.EXAMPLE")
    assert outside
    targets = await ask_targets("a.be", "a.be", outside, zone(""))
    assert [(t.address, t.host) for t in targets] == [
        (f"mailto:a@r{n}.example", f"r{n}.example") for n in range(5)
    ]
    assert [t.result.name for t in targets] == [f"a.be._report._dmarc.r{n}.example" for n in range(5)]


async def test_a_host_that_no_query_can_carry_is_absent_without_one() -> None:
    host = ".".join(["x" * 60] * 4)
    record = parse(f"v=DMARC1; p=none; rua=mailto:d@{host}")
    assert record
    (target,) = await ask_targets("a.be", "a.be", record, Failing())
    assert (target.host, target.authorised) == (host, False)

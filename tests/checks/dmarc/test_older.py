"""Where a receiver of RFC 7489 decides otherwise than one of RFC 9989, and where it must not be said to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.company import DmarcState
from checks.dmarc import for_our_mail, gather, older
from checks.dmarc.older import older_organization, older_policy
from checks.model import Finding, Severity
from tests.checks.dmarc.test_discover import Counting
from tests.support.zone import zone

SUB = "sub.a.be A 192.0.2.1\n"
ABSENT, NONE, QUARANTINE, REJECT = (
    DmarcState.ABSENT,
    DmarcState.NONE,
    DmarcState.QUARANTINE,
    DmarcState.REJECT,
)
INVALID, UNKNOWN = DmarcState.INVALID, DmarcState.UNKNOWN


@pytest.mark.parametrize(
    ("records", "from_domain", "today", "then", "percent"),
    [
        ("_dmarc.a.be TXT v=DMARC1; p=reject", "a.be", REJECT, REJECT, 100),
        ("a.be A 192.0.2.1", "a.be", ABSENT, ABSENT, 100),
        # tags that only one of them knows
        ("_dmarc.a.be TXT v=DMARC1; p=reject; t=y", "a.be", QUARANTINE, REJECT, 100),
        ("_dmarc.a.be TXT v=DMARC1; p=reject; pct=20", "a.be", REJECT, REJECT, 20),
        ("_dmarc.a.be TXT v=DMARC1; p=reject; pct=", "a.be", REJECT, REJECT, 100),
        ("_dmarc.a.be TXT v=DMARC1; p=reject; pct=101", "a.be", REJECT, REJECT, 100),
        ("_dmarc.a.be TXT v=DMARC1; p=none; np=reject", "gone.a.be", REJECT, NONE, 100),
        ("_dmarc.a.be TXT v=DMARC1; p=reject; np=bogus", "a.be", INVALID, REJECT, 100),
        ("_dmarc.a.be TXT v=DMARC1; p=reject; sp=bogus", "a.be", INVALID, INVALID, 100),
        ("_dmarc.a.be TXT v=DMARC1; p=bogus; rua=mailto:d@a.be", "a.be", NONE, NONE, 100),
        # sp of the registered domain
        (SUB + "_dmarc.a.be TXT v=DMARC1; p=reject; sp=none", "sub.a.be", NONE, NONE, 100),
        # several records: discarded today, and the walk goes on; then, DMARC did not apply
        (
            SUB + "_dmarc.sub.a.be TXT v=DMARC1; p=none\n_dmarc.sub.a.be TXT v=DMARC1; p=reject\n"
            "_dmarc.a.be TXT v=DMARC1; p=reject",
            "sub.a.be",
            REJECT,
            INVALID,
            100,
        ),
        # who is the organisation: only names between From and the registered domain have a record
        ("_dmarc.b.a.be TXT v=DMARC1; p=reject", "x.b.a.be", REJECT, ABSENT, 100),
        # psd=n ends the walk; the old standard asks the registered domain all the same
        ("_dmarc.b.a.be TXT v=DMARC1; p=reject; psd=n\n_dmarc.a.be TXT v=DMARC1; p=none", "x.b.a.be",
         REJECT, NONE, 100),
        # a public suffix's record is nobody's by the old standard
        ("_dmarc.gov.uk TXT v=DMARC1; p=none; sp=reject; psd=y\na.gov.uk A 192.0.2.1", "a.gov.uk", REJECT, ABSENT, 100),
        # a domain that the list takes for a suffix is an organisation of its own by the walk
        ("_dmarc.github.io TXT v=DMARC1; p=reject\nacme.github.io A 192.0.2.1", "acme.github.io", REJECT, ABSENT, 100),
        ("_dmarc.a.be TXT !SERVFAIL", "a.be", UNKNOWN, UNKNOWN, 100),
        (SUB + "_dmarc.a.be TXT !SERVFAIL", "sub.a.be", UNKNOWN, UNKNOWN, 100),
        ("_dmarc.be TXT !TIMEOUT\na.be A 192.0.2.1", "a.be", UNKNOWN, ABSENT, 100),
    ],
)  # fmt: skip
async def test_the_policy_by_both_standards(
    records: str, from_domain: str, today: DmarcState, then: DmarcState, percent: int
) -> None:
    facts = await gather(from_domain, zone(records))
    found = older_policy(facts)
    assert (facts.state, found.policy, found.percent) == (today, then, percent)


async def test_one_more_look_up_only_where_the_walk_ends_too_early() -> None:
    resolver = Counting(zone("_dmarc.b.a.be TXT v=DMARC1; p=reject; psd=n"))
    await gather("x.b.a.be", resolver)
    assert resolver.asked == ["_dmarc.x.b.a.be", "_dmarc.b.a.be", "_dmarc.a.be"]
    resolver = Counting(zone("_dmarc.x.b.a.be TXT v=DMARC1; p=reject; psd=n"))
    await gather("x.b.a.be", resolver)
    assert resolver.asked == ["_dmarc.x.b.a.be"]


def test_the_organisation_by_the_list() -> None:
    assert older_organization("a.b.example.co.uk") == "example.co.uk"
    assert older_organization("co.uk") == "co.uk"
    assert older_organization("acme.github.io") == "acme.github.io"


async def told(
    records: str, from_domain: str, *, envelope: str, spf: bool | None = True, dkim: bool = False
) -> tuple[Finding, ...]:
    facts = await gather(from_domain, zone(records), envelope_domain=envelope)
    today = for_our_mail(
        facts, from_domain=from_domain, spf_passes=spf, envelope_domain=envelope, dkim_aligned=dkim
    )
    then = older.for_our_mail(facts, spf_passes=spf, envelope_domain=envelope, dkim_aligned=dkim)
    return older.judge(facts, today, then)


@pytest.mark.parametrize(
    ("records", "from_domain", "envelope", "spf", "severity", "evidence"),
    [
        (
            # by the walk sub.a.be is an organisation of its own, so the envelope at a.be is not aligned
            "_dmarc.sub.a.be TXT v=DMARC1; p=reject",
            "sub.a.be",
            "a.be",
            True,
            Severity.WARNING,
            (
                "by RFC 9989: policy reject by the record of sub.a.be, organisational domain sub.a.be;"
                " our mail is turned away",
                "by RFC 7489: policy reject by the record of sub.a.be, organisational domain a.be;"
                " our mail is not turned away",
            ),
        ),
        (
            "_dmarc.a.be TXT v=DMARC1; p=quarantine; t=y",
            "a.be",
            "a.be",
            False,
            Severity.WARNING,
            (
                "by RFC 9989: policy none by the record of a.be, organisational domain a.be;"
                " our mail is not turned away",
                "by RFC 7489: policy quarantine by the record of a.be, organisational domain a.be;"
                " our mail is turned away",
            ),
        ),
        (
            "_dmarc.a.be TXT v=DMARC1; p=quarantine; pct=0",
            "a.be",
            "a.be",
            False,
            Severity.WARNING,
            (
                "by RFC 9989: policy quarantine by the record of a.be, organisational domain a.be;"
                " our mail is turned away",
                "by RFC 7489: policy quarantine by the record of a.be, organisational domain a.be"
                " for 0 of 100 messages that fail; our mail is not turned away",
            ),
        ),
        (
            "_dmarc.a.be TXT v=DMARC1; p=reject; t=y",
            "a.be",
            "a.be",
            None,
            Severity.NOTE,
            (
                "by RFC 9989: policy quarantine by the record of a.be, organisational domain a.be",
                "by RFC 7489: policy reject by the record of a.be, organisational domain a.be",
            ),
        ),
    ],
)
async def test_both_outcomes_are_said(
    records: str,
    from_domain: str,
    envelope: str,
    spf: bool | None,
    severity: Severity,
    evidence: tuple[str, str],
) -> None:
    (finding,) = await told(records, from_domain, envelope=envelope, spf=spf)
    assert (finding.rule, finding.severity) == ("DMARC_OLDER_RECEIVERS_DIFFER", severity)
    assert finding.matters is (severity is Severity.WARNING)
    assert [(e.expected, e.found) for e in finding.evidence] == [evidence]


@pytest.mark.parametrize(
    ("records", "from_domain"),
    [
        ("_dmarc.a.be TXT v=DMARC1; p=reject", "a.be"),
        ("_dmarc.a.be TXT v=DMARC1; p=reject; pct=100", "a.be"),
        ("_dmarc.a.be TXT v=DMARC1; p=none; pct=5", "a.be"),
        ("_dmarc.a.be TXT v=DMARC1; p=none\n_dmarc.a.be TXT v=DMARC1; p=none", "a.be"),
        ("_dmarc.be TXT v=DMARC1; p=none; psd=y", "a.be"),
        ("_dmarc.a.be TXT !SERVFAIL", "a.be"),
        ("", "sub.a.be"),
    ],
)
async def test_what_comes_to_the_same_is_not_said(records: str, from_domain: str) -> None:
    assert await told(records, from_domain, envelope=from_domain) == ()
    assert older.judge(await gather(from_domain, zone(records))) == ()


@given(st.sampled_from(("none", "quarantine", "reject")), st.booleans(), st.booleans())
async def test_a_plain_record_at_the_registered_domain_means_the_same_to_both(
    policy: str, spf: bool, dkim: bool
) -> None:
    records = f"_dmarc.a.be TXT v=DMARC1; p={policy}\na.be A 192.0.2.1"
    assert await told(records, "a.be", envelope="bounce.a.be", spf=spf, dkim=dkim) == ()

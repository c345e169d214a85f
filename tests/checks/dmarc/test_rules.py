"""What is said about a policy, with its evidence, and what it does to our mail."""

import pytest

from checks.company import DmarcState
from checks.dmarc import RULES, OurMail, for_our_mail, gather, judge
from checks.model import Evidence, Severity, Topic
from tests.support.zone import zone

NAME = "_dmarc.a.be"


async def said(records: str, domain: str = "a.be") -> dict[str, tuple[str, tuple[Evidence, ...]]]:
    findings = judge(await gather(domain, zone(records)))
    return {finding.rule: (finding.about, finding.evidence) for finding in findings}


def one(about: str, expected: str, found: str) -> tuple[str, tuple[Evidence, ...]]:
    return about, (Evidence(expected, found),)


async def test_a_sound_policy_needs_no_words() -> None:
    assert await said(f"{NAME} TXT v=DMARC1; p=reject; rua=mailto:d@a.be") == {}
    assert await said(f"{NAME} TXT v=DMARC1; p=reject; pct=100", "sub.a.be") == {}


async def test_no_policy() -> None:
    expected = one("a.be", "v=DMARC1; p=…", "no policy record at _dmarc.a.be or above")
    assert await said("a.be A 192.0.2.1") == {"DMARC_ABSENT": expected}


async def test_several_records_are_all_shown() -> None:
    first, second = "v=DMARC1; p=reject", "v=DMARC1; p=none"
    findings = await said(f"{NAME} TXT {first}\n{NAME} TXT {second}")
    evidence = (Evidence("one record", first), Evidence("one record", second))
    assert findings == {"DMARC_SEVERAL_RECORDS": (NAME, evidence)}


async def test_several_records_of_a_top_level_domain_are_nobodys_to_mend() -> None:
    assert set(await said("_dmarc.be TXT v=DMARC1\n_dmarc.be TXT v=DMARC1")) == {"DMARC_ABSENT"}


async def test_a_near_miss_is_shown_beside_the_absence() -> None:
    findings = await said(f"{NAME} TXT v=DMARC1 p=reject")
    assert set(findings) == {"DMARC_NEAR_MISS", "DMARC_ABSENT"}
    expected = "a text that begins with exactly v=DMARC1;"
    assert findings["DMARC_NEAR_MISS"] == one(NAME, expected, "v=DMARC1 p=reject")


async def test_a_broken_policy_without_reports_is_no_policy() -> None:
    findings = await said(f"{NAME} TXT v=DMARC1; p=rejet")
    assert set(findings) == {"DMARC_RECORD_INVALID", "DMARC_TAG_BROKEN"}
    wanted = "p=none, p=quarantine or p=reject; the same for sp and np where they stand"
    assert findings["DMARC_RECORD_INVALID"] == one(NAME, wanted, "v=DMARC1; p=rejet")
    assert findings["DMARC_TAG_BROKEN"] == one(NAME, "p=none, p=quarantine or p=reject", "p=rejet")


async def test_a_broken_policy_with_reports_counts_as_none() -> None:
    text = "v=DMARC1; sp=none; rua=mailto:d@a.be"
    about, evidence = (await said(f"{NAME} TXT {text}"))["DMARC_POLICY_COUNTS_AS_NONE"]
    assert (about, evidence[0].found) == (NAME, text)


async def test_broken_and_unknown_tags_are_named() -> None:
    findings = await said(f"{NAME} TXT v=DMARC1; p=none; fo:1; colour=red")
    assert findings == {
        "DMARC_TAG_BROKEN": one(NAME, "name=value, in printable ASCII", "fo:1"),
        "DMARC_TAG_UNKNOWN": one(NAME, "a tag of RFC 9989", "colour="),
    }


async def test_test_mode() -> None:
    text = "v=DMARC1; p=reject; t=y"
    assert await said(f"{NAME} TXT {text}") == {"DMARC_TEST_MODE": one(NAME, "t=n, or no t", text)}


@pytest.mark.parametrize(
    ("records", "domain", "name", "reason"),
    [
        (f"{NAME} TXT !SERVFAIL", "a.be", NAME, "servfail from zone"),
        ("_dmarc.be TXT !TIMEOUT", "a.be", "_dmarc.be", "timeout from zone"),
        (f"sub.a.be TXT !TIMEOUT\n{NAME} TXT v=DMARC1; p=none; np=reject", "sub.a.be", "sub.a.be", "timeout from zone"),
    ],
)  # fmt: skip
async def test_a_failed_look_up_that_could_decide(records: str, domain: str, name: str, reason: str) -> None:
    findings = await said(records, domain)
    assert findings == {"DMARC_LOOKUP_FAILED": one(name, "an answer", reason)}


async def test_a_failed_look_up_that_decides_nothing_is_not_mentioned() -> None:
    assert await said(f"{NAME} TXT v=DMARC1; p=none\n_dmarc.be TXT !TIMEOUT") == {}


def test_every_rule_is_complete() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.code.startswith("DMARC_")
        assert rule.topic is Topic.DMARC
        assert all((rule.title, rule.meaning, rule.fix)), rule.code
        assert rule.source.startswith("RFC 9989"), rule.code


def test_severities() -> None:
    severity = {rule.code: rule.severity for rule in RULES}
    assert severity.pop("DMARC_TURNS_OUR_MAIL_AWAY") is Severity.FAILURE
    assert severity.pop("DMARC_RESTS_ON_SPF_ALONE") is Severity.WARNING
    assert severity.pop("DMARC_LOOKUP_FAILED") is Severity.UNKNOWN
    assert set(severity.values()) == {Severity.NOTE}


REJECT = f"{NAME} TXT v=DMARC1; p=reject"
STRICT = f"{NAME} TXT v=DMARC1; p=reject; aspf=s"


async def ours(
    records: str, *, spf: bool | None = True, envelope: str | None = "a.be", dkim: bool = False
) -> OurMail:
    facts = await gather("a.be", zone(records), envelope_domain=envelope)
    return for_our_mail(
        facts, from_domain="a.be", spf_passes=spf, envelope_domain=envelope, dkim_aligned=dkim
    )


@pytest.mark.parametrize(
    ("records", "spf", "envelope", "dkim", "turned_away", "spf_alone"),
    [
        (REJECT, True, "a.be", False, False, True),
        (REJECT, True, "a.be", True, False, False),
        (REJECT, False, "a.be", True, False, False),
        (REJECT, False, "a.be", False, True, False),
        (REJECT, None, "a.be", False, None, False),
        (REJECT, None, "a.be", True, False, False),
        (REJECT, True, "bounce.a.be", False, False, True),
        (STRICT, True, "bounce.a.be", False, True, False),
        (STRICT, True, "a.be", False, False, True),
        (REJECT, True, "platform.example", False, True, False),
        (REJECT, None, "platform.example", False, True, False),
        (REJECT, True, None, False, True, False),
        (REJECT, True, "platform.example", True, False, False),
        (REJECT.replace("reject", "quarantine"), True, "platform.example", False, True, False),
        (REJECT.replace("reject", "quarantine"), True, "a.be", False, False, False),
        (REJECT.replace("reject", "none"), False, "a.be", False, False, False),
        (REJECT + "; t=y", True, "a.be", False, False, False),
        (REJECT + "; t=y", False, "a.be", False, True, False),
        ("", False, "a.be", False, False, False),
        (f"{NAME} TXT v=DMARC1", False, "a.be", False, False, False),
        (f"{NAME} TXT !SERVFAIL", True, "a.be", False, False, False),
        (f"{NAME} TXT !SERVFAIL", False, "a.be", False, None, False),
        (f"{NAME} TXT !SERVFAIL", True, "bounce.a.be", False, None, False),
        (f"{NAME} TXT !SERVFAIL", True, "platform.example", False, None, False),
        (REJECT + "\n_dmarc.bounce.a.be TXT !TIMEOUT", True, "bounce.a.be", False, None, False),
    ],
)
async def test_what_happens_to_our_mail(
    records: str,
    spf: bool | None,
    envelope: str | None,
    dkim: bool,
    turned_away: bool | None,
    spf_alone: bool,
) -> None:
    mail = await ours(records, spf=spf, envelope=envelope, dkim=dkim)
    assert mail.turned_away is turned_away
    assert mail.rests_on_spf_alone is spf_alone


async def test_a_failed_look_up_of_the_policy_does_not_undo_a_pass() -> None:
    mail = await ours(f"{NAME} TXT !SERVFAIL")
    assert (mail.policy, mail.spf_aligned, mail.passes) == (DmarcState.UNKNOWN, True, True)


async def test_the_platforms_envelope_is_not_aligned_whatever_spf_says() -> None:
    mail = await ours(REJECT, envelope="platform.example")
    assert (mail.spf_aligned, mail.passes) == (False, False)


async def test_facts_judge_the_domain_they_were_gathered_for_and_no_other() -> None:
    facts = await gather("a.be", zone(REJECT))
    with pytest.raises(ValueError, match="gather them for it"):
        for_our_mail(facts, from_domain="b.be", spf_passes=True, envelope_domain="b.be", dkim_aligned=False)

"""What can be said about a domain's DMARC."""

from __future__ import annotations

from collections.abc import Iterator

from checks.company import DmarcState
from checks.dmarc import reports
from checks.dmarc.discover import Applied, DmarcFacts
from checks.lookup import LookupFailed
from checks.model import Evidence, Finding, Rule, Severity, Topic


def judge(facts: DmarcFacts) -> tuple[Finding, ...]:
    """What is to be said about the published policy itself, the nearest name first."""
    found = facts.applied
    findings = [*_about_the_names(facts)]
    if found:
        findings += [*_about_the_record(found), *reports.judge(found.domain, facts.report_targets)]
    if facts.state is DmarcState.UNKNOWN:
        findings += [_finding(LOOKUP_FAILED, *_failed(failed)) for failed in _failures(facts)]
    if facts.state is DmarcState.ABSENT:
        asked = f"_dmarc.{facts.from_domain}"
        findings.append(
            _finding(ABSENT, facts.from_domain, "v=DMARC1; p=…", f"no policy record at {asked} or above")
        )
    return tuple(findings)


def _about_the_names(facts: DmarcFacts) -> Iterator[Finding]:
    """Several records, and texts that are nearly one; a top-level domain's are nobody's here to mend."""
    for step in facts.walk.steps:
        name = f"_dmarc.{step.domain}"
        if "." not in step.domain:
            continue
        if len(step.records) > 1:
            found = tuple(Evidence("one record", record.text) for record in step.records)
            yield Finding(SEVERAL_RECORDS.code, SEVERAL_RECORDS.severity, name, found)
        for text in step.near_misses:
            yield _finding(NEAR_MISS, name, "a text that begins with exactly v=DMARC1;", text)


def _about_the_record(found: Applied) -> Iterator[Finding]:
    name = f"_dmarc.{found.domain}"
    record = found.record
    if record.policy_broken:
        rule = POLICY_COUNTS_AS_NONE if record.rua else RECORD_INVALID
        expected = "p=none, p=quarantine or p=reject; the same for sp and np where they stand"
        yield _finding(rule, name, expected, record.text)
    if record.broken:
        found_tags = tuple(Evidence(tag.expected, tag.text) for tag in record.broken)
        yield Finding(TAG_BROKEN.code, TAG_BROKEN.severity, name, found_tags)
    if record.unknown:
        found_tags = tuple(Evidence("a tag of RFC 9989", f"{tag}=") for tag in record.unknown)
        yield Finding(TAG_UNKNOWN.code, TAG_UNKNOWN.severity, name, found_tags)
    if record.test:
        yield _finding(TEST_MODE, name, "t=n, or no t", record.text)


def _failures(facts: DmarcFacts) -> tuple[LookupFailed, ...]:
    existence = (facts.existence,) if isinstance(facts.existence, LookupFailed) else ()
    return facts.walk.failures or existence


def _failed(failed: LookupFailed) -> tuple[str, str, str]:
    return (
        failed.name,
        "an answer",
        f"{failed.reason.value}{f' from {failed.server}' if failed.server else ''}",
    )


def _finding(rule: Rule, about: str, expected: str, found: str) -> Finding:
    return Finding(rule.code, rule.severity, about, (Evidence(expected, found),))


ABSENT = Rule(
    code="DMARC_ABSENT",
    topic=Topic.DMARC,
    severity=Severity.NOTE,
    title="{about} has no DMARC policy.",
    meaning=(
        "Nobody tells receivers what to do with mail that only pretends to come from this domain. Mail is"
        " still judged: large receivers want SPF or DKIM to pass, and want a DMARC policy from those who"
        " send much."
    ),
    fix=(
        "Publish a TXT record at _dmarc of the domain, at first v=DMARC1; p=none with a rua address for"
        " reports."
    ),
    source="RFC 9989 4.10.1 and 5.1.4",
)
SEVERAL_RECORDS = Rule(
    code="DMARC_SEVERAL_RECORDS",
    topic=Topic.DMARC,
    severity=Severity.NOTE,
    title="{about} has more than one DMARC record, so receivers use none of them.",
    meaning=(
        "All are discarded, and the policy of a domain above is looked for. The domain is not protected"
        " as meant."
    ),
    fix="Keep the one record that is meant and delete the others.",
    source="RFC 9989 4.10, steps 2 and 6",
)
NEAR_MISS = Rule(
    code="DMARC_NEAR_MISS",
    topic=Topic.DMARC,
    severity=Severity.NOTE,
    title="{about} has a text that was meant as a DMARC record and is none.",
    meaning=(
        "A DMARC record begins with exactly v=DMARC1 in capitals, followed by a semicolon. Whatever else"
        " stands there is ignored."
    ),
    fix=(
        "Correct the start of the record: no blank, quote or other tag before v=DMARC1; and a semicolon"
        " after it."
    ),
    source="RFC 9989 4.7 (v) and 4.8",
)
RECORD_INVALID = Rule(
    code="DMARC_RECORD_INVALID",
    topic=Topic.DMARC,
    severity=Severity.NOTE,
    title="The DMARC record at {about} has no usable policy, so DMARC does not apply.",
    meaning=(
        "The p= is missing or is none of the three possible words, or sp= or np= is not, and there is no"
        " valid rua address beside it. Receivers then treat the domain as if it had no DMARC at all."
    ),
    fix="Correct p= (and sp= and np= where they stand) to none, quarantine or reject.",
    source="RFC 9989 4.10.1",
)
POLICY_COUNTS_AS_NONE = Rule(
    code="DMARC_POLICY_COUNTS_AS_NONE",
    topic=Topic.DMARC,
    severity=Severity.NOTE,
    title="The DMARC record at {about} has a broken policy and counts as p=none.",
    meaning=(
        "The p= is missing or is none of the three possible words, or sp= or np= is not. As reports are"
        " asked for with a valid rua address, receivers act as if the policy were p=none."
    ),
    fix="Correct p= (and sp= and np= where they stand) to none, quarantine or reject.",
    source="RFC 9989 4.10.1",
)
TAG_BROKEN = Rule(
    code="DMARC_TAG_BROKEN",
    topic=Topic.DMARC,
    severity=Severity.NOTE,
    title="The DMARC record at {about} has a part that receivers cannot read.",
    meaning=(
        "That part is ignored, and what it stands for has its default value; the rest of the record counts."
    ),
    fix="Correct the part shown, or take it out.",
    source="RFC 9989 4.8",
)
TAG_UNKNOWN = Rule(
    code="DMARC_TAG_UNKNOWN",
    topic=Topic.DMARC,
    severity=Severity.NOTE,
    title="The DMARC record at {about} has a tag that DMARC does not know.",
    meaning="Receivers ignore it. Often it is a known tag, misspelt, which then does not work.",
    fix="Check how the tag is spelt, or take it out.",
    source="RFC 9989 4.7",
)
TEST_MODE = Rule(
    code="DMARC_TEST_MODE",
    topic=Topic.DMARC,
    severity=Severity.NOTE,
    title="The DMARC policy at {about} is in test mode and counts one level lower.",
    meaning=(
        "With t=y receivers treat reject as quarantine, and quarantine as none. Some receivers do not"
        " know t yet."
    ),
    fix="When the test is over, take t=y out; until then, make sure that all mail passes.",
    source="RFC 9989 4.7 (t)",
)
LOOKUP_FAILED = Rule(
    code="DMARC_LOOKUP_FAILED",
    topic=Topic.DMARC,
    severity=Severity.UNKNOWN,
    title="Whether a DMARC policy applies is unknown: {about} could not be looked up.",
    meaning=(
        "A failed look-up says neither that there is a policy nor that there is none. Some receivers"
        " defer such mail."
    ),
    fix="Check again later. If it lasts, the administrator of the domain's name servers has to mend them.",
    source="RFC 9989 4.10.1 and 5.3.6",
)
TURNS_OUR_MAIL_AWAY = Rule(
    code="DMARC_TURNS_OUR_MAIL_AWAY",
    topic=Topic.DMARC,
    severity=Severity.FAILURE,
    title="The DMARC policy of {about} asks receivers to turn our mail away.",
    meaning=(
        "Neither SPF nor a DKIM signature vouches for our mail in the name of this domain, and the policy"
        " asks receivers to refuse such mail (reject) or to put it into the spam folder (quarantine)."
    ),
    fix=(
        "Make our mail pass: the platform's include in the SPF record that receivers ask, or a DKIM"
        " signature of the company's own domain. Where SPF is asked of a domain that is not aligned, only the"
        " signature helps, or aspf=r where aspf=s is the reason. Loosening the policy is the last resort."
    ),
    source="RFC 9989 4.4 and 5.3.5",
)
RESTS_ON_SPF_ALONE = Rule(
    code="DMARC_RESTS_ON_SPF_ALONE",
    topic=Topic.DMARC,
    severity=Severity.WARNING,
    title="{about} asks receivers to reject mail, and ours passes by SPF alone.",
    meaning=(
        "Delivered directly, our mail passes. When a recipient's mail is forwarded, SPF fails, and"
        " without a DKIM signature of this domain the forwarded mail is refused."
    ),
    fix="Let the platform sign with DKIM for this domain, or lower the policy to p=quarantine until it does.",
    source="RFC 9989 7.4",
)

RULES: tuple[Rule, ...] = (
    TURNS_OUR_MAIL_AWAY,
    RESTS_ON_SPF_ALONE,
    LOOKUP_FAILED,
    SEVERAL_RECORDS,
    RECORD_INVALID,
    POLICY_COUNTS_AS_NONE,
    NEAR_MISS,
    TAG_BROKEN,
    TAG_UNKNOWN,
    TEST_MODE,
    ABSENT,
)

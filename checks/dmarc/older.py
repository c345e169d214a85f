"""What a receiver of RFC 7489 (2015) decides from the same facts.

Many receivers have not moved to RFC 9989 (2026) yet. The old standard asks only the From domain and the domain
registered above it, by the public suffix list; it has `pct`, and neither `np` nor `psd` nor `t`.
"""

from __future__ import annotations

from dataclasses import dataclass

from checks.company import DmarcState
from checks.dmarc.discover import DmarcFacts, Step
from checks.dmarc.ours import OurMail, vouched
from checks.dmarc.record import Alignment, DmarcRecord, Policy
from checks.domain_name import is_below
from checks.lookup import LookupFailed
from checks.model import Evidence, Finding, Rule, Severity, Topic
from checks.public_suffixes import registrable

_LETS_PASS = (DmarcState.ABSENT, DmarcState.NONE, DmarcState.INVALID)


@dataclass(frozen=True, slots=True)
class OlderPolicy:
    """The policy that applies to From by RFC 7489.

    `organization`: From's organisational domain by the public suffix list. `domain`: whose record it is, empty
    without one. `percent`: so many of 100 failing messages get the policy, the others the next milder one.
    """

    organization: str
    policy: DmarcState
    domain: str = ""
    percent: int = 100
    aspf: Alignment = Alignment.RELAXED

    @property
    def strictest(self) -> DmarcState:
        """What the unluckiest of our messages gets."""
        return _MILDER.get(self.policy, self.policy) if self.percent == 0 else self.policy


def older_organization(domain: str) -> str:
    """The organisational domain by the public suffix list (RFC 7489 3.2)."""
    return registrable(domain) or domain


def older_policy(facts: DmarcFacts) -> OlderPolicy:
    """Policy discovery of RFC 7489 6.6.3: From, and where it has no record at all, the registered domain."""
    organization = older_organization(facts.from_domain)
    step = _asked(facts, organization)
    if step is None or isinstance(step.result, LookupFailed):
        return OlderPolicy(organization, DmarcState.UNKNOWN)
    if not step.record:
        return OlderPolicy(organization, DmarcState.INVALID if step.records else DmarcState.ABSENT)
    record = step.record
    policy = _policy(record, below=is_below(facts.from_domain, step.domain))
    return OlderPolicy(organization, policy, step.domain, record.pct, record.aspf)


def for_our_mail(
    facts: DmarcFacts, *, spf_passes: bool | None, envelope_domain: str | None, dkim_aligned: bool
) -> OurMail:
    """What RFC 7489 makes of our mail; the arguments are those of `checks.dmarc.for_our_mail`."""
    older = older_policy(facts)
    aligned = envelope_domain is not None and _aligned(facts.from_domain, envelope_domain, older.aspf)
    return vouched(older.strictest, spf_passes=spf_passes, spf_aligned=aligned, dkim_aligned=dkim_aligned)


def judge(
    facts: DmarcFacts, today: OurMail | None = None, older: OurMail | None = None
) -> tuple[Finding, ...]:
    """Whether the two standards part here. `today`, `older`: what each makes of our mail, where it is theirs
    to judge (both or neither)."""
    now, then = facts.state, older_policy(facts)
    if DmarcState.UNKNOWN in (now, then.policy):
        return ()
    outcomes = today is not None and older is not None and {today.turned_away, older.turned_away}
    parted = outcomes == {True, False}
    if not parted and _same_policy(now, then):
        return ()
    return (
        Finding(
            OLDER_RECEIVERS_DIFFER.code,
            Severity.WARNING if parted else OLDER_RECEIVERS_DIFFER.severity,
            facts.from_domain,
            (Evidence(_said_today(facts, now, today), _said_then(then, older)),),
            matters=parted,
        ),
    )


def _same_policy(now: DmarcState, then: OlderPolicy) -> bool:
    """Whether mail that fails is treated alike. None, absent and invalid ask for nothing, whoever says so."""
    if now in _LETS_PASS or then.strictest in _LETS_PASS:
        return now in _LETS_PASS and then.strictest in _LETS_PASS
    return now is then.policy and then.percent == 100


def _said_today(facts: DmarcFacts, policy: DmarcState, mail: OurMail | None) -> str:
    found = facts.applied
    organization = facts.walk.organization or "not known"
    return f"by RFC 9989: {_said(policy, found.domain if found else '', organization)}{_fate(mail)}"


def _said_then(then: OlderPolicy, mail: OurMail | None) -> str:
    sampled = f" for {then.percent} of 100 messages that fail" if then.percent < 100 else ""
    return f"by RFC 7489: {_said(then.policy, then.domain, then.organization)}{sampled}{_fate(mail)}"


def _said(policy: DmarcState, domain: str, organization: str) -> str:
    source = f" by the record of {domain}" if domain else ""
    return f"policy {policy}{source}, organisational domain {organization}"


def _fate(mail: OurMail | None) -> str:
    if mail is None or mail.turned_away is None:
        return ""
    return "; our mail is turned away" if mail.turned_away else "; our mail is not turned away"


def _asked(facts: DmarcFacts, organization: str) -> Step | None:
    own = facts.walk.steps[0]
    if own.records or isinstance(own.result, LookupFailed) or organization == facts.from_domain:
        return own
    return facts.walk.at(organization) or facts.beyond


def _policy(record: DmarcRecord, *, below: bool) -> DmarcState:
    if {"p", "sp"} & {*record.broken_policies}:
        return DmarcState.NONE if record.rua else DmarcState.INVALID
    policy = record.sp if below and record.sp else record.p
    return DmarcState(policy) if policy else DmarcState.INVALID


def _aligned(from_domain: str, other: str, mode: Alignment) -> bool:
    if mode is Alignment.STRICT or other == from_domain:
        return other == from_domain
    return older_organization(other) == older_organization(from_domain)


_MILDER = {
    DmarcState(Policy.REJECT): DmarcState(Policy.QUARANTINE),
    DmarcState(Policy.QUARANTINE): DmarcState(Policy.NONE),
}

OLDER_RECEIVERS_DIFFER = Rule(
    code="DMARC_OLDER_RECEIVERS_DIFFER",
    topic=Topic.DMARC,
    severity=Severity.NOTE,
    title="Receivers that still follow the old DMARC standard decide otherwise about {about}.",
    meaning=(
        "The standard of 2026 (RFC 9989) finds policy and organisation by walking up the DNS; that of 2015 (RFC"
        " 7489) by a list of public suffixes, and it reads pct, but not np, psd and t. Both kinds of receivers"
        " are in use, and here they come to different results."
    ),
    fix=(
        "Publish a DMARC record at the registered domain with the policy that is meant, without pct, t and psd,"
        " and make our mail pass by a domain that is aligned for both."
    ),
    source="RFC 7489 3.2, 6.6.3 and 6.6.4 beside RFC 9989 4.7 and 4.10",
)

RULES: tuple[Rule, ...] = (OLDER_RECEIVERS_DIFFER,)

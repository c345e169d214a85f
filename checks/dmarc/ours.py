"""Whether our mail passes DMARC, and what the policy then does to it (RFC 9989)."""

from __future__ import annotations

from dataclasses import dataclass

from checks.company import DmarcState
from checks.dmarc.discover import DmarcFacts, aligned
from checks.dmarc.record import Alignment


@dataclass(frozen=True, slots=True)
class OurMail:
    """What DMARC makes of mail that we send in a company's name, delivered directly.

    `policy` applies to From. `passes`: SPF or DKIM vouches for an aligned domain; None when a failed look-up
    leaves it open. Without a policy it says what would be if there were one.
    """

    policy: DmarcState
    spf_aligned: bool | None
    passes: bool | None
    rests_on_spf_alone: bool

    @property
    def turned_away(self) -> bool | None:
        """Whether a receiver that follows the policy puts our mail in the spam folder or refuses it."""
        if self.passes or self.policy in (DmarcState.NONE, DmarcState.ABSENT, DmarcState.INVALID):
            return False
        if self.passes is None or self.policy is DmarcState.UNKNOWN:
            return None
        return self.policy in (DmarcState.QUARANTINE, DmarcState.REJECT)


def for_our_mail(
    facts: DmarcFacts,
    *,
    from_domain: str,
    spf_passes: bool | None,
    envelope_domain: str | None,
    dkim_aligned: bool,
) -> OurMail:
    """Judge our mail against the gathered facts (RFC 9989 5.3).

    `spf_passes`: SPF's result for the envelope domain, None if unknown. `envelope_domain`: None if there is
    none. `from_domain` must be the domain that the facts were gathered for (`ValueError` otherwise).
    """
    if from_domain != facts.from_domain:
        raise ValueError(
            f"facts of {facts.from_domain!r} cannot judge mail from {from_domain!r}; gather them for it"
        )
    policy = facts.state
    spf_aligned = _spf_aligned(facts, envelope_domain, policy)
    return vouched(policy, spf_passes=spf_passes, spf_aligned=spf_aligned, dkim_aligned=dkim_aligned)


def why_spf_does_not_vouch(facts: DmarcFacts, mail: OurMail, envelope_domain: str | None) -> str:
    """What SPF is short of where it does not vouch for From: it does not pass, or is asked of a domain that is not
    aligned, and whether it does there makes no difference."""
    if mail.spf_aligned is not False:
        return "SPF does not pass"
    asked = envelope_domain or "the platform's own domain"
    strict = envelope_domain is not None and aligned(facts, envelope_domain, Alignment.RELAXED)
    return f"SPF is asked of {asked}, which is not aligned{' (aspf=s)' if strict else ''}"


def vouched(
    policy: DmarcState, *, spf_passes: bool | None, spf_aligned: bool | None, dkim_aligned: bool
) -> OurMail:
    """The verdict, once it is known what is aligned."""
    by_spf = _both(spf_passes, spf_aligned)
    alone = policy is DmarcState.REJECT and by_spf is True and not dkim_aligned
    return OurMail(policy, spf_aligned, True if dkim_aligned else by_spf, alone)


def _spf_aligned(facts: DmarcFacts, envelope: str | None, policy: DmarcState) -> bool | None:
    if envelope is None:
        return False
    found = facts.applied
    relaxed = aligned(facts, envelope, Alignment.RELAXED)
    if (
        policy is DmarcState.UNKNOWN and found is None
    ):  # the mode is not known either: only what holds in both
        return relaxed if envelope == facts.from_domain or relaxed is False else None
    return aligned(facts, envelope, found.record.aspf) if found else relaxed


def _both(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return True if one and other else None

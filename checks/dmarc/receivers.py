"""What becomes of our mail, delivered directly: at a receiver that follows RFC 9989, and by the rules that Gmail,
Yahoo and Microsoft have published for their consumers' mailboxes.

Nobody but the receiver decides in the end: content, complaints and reputation are not looked at here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from checks.company import DmarcState
from checks.dmarc import receiver_rules as said
from checks.dmarc.ours import OurMail
from checks.dmarc.rules import TURNS_OUR_MAIL_AWAY
from checks.model import Evidence, Finding, Rule

_NO_POLICY = (DmarcState.ABSENT, DmarcState.INVALID)
_GMAIL_DOMAINS = ("gmail.com", "googlemail.com")


class Fate(StrEnum):
    """What becomes of the mail, the best first. AT_RISK: into the spam folder, slowed down or refused at times."""

    ACCEPTED = "accepted"
    AT_RISK = "at risk"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Why(StrEnum):
    """What decided, at a receiver that follows RFC 9989. `WHY` has the words."""

    PASSES_BY_SPF = "passes by SPF"
    PASSES_BY_DKIM = "passes by DKIM"
    PASSES_BY_BOTH = "passes by both"
    NO_POLICY = "no policy"
    POLICY_NONE = "policy none"
    POLICY_QUARANTINE = "policy quarantine"
    POLICY_REJECT = "policy reject"
    SPF_REFUSES = "SPF refuses"
    NOT_AUTHENTICATED = "not authenticated"
    SPF_UNKNOWN = "SPF unknown"
    POLICY_UNKNOWN = "policy unknown"


WHY = {
    Why.PASSES_BY_SPF: "SPF passes for an aligned domain. Forwarding undoes that.",
    Why.PASSES_BY_DKIM: "A DKIM signature of an aligned domain passes.",
    Why.PASSES_BY_BOTH: "SPF and a DKIM signature both pass for an aligned domain.",
    Why.NO_POLICY: "There is no usable DMARC policy, so DMARC does not apply; SPF or DKIM passes.",
    Why.POLICY_NONE: "DMARC does not pass, but the policy is none, which changes nothing.",
    Why.POLICY_QUARANTINE: "DMARC does not pass, and the policy asks for the spam folder.",
    Why.POLICY_REJECT: (
        "DMARC does not pass, and the policy asks to refuse the mail. Most receivers do; one that knows nothing"
        " else about the mail should put it into the spam folder instead (RFC 9989 7.4)."
    ),
    Why.SPF_REFUSES: "SPF ends in fail (-all). Some receivers refuse such mail before they look at DMARC.",
    Why.NOT_AUTHENTICATED: "No DMARC policy is enforced, but neither SPF nor DKIM vouches for the mail.",
    Why.SPF_UNKNOWN: "Whether SPF passes could not be looked up, and it decides.",
    Why.POLICY_UNKNOWN: "The DMARC policy could not be looked up. Receivers accept or defer such mail.",
}


Wanted = tuple[tuple[bool | None, Evidence], ...]
"""What is wanted of a sender: whether it is met, and how it is told where it is not."""


class Receiver(StrEnum):
    """Whose published rules: those for personal accounts, not for companies' mailboxes at the same provider."""

    GMAIL = "Gmail"
    YAHOO = "Yahoo"
    MICROSOFT = "Outlook.com"


_KINDS = tuple((receiver, large) for receiver in Receiver for large in (False, True))


@dataclass(frozen=True, slots=True)
class Authentication:
    """What a receiver sees of our mail, delivered directly from any of our addresses.

    `mail`: DMARC's view. `spf`: passes for the envelope domain, None if unknown; `spf_refuses`: it ends in
    `fail` from at least one address. `dkim`: there is a signature of any domain; `dkim_aligned`: of From's.
    """

    from_domain: str
    mail: OurMail
    spf: bool | None
    spf_refuses: bool
    dkim: bool
    dkim_aligned: bool

    @property
    def authenticated(self) -> bool | None:
        """Whether SPF or DKIM passes, for whatever domain."""
        return True if self.dkim else self.spf


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a receiver that follows RFC 9989 does with the mail."""

    fate: Fate
    why: Why


class Expectation(NamedTuple):
    """What one receiver's published rules say. `large`: for senders of 5,000 messages a day and more.

    `rule`: the code of the rule that decides. `unmet`: what it wants and does not get.
    """

    receiver: Receiver
    large: bool
    fate: Fate
    rule: str
    unmet: tuple[Evidence, ...] = ()


def delivery(seen: Authentication) -> Delivery:
    """RFC 9989 5.3 and 5.4, for mail delivered directly; 7.1 where SPF fails first."""
    mail = seen.mail
    if mail.policy is DmarcState.UNKNOWN:
        return Delivery(Fate.UNKNOWN, Why.POLICY_UNKNOWN)
    if mail.turned_away is None:
        return Delivery(Fate.UNKNOWN, Why.SPF_UNKNOWN)
    if mail.turned_away:
        return _turned_away(mail.policy)
    if seen.spf_refuses:
        return Delivery(Fate.AT_RISK, Why.SPF_REFUSES)
    if mail.passes and mail.policy not in _NO_POLICY:
        return Delivery(Fate.ACCEPTED, _passes_by(seen))
    return _not_enforced(seen)


def expectations(seen: Authentication) -> tuple[Expectation, ...]:
    """Gmail, Yahoo and Outlook.com, each for small and large senders."""
    if seen.mail.turned_away:
        fate, rule = _turned_away(seen.mail.policy).fate, TURNS_OUR_MAIL_AWAY.code
        short = (Evidence(_ALIGNED, f"neither, and the DMARC policy is {seen.mail.policy}"),)
        return tuple(Expectation(receiver, large, fate, rule, short) for receiver, large in _KINDS)
    wanted = tuple(_wanted(seen))
    return tuple(_expectation(receiver, large, seen, wanted if large else ()) for receiver, large in _KINDS)


def judge(seen: Authentication) -> tuple[Finding, ...]:
    """Each rule of a receiver's that our mail does not meet; what the policy itself does is said elsewhere.

    They tell what to expect and never decide the verdict: nobody here knows who sends how much to whom.
    """
    found: dict[str, tuple[Evidence, ...]] = {}
    for expected in expectations(seen):
        if expected.fate in (Fate.AT_RISK, Fate.REFUSED) and expected.rule in _BY_CODE:
            found.setdefault(expected.rule, expected.unmet)
    return tuple(
        Finding(code, _BY_CODE[code].severity, seen.from_domain, unmet, matters=False)
        for code, unmet in found.items()
    )


def _turned_away(policy: DmarcState) -> Delivery:
    if policy is DmarcState.REJECT:
        return Delivery(Fate.REFUSED, Why.POLICY_REJECT)
    return Delivery(Fate.AT_RISK, Why.POLICY_QUARANTINE)


def _passes_by(seen: Authentication) -> Why:
    by_spf = seen.spf and seen.mail.spf_aligned
    if seen.dkim_aligned:
        return Why.PASSES_BY_BOTH if by_spf else Why.PASSES_BY_DKIM
    return Why.PASSES_BY_SPF


def _not_enforced(seen: Authentication) -> Delivery:
    if seen.authenticated is None:
        return Delivery(Fate.UNKNOWN, Why.SPF_UNKNOWN)
    if not seen.authenticated:
        return Delivery(Fate.AT_RISK, Why.NOT_AUTHENTICATED)
    absent = seen.mail.policy in _NO_POLICY
    return Delivery(Fate.ACCEPTED, Why.NO_POLICY if absent else Why.POLICY_NONE)


def _expectation(receiver: Receiver, large: bool, seen: Authentication, wanted: Wanted) -> Expectation:
    """The policy lets the mail pass: what is wanted of everybody, then what is wanted of large senders."""
    mail, basic, more = seen.mail, _OF_EVERYBODY[receiver], _OF_LARGE_SENDERS[receiver]
    if receiver is Receiver.GMAIL and seen.from_domain in _GMAIL_DOMAINS and not mail.passes:
        unmet = (Evidence("From at a domain of the sender's own", seen.from_domain),)
        return Expectation(receiver, large, Fate.AT_RISK, said.GMAIL_NO_GMAIL_FROM.code, unmet)
    if seen.authenticated is False and not (large and receiver is Receiver.MICROSOFT):
        unmet = (Evidence("SPF or DKIM that passes", "neither"),)
        return Expectation(receiver, large, _UNAUTHENTICATED[receiver], basic.code, unmet)
    rule = more if large else basic
    if lacking := tuple(evidence for met, evidence in wanted if met is False):
        return Expectation(receiver, large, _SHORT_OF_MORE[receiver], rule.code, lacking)
    known = mail.turned_away is False and seen.authenticated and all(met for met, _ in wanted)
    return Expectation(receiver, large, Fate.ACCEPTED if known else Fate.UNKNOWN, rule.code)


def _wanted(seen: Authentication) -> Iterator[tuple[bool | None, Evidence]]:
    """What all three want of large senders: whether it is met, and how it is told where it is not."""
    policy = seen.mail.policy
    published = None if policy is DmarcState.UNKNOWN else policy not in _NO_POLICY
    yield seen.spf, Evidence("SPF that passes", "SPF does not pass")
    yield seen.dkim, Evidence("a DKIM signature", "the platform does not sign")
    yield published, Evidence("a DMARC policy, p=none at least", f"DMARC {policy}")
    yield seen.mail.passes, Evidence(_ALIGNED, "neither is aligned")


_ALIGNED = "SPF or DKIM that passes for From's own organisation"
_OF_EVERYBODY = {
    Receiver.GMAIL: said.GMAIL_SPF_OR_DKIM,
    Receiver.YAHOO: said.YAHOO_SPF_OR_DKIM,
    Receiver.MICROSOFT: said.MICROSOFT_RECOMMENDS,
}
_OF_LARGE_SENDERS = {
    Receiver.GMAIL: said.GMAIL_LARGE_SENDERS,
    Receiver.YAHOO: said.YAHOO_LARGE_SENDERS,
    Receiver.MICROSOFT: said.MICROSOFT_LARGE_SENDERS,
}
_UNAUTHENTICATED = {
    Receiver.GMAIL: Fate.REFUSED,
    Receiver.YAHOO: Fate.REFUSED,
    Receiver.MICROSOFT: Fate.AT_RISK,
}
_SHORT_OF_MORE = {
    Receiver.GMAIL: Fate.AT_RISK,
    Receiver.YAHOO: Fate.AT_RISK,
    Receiver.MICROSOFT: Fate.REFUSED,
}


def _by_code(rules: Iterable[Rule]) -> dict[str, Rule]:
    return {rule.code: rule for rule in rules}


_BY_CODE = _by_code(said.RULES)

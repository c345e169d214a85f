"""What can be said about where a domain takes its mail.

The severities are those for an address that must take mail; where only mail in the domain's name is sent, the
diagnosis takes them lower.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.lookup import LookupFailed, Mx
from checks.model import Evidence, Finding, Rule, Severity, Topic
from checks.mx.exchangers import MAX_EXCHANGERS, Exchanger, MxFacts


def judge(facts: MxFacts) -> tuple[Finding, ...]:
    """Everything there is to say, the worst first."""
    findings = (*_about_the_domain(facts), *_about_the_null(facts), *_about_the_exchangers(facts))
    return tuple(sorted(findings, key=lambda finding: -finding.severity))


def _about_the_domain(facts: MxFacts) -> Iterator[Finding]:
    if isinstance(facts.mx, LookupFailed):
        expected = "MX records, or that there are none"
        yield _finding(LOOKUP_FAILED, facts.domain, (expected, _reason(facts.mx)))
    elif not facts.exists:
        yield _finding(DOMAIN_DOES_NOT_EXIST, facts.domain, ("a domain in the DNS", "NXDOMAIN: no such name"))
    elif facts.is_null:
        yield _finding(NULL_MX, facts.domain, ("a mail server", _texts(facts.nulls)))
    elif not facts.records and facts.takes_mail is False:
        expected = "an MX record, or at least an address"
        yield _finding(NO_MX_AND_NO_ADDRESS, facts.domain, (expected, "neither"))
    elif facts.is_implicit and facts.takes_mail:
        found = f"none; its address is {', '.join(facts.exchangers[0].addresses)}"
        yield _finding(IMPLICIT_MX, facts.domain, ("an MX record", found))


def _about_the_null(facts: MxFacts) -> Iterator[Finding]:
    if facts.nulls and not facts.is_null:
        found = _texts(facts.records)
        yield _finding(NULL_MX_BESIDE_OTHERS, facts.domain, ("a dot alone, or no dot", found))
    if len(facts.nulls) > 1:
        yield _finding(SEVERAL_NULL_MX, facts.domain, ("0 . once", _texts(facts.nulls)))
    if any(record.preference for record in facts.nulls):
        yield _finding(NULL_MX_PREFERENCE, facts.domain, ("0 .", _texts(facts.nulls)))


def _about_the_exchangers(facts: MxFacts) -> Iterator[Finding]:
    published = facts.exchangers[:MAX_EXCHANGERS] if facts.records else ()
    dead = tuple(exchanger for exchanger in published if exchanger.alive is False)
    if dead:
        rule = ALL_EXCHANGERS_DEAD if len(dead) == len(facts.exchangers) else SOME_EXCHANGERS_DEAD
        yield _finding(rule, facts.domain, *(("a server with an address", _published(e)) for e in dead))
    for exchanger in published:
        if exchanger.unreachable_addresses:
            found = f"{_published(exchanger)} at {', '.join(exchanger.unreachable_addresses)}"
            yield _finding(EXCHANGER_IS_PRIVATE, facts.domain, ("an address on the Internet", found))
        if exchanger.exchange == facts.domain:
            expected = "a name for the mail server alone"
            yield _finding(EXCHANGER_IS_THE_DOMAIN, facts.domain, (expected, _published(exchanger)))
        if exchanger.is_ip_literal:
            expected = "the name of a server"
            yield _finding(EXCHANGER_IS_IP_LITERAL, facts.domain, (expected, _published(exchanger)))
        if exchanger.aliases:
            found = f"{_published(exchanger)} is an alias of {exchanger.aliases[-1]}"
            yield _finding(EXCHANGER_IS_ALIAS, facts.domain, ("a name with its own address", found))
    if len(facts.exchangers) > MAX_EXCHANGERS:
        expected, found = f"at most {MAX_EXCHANGERS} mail servers", f"{len(facts.exchangers)}"
        yield _finding(TOO_MANY_EXCHANGERS, facts.domain, (expected, found))
    if facts.exists and facts.takes_mail is None:
        failed = (failure for exchanger in facts.exchangers for failure in exchanger.failures)
        evidence = tuple((f"{f.type.value} of {f.name}", _reason(f)) for f in failed)
        yield _finding(EXCHANGER_LOOKUP_FAILED, facts.domain, *evidence)


def _finding(rule: Rule, about: str, *evidence: tuple[str, str]) -> Finding:
    return Finding(rule.code, rule.severity, about, tuple(Evidence(*pair) for pair in evidence))


def _reason(failed: LookupFailed) -> str:
    return failed.reason.value + (f" from {failed.server}" if failed.server else "")


def _texts(records: tuple[Mx, ...]) -> str:
    return ", ".join(f"{record.preference} {record.exchange or '.'}" for record in records)


def _published(exchanger: Exchanger) -> str:
    return f"{exchanger.preference} {exchanger.exchange}"


DOMAIN_DOES_NOT_EXIST = Rule(
    code="MX_DOMAIN_DOES_NOT_EXIST",
    topic=Topic.MX,
    severity=Severity.FAILURE,
    title="The domain {about} does not exist.",
    meaning="Mail to it cannot be delivered, and most receivers refuse mail that comes from it.",
    fix=(
        "Check how the address is spelt. If it is right, the registration of the domain has probably"
        " lapsed: its owner has to renew it."
    ),
    source="RFC 5321 5.1, RFC 8020",
)
NULL_MX = Rule(
    code="MX_NULL_MX",
    topic=Topic.MX,
    severity=Severity.FAILURE,
    title="{about} says that it takes no mail at all.",
    meaning=(
        "Its MX record is a single dot. Mail to it is returned at once, and some receivers refuse mail"
        " from it, because nobody could answer."
    ),
    fix=(
        "Use an address at another domain, or let the administrator of the domain replace the MX record"
        " by the real mail servers."
    ),
    source="RFC 7505 3 and 4.2",
)
NO_MX_AND_NO_ADDRESS = Rule(
    code="MX_NO_MX_AND_NO_ADDRESS",
    topic=Topic.MX,
    severity=Severity.FAILURE,
    title="{about} has no mail server.",
    meaning="The domain exists, but has neither an MX record nor an address: mail to it has nowhere to go.",
    fix=(
        "Check how the address is spelt. If it is right, the administrator of the domain has to publish"
        " its MX records."
    ),
    source="RFC 5321 5.1",
)
ALL_EXCHANGERS_DEAD = Rule(
    code="MX_ALL_EXCHANGERS_DEAD",
    topic=Topic.MX,
    severity=Severity.FAILURE,
    title="None of the mail servers that {about} names can be reached: they have no address.",
    meaning="Mail to the domain has nowhere to go and comes back after some days.",
    fix=(
        "The administrator of the domain has to correct the MX records, or the addresses of the servers"
        " that they name."
    ),
    source="RFC 5321 5.1",
)
SOME_EXCHANGERS_DEAD = Rule(
    code="MX_SOME_EXCHANGERS_DEAD",
    topic=Topic.MX,
    severity=Severity.NOTE,
    title="Some of the mail servers that {about} names have no address.",
    meaning="Mail goes to the others. It may be late, and if those fail there is no spare.",
    fix=(
        "The administrator of the domain should take the dead servers out of the MX records, or give them"
        " an address."
    ),
    source="RFC 5321 5.1",
)
EXCHANGER_IS_IP_LITERAL = Rule(
    code="MX_EXCHANGER_IS_IP_LITERAL",
    topic=Topic.MX,
    severity=Severity.NOTE,
    title="{about} names a mail server by its IP address, where a name must stand.",
    meaning=(
        "Senders look the address up as if it were a name and find nothing: this server gets no mail from"
        " them."
    ),
    fix=(
        "The administrator of the domain has to give the server a name with that address, and put the"
        " name into the MX record."
    ),
    source="RFC 1035 3.3.9, RFC 5321 5.1",
)
EXCHANGER_IS_ALIAS = Rule(
    code="MX_EXCHANGER_IS_ALIAS",
    topic=Topic.MX,
    severity=Severity.NOTE,
    title="{about} names a mail server whose name is only an alias.",
    meaning=(
        "Most senders follow the alias, some refuse it: a mail server's name must have an address of its own."
    ),
    fix="The administrator of the domain should put the name that the alias leads to into the MX record.",
    source="RFC 5321 5.1, RFC 2181 10.3",
)
NULL_MX_BESIDE_OTHERS = Rule(
    code="MX_NULL_MX_BESIDE_OTHERS",
    topic=Topic.MX,
    severity=Severity.NOTE,
    title="{about} says that it takes no mail, and names mail servers all the same.",
    meaning="The single dot must stand alone. Most senders use the other servers; some give up.",
    fix="The administrator of the domain has to take out the dot, or everything else.",
    source="RFC 7505 3",
)
SEVERAL_NULL_MX = Rule(
    code="MX_SEVERAL_NULL_MX",
    topic=Topic.MX,
    severity=Severity.NOTE,
    title="{about} says more than once that it takes no mail.",
    meaning="The single dot must stand alone. Some senders do not understand it otherwise and keep trying.",
    fix="If the domain takes no mail: publish 0 and a dot, once. If it does: publish its mail servers.",
    source="RFC 7505 3",
)
EXCHANGER_IS_PRIVATE = Rule(
    code="MX_EXCHANGER_IS_PRIVATE",
    topic=Topic.MX,
    severity=Severity.WARNING,
    title="{about} names a mail server at an address that cannot be reached from outside.",
    meaning=(
        "The address belongs to a private network, to each computer itself, or to nobody. Mail to this server"
        " fails, or goes to the next one after a delay; if it is the only one, mail to the domain comes back."
    ),
    fix=(
        "The administrator of the domain has to give the server its public address in the DNS, or take it out"
        " of the MX records."
    ),
    source="RFC 6890, RFC 1918, RFC 5321 5.1",
)
EXCHANGER_IS_THE_DOMAIN = Rule(
    code="MX_EXCHANGER_IS_THE_DOMAIN",
    topic=Topic.MX,
    severity=Severity.NOTE,
    title="The mail server of {about} is the domain's own name, which usually is the web site's.",
    meaning=(
        "That is allowed and works while both are on one server. Whoever moves the web site moves the mail with"
        " it, often without knowing."
    ),
    fix="Nothing has to be done. A name of its own for the mail server is safer when the web site moves.",
    source="RFC 5321 5.1",
)
TOO_MANY_EXCHANGERS = Rule(
    code="MX_TOO_MANY_EXCHANGERS",
    topic=Topic.MX,
    severity=Severity.NOTE,
    title="{about} names so many mail servers that not all of them are looked at here.",
    meaning="Senders try only some of them too. Nobody needs that many.",
    fix="The administrator of the domain should leave the few servers that take the mail.",
    source="RFC 5321 5.1",
)
NULL_MX_PREFERENCE = Rule(
    code="MX_NULL_MX_PREFERENCE",
    topic=Topic.MX,
    severity=Severity.NOTE,
    title="The MX record of {about} that refuses all mail has the wrong preference.",
    meaning=(
        "The number before the dot must be 0. Some senders do not understand it otherwise and keep trying"
        " for days."
    ),
    fix="If the domain takes no mail: publish 0 and a dot. If it does: publish its mail servers.",
    source="RFC 7505 3",
)
IMPLICIT_MX = Rule(
    code="MX_IMPLICIT_MX",
    topic=Topic.MX,
    severity=Severity.NOTE,
    title="{about} has no MX record, so mail goes to the address of the domain itself.",
    meaning=(
        "That is allowed, but there is often a web server that takes no mail. Whether one listens there"
        " is not looked at here."
    ),
    fix="The administrator of the domain should publish an MX record with the real mail server.",
    source="RFC 5321 5.1",
)
LOOKUP_FAILED = Rule(
    code="MX_LOOKUP_FAILED",
    topic=Topic.MX,
    severity=Severity.UNKNOWN,
    title="Whether {about} takes mail is unknown: its MX records could not be looked up.",
    meaning="A failed look-up says neither that there are mail servers nor that there are none.",
    fix=(
        "Check again later. If it lasts, the name servers of the domain are broken, and its administrator"
        " has to mend them."
    ),
    source="RFC 5321 5.1",
)
EXCHANGER_LOOKUP_FAILED = Rule(
    code="MX_EXCHANGER_LOOKUP_FAILED",
    topic=Topic.MX,
    severity=Severity.UNKNOWN,
    title="Whether {about} takes mail is unknown: the addresses of its mail servers could not be looked up.",
    meaning="A failed look-up says neither that a server is there nor that it is not.",
    fix=(
        "Check again later. If it lasts, the administrator of the mail servers has to mend their name"
        " servers."
    ),
    source="RFC 5321 5.1",
)

RULES: tuple[Rule, ...] = (
    DOMAIN_DOES_NOT_EXIST,
    NULL_MX,
    NO_MX_AND_NO_ADDRESS,
    ALL_EXCHANGERS_DEAD,
    LOOKUP_FAILED,
    EXCHANGER_LOOKUP_FAILED,
    SOME_EXCHANGERS_DEAD,
    EXCHANGER_IS_PRIVATE,
    EXCHANGER_IS_THE_DOMAIN,
    TOO_MANY_EXCHANGERS,
    EXCHANGER_IS_IP_LITERAL,
    EXCHANGER_IS_ALIAS,
    NULL_MX_BESIDE_OTHERS,
    SEVERAL_NULL_MX,
    NULL_MX_PREFERENCE,
    IMPLICIT_MX,
)

"""What the repair can say: why a term changes, which goals collide, what has to be asked, what else could be done.

They speak about an advice, not about a domain's mail, so they are not findings and not in the catalogue. `{about}`
is the term or the domain.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from checks.model import Rule, Severity, Topic
from checks.spf import repair_asks
from checks.spf.advice import Question


def _rule(code: str, severity: Severity, title: str, meaning: str, fix: str, source: str) -> Rule:
    return Rule(f"SPF_REPAIR_{code}", Topic.SPF, severity, title, meaning, fix, source)


FAILURE, WARNING, NOTE, UNKNOWN = Severity.FAILURE, Severity.WARNING, Severity.NOTE, Severity.UNKNOWN

# Why a term changes

OURS = _rule(
    "OURS",
    NOTE,
    "{about} authorises our mail.",
    "Directly after v=spf1, nothing that stands before it can break it.",
    "Publish it where the record shows it.",
    "RFC 7208 4.6.2",
)
OURS_QUALIFIED = _rule(
    "OURS_QUALIFIED",
    NOTE,
    "{about} refuses our mail by the sign before it.",
    "A -, ~ or ? turns our match into fail, softfail or neutral.",
    "Publish it without the sign.",
    "RFC 7208 4.6.2",
)
OURS_MISWRITTEN = _rule(
    "OURS_MISWRITTEN",
    NOTE,
    "{about} was meant for us, but names something else.",
    "As it is written it does not authorise our mail.",
    "Publish our include as the record shows it.",
    "RFC 7208 5.2",
)
MENDED = _rule(
    "MENDED",
    NOTE,
    "{about} is not written as it must be, and can mean only one thing.",
    "A term that does not parse makes the record a permerror for everybody; one that parses otherwise does nothing.",
    "Publish the term as the record shows it.",
    "RFC 7208 4.6",
)
VERSION = _rule(
    "VERSION",
    NOTE,
    "{about} is not how an SPF record begins.",
    "Receivers do not see such a record at all.",
    "Begin the record with v=spf1 and a blank.",
    "RFC 7208 4.5",
)
DUPLICATE = _rule(
    "DUPLICATE",
    NOTE,
    "{about} stands there twice.",
    "The second one can match nobody whom the first one did not.",
    "Leave the second one out.",
    "RFC 7208 4.6.2",
)
MERGED = _rule(
    "MERGED",
    NOTE,
    "{about} comes from one of several SPF records.",
    "With several records receivers say permerror to every sender.",
    "Publish the one record and delete the others.",
    "RFC 7208 4.5",
)
DEAD = _rule(
    "DEAD",
    NOTE,
    "{about} names something that has no SPF record.",
    "Every sender that gets so far ends in permerror.",
    "Leave it out, or correct the name if somebody still sends through it.",
    "RFC 7208 5.2",
)
SELF = _rule(
    "SELF",
    NOTE,
    "{about} includes the very record that it stands in.",
    "Every sender that gets so far ends in permerror.",
    "Leave it out.",
    "RFC 7208 4.6.4",
)
VOID = _rule(
    "VOID",
    NOTE,
    "{about} has no addresses, neither IPv4 nor IPv6.",
    "It authorises nobody, and counts against the ten terms and the two empty ones.",
    "Leave it out, or correct the name if somebody still sends from there.",
    "RFC 7208 4.6.4",
)
DEFAULT = _rule(
    "DEFAULT",
    NOTE,
    "{about} says what holds for everybody who is not named.",
    "Without it the record says nothing of strangers.",
    "Harden it to -all when every sender is known to be named.",
    "RFC 7208 5.1",
)

# Which goals collide, and who pays

STILL_NOT_PASSING = _rule(
    "STILL_NOT_PASSING",
    FAILURE,
    "Our mail from {about} would still not pass, so no record is proposed.",
    "The company's record cannot help where our own include does not list the address or does not work.",
    "Mend our include, or take the address out of the sending addresses if nothing is sent from it.",
    "RFC 7208 5.2",
)
STILL_UNKNOWN = _rule(
    "STILL_UNKNOWN",
    UNKNOWN,
    "Whether our mail from {about} would pass could not be looked up, so no record is proposed.",
    "A name server did not answer. This says nothing about the record.",
    "Ask again later.",
    "RFC 7208 4.4",
)
LOSERS = _rule(
    "LOSERS",
    FAILURE,
    "Senders who passed at {about} before may lose it by this record.",
    "What is added stands before them and uses up the ten terms or the two empty ones.",
    "Choose one of the other ways, or make sure that nobody sends through the terms named.",
    "RFC 7208 4.6.4",
)
LOSERS_OF_OURS = _rule(
    "LOSERS_OF_OURS",
    FAILURE,
    "Senders who passed at {about} before would lose it, because our own include does not work to its end.",
    "Whoever is not in our include goes on behind it only when all of it can be evaluated.",
    "Mend our include first.",
    "RFC 7208 5.2",
)
OVER_TERMS = _rule(
    "OVER_TERMS",
    WARNING,
    "The record of {about} can need more than 10 terms that look something up.",
    "Our mail passes, but senders behind the tenth and strangers end in permerror.",
    "Choose what can go, or publish addresses instead of names.",
    "RFC 7208 4.6.4",
)
OVER_VOIDS = _rule(
    "OVER_VOIDS",
    WARNING,
    "More than two terms in the record of {about} can find nothing.",
    "Our mail passes, but senders behind the second such term and strangers end in permerror.",
    "Leave out the terms that find nothing, or give their names both kinds of addresses.",
    "RFC 7208 4.6.4",
)
OVER_VOIDS_IN_ONE_FAMILY = _rule(
    "OVER_VOIDS_IN_ONE_FAMILY",
    NOTE,
    "For mail over IPv6, more than two terms in the record of {about} can find nothing.",
    "Our mail passes; senders with IPv6 addresses behind the second such term and strangers end in permerror.",
    "Nothing has to change unless they send over IPv6; then name hosts that have no IPv6 address by ip4:.",
    "RFC 7208 4.6.4",
)
BEYOND_COUNTING = _rule(
    "BEYOND_COUNTING",
    NOTE,
    "How many terms the record of {about} needs depends on the sender.",
    "A macro in the name decides what is included, so nobody can count it beforehand.",
    "Ask whoever runs the included service how many look-ups it needs.",
    "RFC 7208 7",
)
NOT_LOOKED_UP = _rule(
    "NOT_LOOKED_UP",
    NOTE,
    "A part of the record of {about} that our mail does not need could not be looked up.",
    "So its count may be higher than shown.",
    "Ask again later.",
    "RFC 7208 4.4",
)
NOT_FIRST = _rule(
    "NOT_FIRST",
    NOTE,
    "Our include does not stand directly after v=spf1 at {about}.",
    "There it would take away from others what they have now; where it stands our mail passes too.",
    "Leave it there, and check again whenever the terms before it change.",
    "RFC 7208 4.6.2",
)
NOT_NAMED = _rule(
    "NOT_NAMED",
    NOTE,
    "Our mail passes at {about} without our include in its own record.",
    "Naming us there would take away from others what they have now, or say the same twice.",
    "Leave it so, and check again whenever the record or our addresses change.",
    "RFC 7208 5.2",
)
FIRST_RECORD = _rule(
    "FIRST_RECORD",
    WARNING,
    "{about} had no SPF record: this one names nobody but us.",
    "Until now nobody failed; from then on all other mail of the domain softfails unless it is named.",
    "Add everybody else who sends for the domain, such as its own mail servers, before publishing.",
    "RFC 7208 4.5",
)
LONG = _rule(
    "LONG",
    NOTE,
    "The record of {about} is longer than 450 octets.",
    "Its answer may not fit a UDP packet of 512 octets, and some receivers then see nothing.",
    "Leave out what is no longer used.",
    "RFC 7208 3.4",
)
ALIAS = _rule(
    "ALIAS",
    WARNING,
    "The name is an alias: its records stand at {about}.",
    "A name with a CNAME can have no TXT record of its own.",
    "Publish the record at that name if it is the company's, or replace the alias.",
    "RFC 1034 3.6.2",
)
SHARED_DOMAIN = _rule(
    "SHARED_DOMAIN",
    FAILURE,
    "{about} is shared by everybody, so the company cannot publish a record there.",
    "Only the provider of the domain decides who may send for it.",
    "Choose one of the other ways to send.",
    "RFC 7208 3",
)
PLATFORM_ENVELOPE = _rule(
    "PLATFORM_ENVELOPE",
    NOTE,
    "There is nothing to publish for SPF at {about}.",
    "Our mail bears our own envelope address, so receivers ask our record and never the company's.",
    "Look at DMARC: only an aligned DKIM signature helps the company there.",
    "RFC 7208 2.4",
)
OUR_OWN_NAME = _rule(
    "OUR_OWN_NAME",
    FAILURE,
    "{about} is our own include and cannot include itself.",
    "A record that includes itself is a permerror.",
    "List our sending addresses in that record.",
    "RFC 7208 5.2",
)
RECORD_UNKNOWN = _rule(
    "RECORD_UNKNOWN",
    UNKNOWN,
    "What {about} publishes could not be looked up.",
    "Without it nobody can say what should be kept.",
    "Ask again later.",
    "RFC 7208 4.4",
)

RULES = (
    OURS,
    OURS_QUALIFIED,
    OURS_MISWRITTEN,
    MENDED,
    VERSION,
    DUPLICATE,
    MERGED,
    DEAD,
    SELF,
    VOID,
    DEFAULT,
    STILL_NOT_PASSING,
    STILL_UNKNOWN,
    LOSERS,
    LOSERS_OF_OURS,
    OVER_TERMS,
    OVER_VOIDS,
    OVER_VOIDS_IN_ONE_FAMILY,
    BEYOND_COUNTING,
    NOT_LOOKED_UP,
    NOT_FIRST,
    NOT_NAMED,
    FIRST_RECORD,
    LONG,
    ALIAS,
    SHARED_DOMAIN,
    PLATFORM_ENVELOPE,
    OUR_OWN_NAME,
    RECORD_UNKNOWN,
    *repair_asks.RULES,
)

BY_CODE: Mapping[str, Rule] = MappingProxyType({rule.code: rule for rule in RULES})


def sentence(code: str, about: str, instead: str = "") -> str:
    """The rule's title about this term or name. Holds hostile text where `about` does. `instead`: what may have been
    meant."""
    before, told, after = BY_CODE[code].title.partition("{about}")
    return before.replace("{instead}", instead) + told.replace("{about}", about) + after


def paid_by(code: str) -> str:
    """What holds for the senders whose terms a collision names. Over a limit they may be too late today already."""
    late = code in (OVER_TERMS.code, OVER_VOIDS.code, OVER_VOIDS_IN_ONE_FAMILY.code)
    return "who may end in permerror" if late else "who may lose"


def asked(question: Question) -> str:
    """The question as a sentence. Hostile as its term is."""
    return sentence(question.rule, question.term, question.answer.term if question.answer else "")

"""What can be said of SPF for our mail. `judge.py` decides when it holds."""

from __future__ import annotations

from checks.model import Rule, Severity, Topic
from checks.spf import health_rules


def _rule(code: str, severity: Severity, title: str, meaning: str, fix: str, source: str) -> Rule:
    return Rule(code, Topic.SPF, severity, title, meaning, fix, source)


FAILURE, WARNING, NOTE, UNKNOWN, OK = (
    Severity.FAILURE,
    Severity.WARNING,
    Severity.NOTE,
    Severity.UNKNOWN,
    Severity.OK,
)

SHARED_DOMAIN = _rule(
    "SPF_SHARED_DOMAIN",
    FAILURE,
    "{about} is a mail domain shared by everybody, so the company cannot publish an SPF record there.",
    "Only the provider of the domain decides who may send for it, and does not name us: our mail never passes there.",
    "Let the company send from the platform's address, or from an address on a domain of its own.",
    "RFC 7208 3",
)
SEVERAL_RECORDS = _rule(
    "SPF_SEVERAL_RECORDS",
    FAILURE,
    "{about} publishes more than one SPF record.",
    "Receivers must not choose between them: SPF ends in permerror for every sender.",
    "Merge them into one record and delete the others.",
    "RFC 7208 4.5",
)
SYNTAX_ERROR = _rule(
    "SPF_SYNTAX_ERROR",
    FAILURE,
    "The SPF record of {about} does not parse.",
    "One bad term anywhere makes the whole record a permerror for every sender, also for those named before it.",
    "Correct or remove the term shown.",
    "RFC 7208 4.6",
)
TERM_LIMIT = _rule(
    "SPF_TERM_LIMIT_EXCEEDED",
    FAILURE,
    "The SPF record of {about} needs more than 10 DNS look-ups before our mail is decided on.",
    "Receivers stop at the eleventh and say permerror: our mail does not pass.",
    "Put our include directly after v=spf1, and remove includes that are no longer used.",
    "RFC 7208 4.6.4",
)
VOID_LIMIT = _rule(
    "SPF_VOID_LIMIT_EXCEEDED",
    FAILURE,
    "More than two terms in the SPF record of {about} find nothing before our mail is decided on.",
    "Receivers stop at the third and say permerror. A host without an IPv6 address is such a term for mail over IPv6.",
    "Put our include directly after v=spf1, and remove the terms that find nothing for anybody.",
    "RFC 7208 4.6.4",
)
EXCHANGER_LIMIT = _rule(
    "SPF_EXCHANGER_LIMIT_EXCEEDED",
    FAILURE,
    "An mx term in the SPF record of {about} names more than 10 mail servers.",
    "Receivers say permerror when they get there.",
    "Replace the mx term by the addresses of the servers that send, or put our include before it.",
    "RFC 7208 4.6.4",
)
INCLUDE_WITHOUT_RECORD = _rule(
    "SPF_INCLUDE_WITHOUT_RECORD",
    FAILURE,
    "The SPF record of {about} includes a name that has no SPF record, before our mail is decided on.",
    "An include of a name without a record is a permerror for every sender that gets so far.",
    "Put our include directly after v=spf1; then correct that name, or remove it if nobody sends through it.",
    "RFC 7208 5.2",
)
NO_RECORD = _rule(
    "SPF_NO_RECORD",
    FAILURE,
    "{about} has no SPF record.",
    "Nothing says that we may send for the domain; many receivers refuse or file such mail as spam.",
    "Publish one TXT record at the domain with our include directly after v=spf1.",
    "RFC 7208 4.5",
)
INCLUDE_MISSING = _rule(
    "SPF_INCLUDE_MISSING",
    FAILURE,
    "The SPF record of {about} does not name us.",
    "Mail that we send in the company's name does not pass SPF.",
    "Add our include directly after v=spf1.",
    "RFC 7208 5.2",
)
INCLUDE_NOT_REACHED = _rule(
    "SPF_INCLUDE_NOT_REACHED",
    FAILURE,
    "Our include stands in the SPF record of {about} where it is never reached.",
    "Everything behind all, and a redirect beside it, is ignored.",
    "Move our include directly after v=spf1.",
    "RFC 7208 5.1",
)
INCLUDE_QUALIFIED = _rule(
    "SPF_INCLUDE_QUALIFIED",
    FAILURE,
    "The SPF record of {about} names our include with a sign that does not let us pass.",
    "A -, ~ or ? before include turns the match into fail, softfail or neutral.",
    "Remove the sign before include.",
    "RFC 7208 4.6.2",
)
INCLUDE_MISWRITTEN = _rule(
    "SPF_INCLUDE_MISWRITTEN",
    FAILURE,
    "{about} tries to name us in its DNS, but not in a way that works.",
    "What is written there does not authorise our mail.",
    "Write our include exactly as expected, in the one SPF record of the domain.",
    "RFC 7208 5.2",
)
INCLUDE_IN_PART = _rule(
    "SPF_INCLUDE_IN_PART",
    FAILURE,
    "The SPF record of {about} names a part of us instead of our include.",
    "It holds some of our addresses, or one of the records that our include leads to: mail from the others fails.",
    "Replace what is shown by our include, which covers all our addresses and follows when they change.",
    "RFC 7208 5.2",
)
OUR_MAIL_REFUSED = _rule(
    "SPF_OUR_MAIL_REFUSED",
    FAILURE,
    "The SPF record of {about} names us, but an earlier term decides against our mail.",
    "The first term that matches decides; what stands behind it is not read.",
    "Move our include directly after v=spf1.",
    "RFC 7208 4.6.2",
)
INCLUDE_LACKS_ADDRESS = _rule(
    "SPF_INCLUDE_LACKS_ADDRESS",
    FAILURE,
    "Our own record at {about} does not list one of our sending addresses.",
    "The company did its part; mail from that address fails at every company.",
    "Add the address to our include, or take it out of SENDWELL_SENDING_ADDRESSES if we do not send from it.",
    "RFC 7208 5.6",
)
PASSES_FROM_SOME = _rule(
    "SPF_PASSES_FROM_SOME_ADDRESSES",
    FAILURE,
    "The SPF record of {about} lets our mail pass from some of our addresses only.",
    "Whether a mail arrives depends on which of our servers happened to send it.",
    "Put our include directly after v=spf1: it covers all of our addresses.",
    "RFC 7208 5.6",
)
LOOKUP_FAILED = _rule(
    "SPF_LOOKUP_FAILED",
    UNKNOWN,
    "Whether {about} lets our mail pass could not be looked up.",
    "A name server did not answer. This says nothing about the record.",
    "Check again later. If it lasts, the company's DNS provider has an outage.",
    "RFC 7208 4.4",
)
INCLUDE_ELSEWHERE = _rule(
    "SPF_INCLUDE_ELSEWHERE",
    NOTE,
    "Our include was published at {about}, where receivers do not look.",
    "SPF is not inherited: the record must stand at the very domain of the sender.",
    "Publish the record at the domain itself.",
    "RFC 7208 3",
)
PASSES = _rule(
    "SPF_PASSES",
    OK,
    "Our mail passes the SPF record of {about}.",
    "Receivers accept our servers as senders for the domain.",
    "Nothing to do.",
    "RFC 7208 8.3",
)
INCLUDE_NOT_FIRST = _rule(
    "SPF_INCLUDE_NOT_FIRST",
    NOTE,
    "Our include works at {about}, but does not stand directly after v=spf1.",
    "Whatever stands before it can break it later.",
    "Move our include directly after v=spf1 when the record is next changed.",
    "RFC 7208 4.6.2",
)
PASSES_WITHOUT_INCLUDE = _rule(
    "SPF_PASSES_WITHOUT_INCLUDE",
    NOTE,
    "Our mail passes at {about} without our include.",
    "The record covers our present addresses by itself; it will not follow when they change.",
    "Add our include directly after v=spf1.",
    "RFC 7208 5.6",
)
STRICTER_RECEIVERS = _rule(
    "SPF_SOME_RECEIVERS_COUNT_MORE",
    WARNING,
    "Our mail passes at {about}, but not at receivers that count empty look-ups more strictly.",
    "The standard counts terms; some programs count every empty query, and stop at the third.",
    "Put our include directly after v=spf1, or remove terms whose names have no records.",
    "RFC 7208 4.6.4",
)
NOT_ASKED = _rule(
    "SPF_NOT_ASKED",
    NOTE,
    "The SPF record of {about} is not asked at all: our mail bears our own envelope address.",
    "Receivers check the envelope sender's domain, which is ours. Changing the company's record changes nothing.",
    "Nothing to do in the company's SPF record.",
    "RFC 7208 2.4",
)

RULES = (
    SHARED_DOMAIN,
    SEVERAL_RECORDS,
    SYNTAX_ERROR,
    TERM_LIMIT,
    VOID_LIMIT,
    EXCHANGER_LIMIT,
    INCLUDE_WITHOUT_RECORD,
    NO_RECORD,
    INCLUDE_MISSING,
    INCLUDE_NOT_REACHED,
    INCLUDE_QUALIFIED,
    INCLUDE_MISWRITTEN,
    INCLUDE_IN_PART,
    OUR_MAIL_REFUSED,
    INCLUDE_LACKS_ADDRESS,
    PASSES_FROM_SOME,
    LOOKUP_FAILED,
    INCLUDE_ELSEWHERE,
    PASSES,
    INCLUDE_NOT_FIRST,
    PASSES_WITHOUT_INCLUDE,
    STRICTER_RECEIVERS,
    NOT_ASKED,
    *health_rules.RULES,
)

"""What can be said of a record's health, for everybody who sends. `health.py` decides when it holds."""

from __future__ import annotations

from checks.model import Rule, Severity, Topic


def _rule(code: str, severity: Severity, title: str, meaning: str, fix: str, source: str) -> Rule:
    return Rule(code, Topic.SPF, severity, title, meaning, fix, source)


WARNING, NOTE, OK = Severity.WARNING, Severity.NOTE, Severity.OK

# What lets strangers pass

PASS_ALL = _rule(
    "SPF_PASS_ALL",
    WARNING,
    "The SPF record of {about} lets everybody pass (+all).",
    "Anybody can send in the company's name, and receivers distrust such records.",
    "End the record in ~all or -all, with our include directly after v=spf1.",
    "RFC 7208 5.1",
)
PASS_NEARLY_ALL = _rule(
    "SPF_PASS_NEARLY_ALL",
    WARNING,
    "The SPF record of {about} lets a range pass that no single organisation holds.",
    "It works like +all for that part of the Internet: strangers there can send in the company's name.",
    "Name the networks that really send, with their own prefix lengths.",
    "RFC 7208 8.3; IANA IPv4 and IPv6 address space registries (at most a /8 or a /16 to one holder)",
)

# What breaks for some senders

OVER_BUDGET = _rule(
    "SPF_OVER_BUDGET_FOR_OTHERS",
    NOTE,
    "The SPF record of {about} needs more than 10 DNS look-ups in all.",
    "Senders named behind the tenth, and strangers, end in permerror.",
    "Remove includes that are no longer used.",
    "RFC 7208 4.6.4",
)
OVER_VOIDS = _rule(
    "SPF_OVER_VOIDS_FOR_OTHERS",
    NOTE,
    "More than two terms in the SPF record of {about} find nothing.",
    "Senders of that kind, IPv4 or IPv6, who are named behind the second such term end in permerror; so do strangers.",
    "Remove terms that find nothing for either kind; name a host that has no IPv6 address by ip4: instead of a:.",
    "RFC 7208 4.6.4",
)
TOO_MANY_EXCHANGERS = _rule(
    "SPF_EXCHANGERS_FOR_OTHERS",
    NOTE,
    "An mx term in the SPF record of {about} names more than 10 mail servers.",
    "Senders that get so far in the record end in permerror.",
    "Replace the mx term by the addresses of the servers that send.",
    "RFC 7208 4.6.4",
)
LOOP = _rule(
    "SPF_INCLUDE_LOOP",
    NOTE,
    "The SPF record of {about} comes back to a record that is already being read.",
    "The loop ends at the eleventh look-up: senders that get so far end in permerror.",
    "Remove the term that closes the circle.",
    "RFC 7208 5.2, 4.6.4",
)
DEAD_INCLUDE = _rule(
    "SPF_DEAD_INCLUDE",
    NOTE,
    "The SPF record of {about} includes a name that has no usable SPF record.",
    "Senders that get so far in the record end in permerror.",
    "Remove that include, or correct its name.",
    "RFC 7208 5.2",
)
HEALTH_UNKNOWN = _rule(
    "SPF_HEALTH_UNKNOWN",
    NOTE,
    "A part of the SPF record of {about} that our mail does not need could not be looked up.",
    "A name server did not answer. Our mail passes all the same.",
    "Check again later.",
    "RFC 7208 4.4",
)

# What does not say what was meant

STRINGS_RUN_TOGETHER = _rule(
    "SPF_STRINGS_RUN_TOGETHER",
    NOTE,
    "Two terms in the SPF record of {about} run together where one string ends and the next begins.",
    "Receivers join the strings of a TXT record without a space, so the two terms become one other term.",
    "Put a space at the end of the first string.",
    "RFC 7208 3.3",
)
NOT_AS_MEANT = _rule(
    "SPF_TERM_NOT_AS_MEANT",
    NOTE,
    "A term in the SPF record of {about} parses, but cannot mean what it was written for.",
    "It is ignored, or asks for a name that cannot exist; whoever it was to let pass does not.",
    "Write it as shown.",
    "RFC 7208 4.6.1, 6",
)
AFTER_ALL = _rule(
    "SPF_TERMS_AFTER_ALL",
    NOTE,
    "The SPF record of {about} goes on after all.",
    "What stands behind all is ignored: whoever is named there does not pass by it.",
    "Move all to the end of the record, or remove what stands behind it.",
    "RFC 7208 5.1",
)
REDIRECT_IGNORED = _rule(
    "SPF_REDIRECT_BESIDE_ALL",
    NOTE,
    "The SPF record of {about} has both all and a redirect.",
    "A redirect beside all is ignored, wherever it stands.",
    "Remove one of the two, as is meant.",
    "RFC 7208 6.1",
)
PTR = _rule(
    "SPF_PTR",
    NOTE,
    "The SPF record of {about} asks for the names of the sending address (ptr, or the macro p).",
    "It is slow, loads the name servers of strangers, and some receivers skip it: the standard says not to use it.",
    "Replace it by the addresses or the names of the servers that send.",
    "RFC 7208 5.5, 7.2",
)
NOT_A_RECORD = _rule(
    "SPF_NOT_A_RECORD",
    NOTE,
    "A TXT record of {about} looks like SPF and is none.",
    "An SPF record begins with v=spf1 and a space; receivers do not see anything else.",
    "Correct its beginning if it is the one record that is meant, otherwise delete it.",
    "RFC 7208 4.5",
)

# What is no fault, and worth knowing

NEUTRAL_ALL = _rule(
    "SPF_NEUTRAL_ALL",
    NOTE,
    "The SPF record of {about} says nothing about strangers (?all).",
    "Mail from any server is neutral, as if there were no record.",
    "End the record in ~all or -all when all senders are named.",
    "RFC 7208 8.2",
)
NO_ALL = _rule(
    "SPF_NO_ALL",
    NOTE,
    "The SPF record of {about} ends without all.",
    "Mail from servers that it does not name is neutral, as with ?all.",
    "End the record in ~all or -all when all senders are named.",
    "RFC 7208 4.7",
)
WIDE_RANGE = _rule(
    "SPF_WIDE_RANGE",
    NOTE,
    "The SPF record of {about} lets a very wide network pass.",
    "Few senders have so many addresses; others in the network can send in the company's name.",
    "Name the networks that really send, with their own prefix lengths.",
    "RFC 7208 8.3",
)
NAMES_NOTHING = _rule(
    "SPF_TERM_NAMES_NOTHING",
    NOTE,
    "A term in the SPF record of {about} finds nothing.",
    "It lets nobody pass, and is one of the two empty look-ups that receivers allow.",
    "Remove it, or correct it: mx: asks for the mail servers of a domain, a: for a server itself.",
    "RFC 7208 4.6.4",
)
NAMED_TWICE = _rule(
    "SPF_NAMED_TWICE",
    NOTE,
    "The SPF record of {about} asks for the same thing more than once.",
    "The second time can let nobody else pass, and counts among the 10 look-ups again.",
    "Remove the one that is not needed.",
    "RFC 7208 4.6.4",
)
COVERED_ALREADY = _rule(
    "SPF_NETWORK_COVERED",
    NOTE,
    "The SPF record of {about} names addresses that another term covers.",
    "They pass either way; the record is longer than it needs to be.",
    "Remove the narrower term.",
    "RFC 7208 5.6",
)
LONG_ANSWER = _rule(
    "SPF_ANSWER_TOO_LONG",
    NOTE,
    "The TXT records of {about} together are longer than one small DNS answer.",
    "Name servers and receivers that cannot ask again over TCP get no answer, or a part of one.",
    "Shorten the record, and delete TXT records that nobody needs any more.",
    "RFC 7208 3.4",
)
NOT_FOLLOWED = _rule(
    "SPF_TREE_TOO_LARGE",
    NOTE,
    "The SPF record of {about} leads to more names than we follow.",
    "No receiver follows so many either; the counts told here are the least.",
    "Remove includes that are no longer used.",
    "RFC 7208 4.6.4",
)
DEPENDS_ON_SENDER = _rule(
    "SPF_DEPENDS_ON_SENDER",
    OK,
    "Terms in the SPF record of {about} depend on who sends.",
    "What they ask for is known only when a mail arrives: each counts as a look-up, the macro p in it as another.",
    "Nothing to do.",
    "RFC 7208 7, 4.6.4",
)
BUDGET = _rule(
    "SPF_BUDGET",
    OK,
    "What the SPF record of {about} costs a receiver.",
    "The look-ups for a sender that no term matches, and the size of the answer.",
    "Nothing to do.",
    "RFC 7208 4.6.4, 3.4",
)

TYPE_99 = _rule(
    "SPF_TYPE_99",
    NOTE,
    "{about} still publishes SPF under the record type that was withdrawn.",
    "Receivers read SPF from TXT records alone; what stands under type SPF (99) is read by nobody and grows stale.",
    "Delete the record of type SPF; the TXT record is what counts.",
    "RFC 7208 3.1",
)

_TOLD = (
    TYPE_99,
    NOT_A_RECORD,
    NEUTRAL_ALL,
    NO_ALL,
    WIDE_RANGE,
    NAMES_NOTHING,
    NAMED_TWICE,
    COVERED_ALREADY,
    LONG_ANSWER,
    NOT_FOLLOWED,
    DEPENDS_ON_SENDER,
    BUDGET,
)

RULES = (
    PASS_ALL,
    PASS_NEARLY_ALL,
    OVER_BUDGET,
    OVER_VOIDS,
    TOO_MANY_EXCHANGERS,
    LOOP,
    DEAD_INCLUDE,
    HEALTH_UNKNOWN,
    STRINGS_RUN_TOGETHER,
    NOT_AS_MEANT,
    AFTER_ALL,
    REDIRECT_IGNORED,
    PTR,
    *_TOLD,
)

TOLD_ONLY = frozenset(rule.code for rule in _TOLD)
"""No faults: told for the audit, and never the verdict."""

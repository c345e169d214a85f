"""What can be said about a record on its way, and the sentence that sums it up.

Their topic is SPF's, whose record is mostly the one awaited. They stand in no company's verdict and so not in
`checks.catalogue`: servers are asked one by one only when somebody waits for a record, never in a scan.
"""

from __future__ import annotations

from checks.model import Finding, Rule, Severity, Topic
from checks.resolver.propagation.facts import Lost, Trouble


def _rule(code: str, severity: Severity, title: str, meaning: str, fix: str, source: str) -> Rule:
    return Rule(f"DNS_{code}", Topic.SPF, severity, title, meaning, fix, source)


SERVER_DIFFERS = _rule(
    "SERVER_DIFFERS",
    Severity.WARNING,
    "{about} does not hold the record that is meant.",
    "Whoever asks this server gets its answer, and may keep it for as long as the record's time to live.",
    "The administrator of the domain has to see that this server takes over the zone; an older serial there means that "
    "its transfer from the primary server does not work.",
    "RFC 1034 4.3.5",
)
NOWHERE = _rule(
    "RECORD_NOWHERE",
    Severity.FAILURE,
    "No server of {about} that answers holds the record.",
    "Nobody can see it. It may have been saved at another company than the one that serves the zone, at another "
    "name, or not at all.",
    "The administrator of the domain has to publish it where these servers take their zone from.",
    "RFC 1034 4.2",
)
OLD_BESIDE = _rule(
    "OLD_RECORD_BESIDE",
    Severity.FAILURE,
    "{about} holds another record of the same standard beside the new one.",
    "Two SPF records are a permerror for every receiver; of two DMARC records none counts.",
    "The administrator of the domain has to take the old record away.",
    "RFC 7208 4.5; RFC 9989 4.10.1",
)
SERVER_LAME = _rule(
    "SERVER_LAME",
    Severity.WARNING,
    "{about} is named as a server of the zone, but does not serve it.",
    "Whoever asks it has to ask another one: slower, and not at all when the others fail.",
    "The administrator of the domain has to set the zone up on this server, or take it out of the delegation.",
    "RFC 1912 2.8",
)
SERVER_FAILS = _rule(
    "SERVER_FAILS",
    Severity.UNKNOWN,
    "{about} gave no answer that can be used.",
    "What this server holds is not known. When it stays silent, the others must answer for it.",
    "Ask again later; if it lasts, the operator of the server has to mend it.",
    "RFC 2182 3",
)
SERVER_WITHOUT_ADDRESS = _rule(
    "SERVER_WITHOUT_ADDRESS",
    Severity.WARNING,
    "{about} is named as a server of the zone, but has no address.",
    "Nobody can ask it.",
    "The administrator of the domain has to take it out of the delegation, or give it its address back.",
    "RFC 1912 2.8",
)
SERVER_NOT_ASKED = _rule(
    "SERVER_NOT_ASKED",
    Severity.NOTE,
    "{about} has an address that is none of the public Internet, and was not asked.",
    "Nobody outside of that network can ask it either. To ask whatever address strangers publish would let them "
    "look into our network.",
    "The administrator of the domain has to give it a public address; for a server of your own, allow its network.",
    "RFC 6890 2.2",
)
NOT_ALL_ASKED = _rule(
    "NOT_ALL_ASKED",
    Severity.NOTE,
    "{about} has more servers or addresses than are asked.",
    "What those beyond the limit hold is not known.",
    "The administrator of the domain should name fewer servers; few zones need more than seven.",
    "RFC 2182 5",
)
NO_IPV6_HERE = _rule(
    "NO_IPV6_HERE",
    Severity.NOTE,
    "None of the IPv6 addresses of {about}'s servers can be reached from here.",
    "Probably this machine has no IPv6. What the servers say over IPv6 is not known.",
    "Nothing to do for the domain; ask from a machine with IPv6 for the whole picture.",
    "RFC 3901 3",
)
DELEGATION_DIFFERS = _rule(
    "DELEGATION_DIFFERS",
    Severity.WARNING,
    "The servers that its parent names for {about} are not those that it names itself.",
    "Some resolvers ask servers that others never see; after a move, the new record may stand where nobody asks.",
    "The administrator of the domain has to make both lists the same, the parent's at the registrar.",
    "RFC 1034 4.2.2",
)
NOT_DELEGATED = _rule(
    "NOT_DELEGATED",
    Severity.FAILURE,
    "{about} is not delegated: its parent knows no servers for it.",
    "The domain does not exist for anybody, whatever stands on its name servers.",
    "The owner of the domain has to see with the registrar whether it expired, or has no name servers.",
    "RFC 1034 4.2.1; RFC 8020 2",
)
PARENT_UNSEEN = _rule(
    "PARENT_UNSEEN",
    Severity.UNKNOWN,
    "The delegation of {about} could not be seen at its parent.",
    "Which servers the world asks is taken from a resolver, which may remember older ones.",
    "Ask again later.",
    "RFC 1034 4.2.1",
)
ZONE_UNKNOWN = _rule(
    "ZONE_UNKNOWN",
    Severity.UNKNOWN,
    "Nobody could be asked which servers are those of {about}.",
    "Nothing is known about its records.",
    "Ask again later; if it lasts, see whether this machine may send DNS queries to the Internet.",
    "RFC 1034 5.3.3",
)
ALIAS_WITHOUT_END = _rule(
    "ALIAS_WITHOUT_END",
    Severity.FAILURE,
    "The aliases from {about} lead in a circle, or are too many.",
    "No resolver comes to a record at their end.",
    "The administrator of the domain has to let the name lead to the record itself.",
    "RFC 1034 3.6.2",
)
RESOLVER_HOLDS_ANOTHER = _rule(
    "RESOLVER_HOLDS_ANOTHER",
    Severity.NOTE,
    "{about} still holds another answer.",
    "Receivers that ask it do not see the record yet.",
    "Wait for the time that is told: then it has to ask again.",
    "RFC 2181 8; RFC 2308 5",
)
RESOLVER_ASKS_FORMER = _rule(
    "RESOLVER_ASKS_FORMER_SERVERS",
    Severity.NOTE,
    "{about} still asks servers that are no longer those of the zone.",
    "Until that expires it may fetch the old record again, even after the old answer has expired.",
    "Wait for the time that is told; meanwhile the former operator should publish the new record too.",
    "RFC 1034 4.2.2",
)
RESOLVER_FAILS = _rule(
    "RESOLVER_FAILS",
    Severity.UNKNOWN,
    "{about} gave no answer that can be used.",
    "What it holds is not known. When it fails while the zone's servers answer, DNSSEC may be broken.",
    "Ask again later; if it fails for long, the administrator of the domain should have its DNSSEC tested.",
    "RFC 4035 5.5",
)

RULES = (
    *(
        SERVER_DIFFERS,
        NOWHERE,
        OLD_BESIDE,
        SERVER_LAME,
        SERVER_FAILS,
        SERVER_WITHOUT_ADDRESS,
        SERVER_NOT_ASKED,
    ),
    *(NOT_ALL_ASKED, NO_IPV6_HERE, DELEGATION_DIFFERS, NOT_DELEGATED, PARENT_UNSEEN, ZONE_UNKNOWN),
    *(ALIAS_WITHOUT_END, RESOLVER_HOLDS_ANOTHER, RESOLVER_ASKS_FORMER, RESOLVER_FAILS),
)

BY_CODE = {rule.code: rule for rule in RULES}

OF_TROUBLE = {
    Trouble.NOT_AUTHORITATIVE: SERVER_LAME,
    Trouble.REFUSED: SERVER_LAME,
    Trouble.SERVFAIL: SERVER_FAILS,
    Trouble.MALFORMED: SERVER_FAILS,
    Trouble.SILENT: SERVER_FAILS,
    Trouble.UNREACHABLE: SERVER_FAILS,
    Trouble.ADDRESS_UNKNOWN: SERVER_FAILS,
    Trouble.NO_ADDRESS: SERVER_WITHOUT_ADDRESS,
    Trouble.NOT_ASKED: SERVER_NOT_ASKED,
}


def title(finding: Finding) -> str:
    """The rule's sentence about this server, zone or resolver."""
    return BY_CODE[finding.rule].title.replace("{about}", finding.about)


# The sentence for support: one of the heads, then what the public resolvers do, then the servers that stand out.

PUBLISHED = "{record} is published on {servers}"
PUBLISHED_NOWHERE = "{record} is published on none of {servers}"
NOT_PUBLISHED = "{record} is not published on {servers}"
NOT_KNOWN = "Whether {record} is published is not known: {why}"
NO_DELEGATION = "{record} cannot be seen by anybody: {zone} does not know the domain {domain}"
NO_END = "{record} cannot be seen by anybody: {why}"

SEES = "sees it"
SEES_WITHIN = "sees it in at most {time}"
OR_NOT = ", or fetches the other answer again"
SEES_NOT = "does not see it yet"
STILL_SEES = "still sees it"
STILL_HOLDS = "still holds one"
HOLDS_ANOTHER = "holds another record"
HOLDS_NONE = "holds none"
BESIDE = "another record of its kind still stands beside it"

_VERBS = "sees fetches does holds refuses fails gives is has", "see fetch do hold refuse fail give are have"
PLURAL = dict(zip(*(words.split() for words in _VERBS), strict=True))
"""Said of several, word by word: what stands above, and the troubles."""

NOBODY_ANSWERS = "none of {servers} gives an answer"
NO_ANSWER = "{servers} gives no answer"
LOST = {
    Lost.NO_ZONE: "its zone could not be found",
    Lost.CIRCLE: "the aliases there lead in a circle",
    Lost.TOO_MANY: "too many aliases follow each other there",
}

"""What the repair asks the administrator, and what else it offers; beside the rules of repair_rules.py."""

from __future__ import annotations

from checks.model import Rule, Severity, Topic


def _rule(code: str, severity: Severity, title: str, meaning: str, fix: str, source: str) -> Rule:
    return Rule(f"SPF_REPAIR_{code}", Topic.SPF, severity, title, meaning, fix, source)


WARNING, NOTE = Severity.WARNING, Severity.NOTE

# What only the administrator knows

ASK_MEANING = _rule(
    "ASK_MEANING",
    WARNING,
    "What is {about} meant to be?",
    "It does not parse and could mean several things, so what is unclear is left out of the record.",
    "Say which server or service it should name; without an answer it stays out.",
    "RFC 7208 4.6",
)
ASK_INERT = _rule(
    "ASK_INERT",
    WARNING,
    "Should the term {about} have an effect?",
    "As it stands it is ignored: behind all, beside all, or as a modifier that nobody knows. It is left out.",
    "If it names a real sender, put it before all; otherwise nothing is lost.",
    "RFC 7208 5.1",
)
ASK_ALL = _rule(
    "ASK_ALL",
    WARNING,
    "Is {about} right for whoever is not named?",
    "The records disagree on it. The strictest one is proposed.",
    "Say which one shall hold; ~all is the safer one until every sender is known.",
    "RFC 7208 5.1",
)
ASK_PASS_ALL = _rule(
    "ASK_PASS_ALL",
    WARNING,
    "Shall {about} really let everybody in the world pass?",
    "It is kept, because nobody can say who passes by it alone.",
    "Name the real senders, then end the record in ~all or -all.",
    "RFC 7208 5.1",
)
ASK_NO_MAIL = _rule(
    "ASK_NO_MAIL",
    WARNING,
    "May we send although the record says {about} and nothing else?",
    "Such a record says that the domain sends no mail at all; the proposed one lets us alone send.",
    "Publish it if the company sends as this domain, and name its other senders too.",
    "RFC 7208 10.1.2",
)
ASK_EXPLANATION = _rule(
    "ASK_EXPLANATION",
    NOTE,
    "Which explanation holds, if not the first: {about}?",
    "Only one exp= can stand in a record; the first one is proposed.",
    "Say which one shall hold.",
    "RFC 7208 6",
)
ASK_REDIRECT = _rule(
    "ASK_REDIRECT",
    WARNING,
    "Shall those whom {about} authorises go on sending?",
    "A redirect counts only where nothing else decides, so in the merged record it becomes an include.",
    "Leave it out if nobody sends through it.",
    "RFC 7208 6.1",
)
ASK_DEAD_REDIRECT = _rule(
    "ASK_DEAD_REDIRECT",
    WARNING,
    "Where should {about} lead?",
    "The name has no SPF record, so the record was a permerror for everybody; ~all stands in its place.",
    "Correct the name, or name the senders that it was meant to hold.",
    "RFC 7208 6.1",
)
ASK_NEAR_NAME = _rule(
    "ASK_NEAR_NAME",
    WARNING,
    "Did you mean {instead} where the record says {about}?",
    "The name that stands there has no SPF record, and one like it has. Until you say, the term is left out.",
    "If so, publish the record with that answer; otherwise the one without it.",
    "RFC 7208 5.2",
)
ASK_BROKEN = _rule(
    "ASK_BROKEN",
    WARNING,
    "Does anybody still send through {about}?",
    "Its own record does not work, so whoever is asked about behind it ends in permerror.",
    "Leave it out, or have its owner mend it.",
    "RFC 7208 5.2",
)
ASK_REFUSAL = _rule(
    "ASK_REFUSAL",
    WARNING,
    "Shall {about} also refuse what we send?",
    "It is a deliberate refusal; now our include is asked first, and may let pass what it refused.",
    "If it was meant against us, tell us; otherwise publish the record.",
    "RFC 7208 4.6.2",
)

# What else could be done

BY_ADDRESS = _rule(
    "BY_ADDRESS",
    NOTE,
    "Publish our addresses instead of {about}.",
    "That costs no terms, so nobody else is touched. The risk: it must follow whenever our addresses change.",
    "Choose it only if somebody will keep it up to date; tell us, so that you hear of changes.",
    "RFC 7208 4.6.4",
)
HOSTS_BY_ADDRESS = _rule(
    "HOSTS_BY_ADDRESS",
    NOTE,
    "Publish the addresses of {about} instead of the names.",
    "Addresses cost no terms. The risk: the record must follow whenever those servers move.",
    "Choose it for servers whose addresses rarely change.",
    "RFC 7208 4.6.4",
)
WITHOUT_COSTLY = _rule(
    "WITHOUT_COSTLY",
    NOTE,
    "Leave out {about}, if nobody sends through it any more.",
    "It costs so much that the rest fits without it. Whoever does send through it loses.",
    "Ask who uses that service before it goes.",
    "RFC 7208 4.6.4",
)
SAYING_NOTHING = _rule(
    "SAYING_NOTHING",
    NOTE,
    "End the first record of {about} in ?all for the time being.",
    "Our mail passes and everybody else is as before. The trade: it protects nothing yet.",
    "Change it to ~all when the other senders are named.",
    "RFC 7208 5.1",
)
SEND_FROM_PLATFORM = _rule(
    "SEND_FROM_PLATFORM",
    NOTE,
    "Send from the platform's address instead of {about}.",
    "Nothing has to be published; replies still go to the company.",
    "Choose the platform as the sending method.",
    "RFC 7208 3",
)
OWN_DOMAIN = _rule(
    "OWN_DOMAIN",
    NOTE,
    "Send from an address on a domain of the company's own instead of {about}.",
    "There the company can publish our include.",
    "Register a domain, or use the one of the company's web site.",
    "RFC 7208 3",
)

RULES = (
    ASK_MEANING,
    ASK_INERT,
    ASK_ALL,
    ASK_PASS_ALL,
    ASK_NO_MAIL,
    ASK_EXPLANATION,
    ASK_REDIRECT,
    ASK_DEAD_REDIRECT,
    ASK_NEAR_NAME,
    ASK_BROKEN,
    ASK_REFUSAL,
    BY_ADDRESS,
    HOSTS_BY_ADDRESS,
    WITHOUT_COSTLY,
    SAYING_NOTHING,
    SEND_FROM_PLATFORM,
    OWN_DOMAIN,
)

"""What Gmail, Yahoo and Microsoft say they want of those who send to their consumers, as published.

Only what can be told from the DNS and the platform's settings; TLS, PTR records, complaints and unsubscribing are
asked for too.
"""

from __future__ import annotations

from checks.model import Rule, Severity, Topic

_GOOGLE = "Google, Email sender guidelines (support.google.com/mail/answer/81126), in force since 2024-02-01"
_GOOGLE_FAQ = "and its FAQ (support.google.com/a/answer/14229414), read as of 2026-03-11"
_YAHOO = (
    "Yahoo Sender Hub, best practices (senders.yahooinc.com/best-practices), in force since February 2024"
)
_MICROSOFT = (
    "Microsoft, Outlook's New Requirements for High-Volume Senders (techcommunity.microsoft.com), of 2025-04-02,"
    " in force since 2025-05-05"
)

GMAIL_SPF_OR_DKIM = Rule(
    code="GMAIL_WANTS_SPF_OR_DKIM",
    topic=Topic.DMARC,
    severity=Severity.WARNING,
    title="Gmail refuses our mail in the name of {about}: neither SPF nor DKIM passes.",
    meaning=(
        "Gmail wants SPF or DKIM of everybody who writes to its personal accounts, and answers 550 5.7.26"
        " otherwise (at first 421 4.7.26)."
    ),
    fix="Make SPF pass for our mail, or let the platform sign with DKIM.",
    source=_GOOGLE,
)
GMAIL_NO_GMAIL_FROM = Rule(
    code="GMAIL_WANTS_NO_GMAIL_FROM",
    topic=Topic.DMARC,
    severity=Severity.WARNING,
    title="Gmail mistrusts mail that says it comes from {about} and was not sent by Gmail.",
    meaning=(
        "Gmail asks everybody not to put its own domains into From, and says that such mail may not be"
        " delivered. Nobody but Google can vouch for these domains."
    ),
    fix="Send from the platform's own address, or from a domain of the company's own.",
    source=_GOOGLE,
)
GMAIL_LARGE_SENDERS = Rule(
    code="GMAIL_WANTS_MORE_OF_LARGE_SENDERS",
    topic=Topic.DMARC,
    severity=Severity.NOTE,
    title="If {about} sends 5,000 messages a day to Gmail, our mail does not meet Gmail's rules.",
    meaning=(
        "Of a domain that sends close to 5,000 messages or more within 24 hours to personal Gmail accounts"
        " (subdomains count together), Gmail wants SPF and DKIM, a DMARC policy of at least none, and From"
        " aligned with SPF or DKIM. Otherwise it slows the mail down (421 4.7.27, 4.7.30, 4.7.32, 4.7.40) or"
        " refuses it (550 5.7.27, 5.7.30, 5.7.40). Fewer messages need only SPF or DKIM."
    ),
    fix="Mend what is shown. Nothing has to be done for a company that sends few messages.",
    source=f"{_GOOGLE}; {_GOOGLE_FAQ}",
)
YAHOO_SPF_OR_DKIM = Rule(
    code="YAHOO_WANTS_SPF_OR_DKIM",
    topic=Topic.DMARC,
    severity=Severity.WARNING,
    title="Yahoo refuses our mail in the name of {about}: neither SPF nor DKIM passes.",
    meaning="Yahoo and AOL want SPF or DKIM of everybody, and answer 550 5.7.9 otherwise.",
    fix="Make SPF pass for our mail, or let the platform sign with DKIM.",
    source=_YAHOO,
)
YAHOO_LARGE_SENDERS = Rule(
    code="YAHOO_WANTS_MORE_OF_LARGE_SENDERS",
    topic=Topic.DMARC,
    severity=Severity.NOTE,
    title="If {about} sends much mail to Yahoo, our mail does not meet Yahoo's rules.",
    meaning=(
        "Of those who send much, Yahoo and AOL want SPF and DKIM, a DMARC policy of at least none that passes,"
        " and From aligned with SPF or DKIM (relaxed is enough). Otherwise they defer the mail, put it into the"
        " spam folder or refuse it. Yahoo names no number; Gmail's 5,000 a day is taken for it."
    ),
    fix="Mend what is shown. Nothing has to be done for a company that sends few messages.",
    source=_YAHOO,
)
MICROSOFT_RECOMMENDS = Rule(
    code="MICROSOFT_RECOMMENDS_SPF_AND_DKIM",
    topic=Topic.DMARC,
    severity=Severity.NOTE,
    title="Outlook.com may put our mail in the name of {about} into the junk folder: neither SPF nor DKIM passes.",
    meaning=(
        "Microsoft demands nothing of small senders to Outlook.com, Hotmail and Live, but urges everybody to use"
        " SPF, DKIM and DMARC, and filters mail that nobody vouches for."
    ),
    fix="Make SPF pass for our mail, or let the platform sign with DKIM.",
    source=_MICROSOFT,
)
MICROSOFT_LARGE_SENDERS = Rule(
    code="MICROSOFT_WANTS_MORE_OF_LARGE_SENDERS",
    topic=Topic.DMARC,
    severity=Severity.NOTE,
    title="If {about} sends over 5,000 messages a day to Outlook.com, Microsoft refuses our mail.",
    meaning=(
        "Of a domain that sends more than 5,000 messages a day to Outlook.com, Hotmail and Live, Microsoft wants"
        " SPF and DKIM that pass, and a DMARC policy of at least none, aligned with SPF or DKIM. Other mail is"
        " refused with 550 5.7.515. Mailboxes of companies at Microsoft 365 do not have this rule."
    ),
    fix="Mend what is shown. Nothing has to be done for a company that sends few messages.",
    source=_MICROSOFT,
)

RULES: tuple[Rule, ...] = (
    GMAIL_SPF_OR_DKIM,
    GMAIL_NO_GMAIL_FROM,
    GMAIL_LARGE_SENDERS,
    YAHOO_SPF_OR_DKIM,
    YAHOO_LARGE_SENDERS,
    MICROSOFT_RECOMMENDS,
    MICROSOFT_LARGE_SENDERS,
)

"""A refusal names its cause and what to do, by whose server it is."""

from __future__ import annotations

import csv
import re
from importlib.resources import files

import pytest

import checks.smtp
from checks.providers import built_in as providers
from checks.smtp import connection_rules, login_rules, replies, trouble
from checks.smtp.replies import Known, Reply
from checks.smtp.result import Result, result_of
from tests.support.shared import SHARED

TABLE = replies.built_in()
FAILURES = SHARED / "reference" / "smtp_failures.csv"


@pytest.mark.parametrize("row", TABLE.known, ids=lambda row: row.sample.text[:60])
def test_the_sample_of_a_row_ends_in_its_cause(row: Known) -> None:
    for provider in row.providers or {""}:
        found = TABLE.explain(row.sample, provider)
        assert (found.cause.code, found.recognised) == (row.cause.code, True)
        assert found.step.endswith(".")
    assert row.source


@pytest.mark.parametrize(
    "row", [row for row in TABLE.known if row.telling], ids=lambda row: row.sample.text[:60]
)
def test_words_that_one_provider_alone_uses_count_where_nobody_is_known(row: Known) -> None:
    assert TABLE.explain(row.sample).cause is row.cause


def test_a_row_has_either_providers_or_software() -> None:
    assert [row.sample.text for row in TABLE.known if bool(row.providers) is bool(row.software)] == []


def test_every_provider_of_the_table_is_a_provider() -> None:
    table = providers()
    named = {p.name for by in (table.by_mx, table.by_server, table.by_domain) for p in by.values()}
    used = {name for row in TABLE.known for name in row.providers} | {name for name, _ in TABLE.steps}
    assert used - named == set()


def test_an_answer_is_added_by_a_row_alone() -> None:
    row = (
        '[[reply]]\nproviders = ["Ours"]\ncodes = [535]\npattern = "wrong moon"\ncause = "SMTP_ACCOUNT_LOCKED"\n'
        'source = "us"\nsample = "535 5.7.8 Wrong moon."\n'
        '[[step]]\nproviders = ["Ours"]\ncauses = ["SMTP_ACCOUNT_LOCKED"]\ntext = "Wait for the moon."\nsource = "us"\n'
    )
    table = replies.read((files(checks.smtp) / "replies.toml").read_text(encoding="utf-8") + "\n" + row)
    found = table.explain(Reply.of(535, "5.7.8 Wrong moon, once more"), "Ours")
    assert (found.cause, found.step) == (login_rules.ACCOUNT_LOCKED, "Wait for the moon.")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x = ", "not TOML"),
        (
            '[[reply]]\npattern = "("\ncause = "SMTP_WRONG_PASSWORD"\nsource = "x"\nsample = "535 x"',
            "needs pattern",
        ),
        ('[[reply]]\npattern = "x"\ncause = "SMTP_NONE"\nsource = "x"\nsample = "535 x"', "needs pattern"),
        (
            '[[reply]]\npattern = "x"\ncause = "SMTP_WRONG_PASSWORD"\nsource = "x"\nsample = "x"',
            "needs pattern",
        ),
        ('[[step]]\nproviders = ["x"]', "needs providers"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        replies.read(text)


@pytest.mark.parametrize(
    ("code", "text", "cause"),
    [
        (535, "no", "SMTP_WRONG_PASSWORD"),
        (535, "5.7.8 no", "SMTP_WRONG_PASSWORD"),
        (535, "5.7.139 no", "SMTP_LOGIN_REFUSED"),
        (535, "5.7.3 no", "SMTP_LOGIN_REFUSED"),
        (530, "5.7.0 log in", "SMTP_LOGIN_REQUIRED"),
        (534, "5.7.9 too weak", "SMTP_MECHANISM_NOT_OFFERED"),
        (538, "5.7.11 no", "SMTP_TLS_REQUIRED"),
        (503, "5.5.1 no", "SMTP_AUTH_NOT_OFFERED"),
        (504, "no", "SMTP_MECHANISM_NOT_OFFERED"),
        (421, "busy", "SMTP_TOO_MANY_CONNECTIONS"),
        (435, "no", "SMTP_TEMPORARY_FAULT"),
        (454, "no", "SMTP_TEMPORARY_FAULT"),
        (499, "no", "SMTP_TEMPORARY_FAULT"),
        (550, "no", "SMTP_LOGIN_REFUSED"),
        (599, "no", "SMTP_LOGIN_REFUSED"),
        (200, "yes", "SMTP_ANSWER_UNREADABLE"),
        (999, "?", "SMTP_ANSWER_UNREADABLE"),
    ],
)
def test_what_nobody_knows_is_judged_by_its_code(code: int, text: str, cause: str) -> None:
    found = TABLE.explain(Reply.of(code, text), "Nobody")
    assert (found.cause.code, found.recognised) == (cause, False)


def test_the_same_words_mean_another_thing_elsewhere() -> None:
    reply = Reply.of(535, "5.7.8 Error: authentication failed: UGFzc3dvcmQ6")
    causes = {
        name: TABLE.explain(reply, name).cause.code for name in ("Apple iCloud", "mailbox.org", "", "Loopia")
    }
    assert causes == {
        "Apple iCloud": "SMTP_APP_PASSWORD_NEEDED",
        "mailbox.org": "SMTP_APP_PASSWORD_NEEDED",
        "": "SMTP_WRONG_PASSWORD",
        "Loopia": "SMTP_WRONG_PASSWORD",
    }


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("authentication failure", "SMTP_WRONG_PASSWORD"),
        ("Invalid authentication mechanism", "SMTP_MECHANISM_NOT_OFFERED"),
        ("generic failure", "SMTP_TEMPORARY_FAULT"),
        ("Connection lost to authentication server", "SMTP_TEMPORARY_FAULT"),
        ("account is locked", "SMTP_ACCOUNT_LOCKED"),
        ("User account is disabled", "SMTP_ACCOUNT_DISABLED"),
        ("application-specific password required", "SMTP_APP_PASSWORD_NEEDED"),
        ("too many failed logins", "SMTP_TOO_MANY_ATTEMPTS"),
    ],
)
def test_a_reason_that_postfix_passes_on_counts_for_more_than_its_own_words(reason: str, cause: str) -> None:
    found = TABLE.explain(Reply.of(535, f"5.7.8 Error: authentication failed: {reason}"), "Loopia")
    assert (found.cause.code, found.recognised) == (cause, True)


@pytest.mark.parametrize(
    "text",
    [
        "5.7.1 Service unavailable; Client host [192.0.2.1] blocked using bl.example.org; see why",
        "5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied",
        "mail.example.com ESMTP not available, IP address is black listed",
    ],
)
def test_who_turns_our_address_away_is_not_said_to_refuse_a_password(text: str) -> None:
    assert TABLE.explain(Reply.of(554, text)).cause is login_rules.OUR_ADDRESS_REFUSED


def test_too_many_failed_logins_from_our_address_pass_by_themselves() -> None:
    said = "Message rejected because [192.0.2.1] is blacklisted\nToo many failed logins"
    assert TABLE.explain(Reply.of(550, said)).cause is login_rules.TOO_MANY_ATTEMPTS


def test_only_wrong_credentials_ask_a_tenant_of_microsoft_for_the_password() -> None:
    told = {row.cause.code for row in TABLE.known if row.sample.enhanced_code == "5.7.139"}
    assert len(told) == 7
    asks = [
        row.sample.text
        for row in TABLE.known
        if row.sample.enhanced_code == "5.7.139" and row.cause is login_rules.WRONG_PASSWORD
    ]
    assert asks == ["5.7.139 Authentication unsuccessful, the user credentials were incorrect."]


def test_folded_lines_become_one() -> None:
    reply = Reply.of(535, "5.7.8 Username and\n5.7.8 Password not\n5.7.8 accepted.")
    assert reply == Reply(535, "5.7.8", "5.7.8 Username and Password not accepted.")
    assert Reply.of(535, "") == Reply(535, "", "")
    assert Reply.of(535, "5.7.8.9 x").enhanced_code == ""


def test_every_cause_has_one_result() -> None:
    told = [
        rule
        for rule in (*connection_rules.RULES, *login_rules.RULES)
        if rule is not login_rules.BASIC_AUTH_ENDS
    ]
    assert {result_of(rule) for rule in told} == set(Result) - {Result.OK}


# The failures that others collected: facts to be matched, read in place

CAUSES = {
    # by the row's provider and the beginning of its pattern
    ("Google (Gmail/Workspace)", "Username"): "SMTP_WRONG_PASSWORD",
    ("Google (Gmail/Workspace)", "Application"): "SMTP_APP_PASSWORD_NEEDED",
    ("Google (Gmail/Workspace)", "Please log"): "SMTP_WEB_LOGIN_NEEDED",
    ("Google (Gmail/Workspace)", "5\\.7\\.90"): "SMTP_WEB_LOGIN_NEEDED",
    ("Google (Gmail/Workspace)", "Too many"): "SMTP_TOO_MANY_ATTEMPTS",
    ("Google (Gmail/Workspace)", "Cannot"): "SMTP_TEMPORARY_FAULT",
    ("Google (Gmail/Workspace)", "Try again"): "SMTP_TOO_MANY_CONNECTIONS",
    ("Google (Gmail/Workspace)", "Authentication required"): "SMTP_LOGIN_REQUIRED",
    ("Google (Gmail/Workspace)", "Must issue"): "SMTP_TLS_REQUIRED",
    ("Google (Gmail/Workspace)", "Unrecognized"): "SMTP_MECHANISM_NOT_OFFERED",
    ("Google (Gmail/Workspace)", "Daily"): "SMTP_QUOTA_USED_UP",
    ("Google Workspace SMTP relay", "Invalid"): "SMTP_OUR_ADDRESS_REFUSED",
    ("Google (XOAUTH2)", '"status"'): "SMTP_TOKEN_REFUSED",
    ("Microsoft 365", "SmtpClientAuthentication is disabled for the Tenant"): "SMTP_AUTH_OFF_FOR_TENANT",
    ("Microsoft 365", "SmtpClientAuthentication is disabled for the Mailbox"): "SMTP_AUTH_OFF_FOR_MAILBOX",
    ("Microsoft 365 / Outlook.com", "basic"): "SMTP_BASIC_AUTH_ENDED",
    ("Microsoft 365", "user is locked"): "SMTP_SECURITY_DEFAULTS",
    ("Microsoft 365", "did not meet"): "SMTP_CONDITIONAL_ACCESS",
    ("Microsoft 365", "the user credentials"): "SMTP_WRONG_PASSWORD",
    ("Microsoft 365", "account (is"): "SMTP_ACCOUNT_LOCKED",
    ("Microsoft 365 / Exchange", "5\\.7\\.3"): "SMTP_LOGIN_REFUSED",
    ("Microsoft 365", "5\\.7\\.57"): "SMTP_LOGIN_REQUIRED",
    ("Microsoft 365", "Basic authentication"): "SMTP_BASIC_AUTH_ENDED",
    ("Microsoft 365 / Exchange", "does not have"): "SMTP_SENDER_NOT_ALLOWED",
    ("Microsoft 365 / Outlook.com", "SendAsDenied"): "SMTP_SENDER_NOT_ALLOWED",
    ("Microsoft 365 / Exchange", "5\\.7\\.4"): "SMTP_MECHANISM_NOT_OFFERED",
    ("Microsoft 365", "TLS 1"): "SMTP_TLS_FAILED",
    ("Microsoft 365", "Concurrent"): "SMTP_TOO_MANY_CONNECTIONS",
    ("Microsoft 365", "4\\.7\\.0"): "SMTP_TEMPORARY_FAULT",
    ("Microsoft 365", "Access denied"): "SMTP_SENDING_BLOCKED",
    ("Microsoft 365", "5\\.7\\.70"): "SMTP_SENDING_BLOCKED",
    ("Exchange on-prem", "5\\.7\\.1"): "SMTP_LOGIN_REQUIRED",
    ("Yahoo / AOL / AT&T", "#AUTH005"): "SMTP_APP_PASSWORD_NEEDED",
    ("Yahoo / AOL / AT&T", "#AUTH00\\d"): "SMTP_APP_PASSWORD_NEEDED",
    ("Apple iCloud", "5\\.7\\.8"): "SMTP_APP_PASSWORD_NEEDED",
    ("Apple iCloud", "From"): "SMTP_SENDER_NOT_ALLOWED",
    ("Zoho Mail / ZeptoMail", "^Auth"): "SMTP_WRONG_PASSWORD",
    ("Zoho Mail", "Relaying"): "SMTP_SENDER_NOT_ALLOWED",
    ("Zoho Mail", "Sender"): "SMTP_SENDING_BLOCKED",
    ("Amazon SES", "Authentication Credentials"): "SMTP_KEY_NEEDED",
    ("Amazon SES", "Account not"): "SMTP_ACCOUNT_NOT_READY",
    ("Amazon SES", "Temporary"): "SMTP_TEMPORARY_FAULT",
    ("Amazon SES", "Throttling"): "SMTP_QUOTA_USED_UP",
    ("Amazon SES", "^Authentication required"): "SMTP_LOGIN_REQUIRED",
    ("Amazon SES", "not authorized"): "SMTP_PERMISSION_MISSING",
    ("Amazon SES", "Email address"): "SMTP_SENDER_NOT_ALLOWED",
    ("Amazon SES", "Too many"): "SMTP_TOO_MANY_CONNECTIONS",
    ("SendGrid", "Authentication failed: Bad"): "SMTP_KEY_NEEDED",
    ("SendGrid", "Authentication failed: Maximum"): "SMTP_QUOTA_USED_UP",
    ("SendGrid", "not authorized"): "SMTP_SENDER_NOT_ALLOWED",
    ("Brevo", "Unauthorized"): "SMTP_OUR_ADDRESS_REFUSED",
    ("Brevo", "^5\\.7\\.8"): "SMTP_KEY_NEEDED",
    ("Mailgun", "Mailgun"): "SMTP_KEY_NEEDED",
    ("Mandrill / Mailchimp Transactional", "4\\.7\\.8"): "SMTP_KEY_NEEDED",
    ("Mimecast (as smart host)", "Incorrect"): "SMTP_WRONG_PASSWORD",
    ("GoDaddy (inbound host used)", "Auth"): "SMTP_WRONG_SERVER",
    ("GoDaddy", "Auth"): "SMTP_ACCOUNT_DISABLED",
    ("GMX / WEB.DE / mail.com / IONOS", "^Auth"): "SMTP_WRONG_PASSWORD",
    ("Mail.ru", "NEOB"): "SMTP_APP_PASSWORD_NEEDED",
    ("QQ Mail", "enter"): "SMTP_APP_PASSWORD_NEEDED",
    ("Yandex", "does not"): "SMTP_AUTH_OFF_FOR_MAILBOX",
    ("mailbox.org", "5\\.7\\.8"): "SMTP_APP_PASSWORD_NEEDED",
    ("Hostinger", "auth"): "SMTP_WRONG_PASSWORD",
    ("Postfix (any host)", "5\\.7\\.8"): "SMTP_WRONG_PASSWORD",
    ("Postfix (any host)", "4\\.7\\.0"): "SMTP_TEMPORARY_FAULT",
    ("Postfix with soft_bounce", "4\\.7\\.8"): "SMTP_WRONG_PASSWORD",
    ("Postfix (any host)", "authentication not"): "SMTP_AUTH_NOT_OFFERED",
    ("Postfix (any host)", "Encryption"): "SMTP_TLS_REQUIRED",
    ("Postfix (any host)", "too many AUTH"): "SMTP_TOO_MANY_ATTEMPTS",
    ("Postfix (any host)", "too many (errors"): "SMTP_TOO_MANY_ATTEMPTS",
    ("Postfix (any host)", "TLS not"): "SMTP_TLS_UNAVAILABLE",
    ("Dovecot submission", "^5\\.7\\.8"): "SMTP_WRONG_PASSWORD",
    ("Dovecot submission", "^4\\.7\\.0"): "SMTP_TEMPORARY_FAULT",
    ("Dovecot submission", "^5\\.7\\.13"): "SMTP_ACCOUNT_DISABLED",
    ("Dovecot submission", "^5\\.7\\.10"): "SMTP_TLS_REQUIRED",
    ("Exim / cPanel (any host)", "Incorrect"): "SMTP_WRONG_PASSWORD",
    ("Exim / cPanel (any host)", "Unable"): "SMTP_TEMPORARY_FAULT",
    ("Exim (any host)", "AUTH"): "SMTP_AUTH_NOT_OFFERED",
    ("Exim (any host)", "auth"): "SMTP_MECHANISM_NOT_OFFERED",
    ("cPanel / Exim", "Please"): "SMTP_LOGIN_REQUIRED",
    ("hMailServer", "Auth"): "SMTP_WRONG_PASSWORD",
    ("MailEnable", "User"): "SMTP_ACCOUNT_DISABLED",
}
PROVIDERS = {
    "Google": ("Google",),
    "Microsoft": ("Microsoft 365", "Outlook.com"),
    "Yahoo": ("Yahoo", "AOL", "AT&T"),
    "Apple": ("Apple iCloud",),
    "Zoho": ("Zoho Mail", "Zoho Mail (EU)", "Zoho Mail (India)"),
    "Amazon": ("Amazon SES",),
    "SendGrid": ("SendGrid",),
    "Brevo": ("Brevo",),
    "Mailgun": ("Mailgun",),
    "Mandrill": ("Mandrill",),
    "Mimecast": ("Mimecast",),
    "GoDaddy": ("GoDaddy",),
    "GMX": ("GMX", "WEB.DE", "mail.com", "IONOS"),
    "Mail.ru": ("Mail.ru",),
    "QQ": ("Tencent QQ",),
    "Yandex": ("Yandex 360",),
    "mailbox.org": ("mailbox.org",),
    "Hostinger": ("Hostinger",),
}
TRANSPORT = "any (transport)"


def rows() -> list[dict[str, str]]:
    if not FAILURES.exists():
        return []
    with FAILURES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def texts(row: dict[str, str]) -> list[str]:
    """Texts that match the row's pattern: one for each of its alternatives, with the enhanced code in front too."""
    made = []
    for bare in alternatives(row["text_pattern"]):
        text = bare.strip()
        made.append(text)
        if (
            row["enhanced_code"]
            and not text.startswith(row["enhanced_code"])
            and "^" not in row["text_pattern"]
        ):
            made.append(f"{row['enhanced_code']} {text}")
    return [text for text in made if re.search(row["text_pattern"], text, re.IGNORECASE)]


def alternatives(pattern: str) -> list[str]:
    """The pattern written out, each alternative by itself; enough of the language of patterns for these rows."""
    plain = re.sub(r"\(\?!.*?\)", "reason", pattern)
    choices = [""]
    for part in re.split(r"(\((?:[^()\\]|\\.)*\)\??)", plain):
        if re.fullmatch(r"\((?:[^()\\]|\\.)*\)\??", part):
            inner = part.rstrip("?")[1:-1].split("|")
            inner += [""] if part.endswith("?") else []
            choices = [choice + one for choice in choices for one in inner]
        else:
            choices = [choice + part for choice in choices]
    return [literal(one) for choice in choices for one in choice.split("|")]


def literal(pattern: str) -> str:
    text = re.sub(r"\[(.)[^]]*\]", r"\1", pattern)
    text = text.replace(r"\s*", "").replace(".*", " ").replace(r"\d", "5").replace(".?", "'")
    return re.sub(r"\\(.)", r"\1", re.sub(r"(?<!\\)[\^$]", "", re.sub(r"(?<!\\)(.)\?", r"\1", text)))


def mapped(row: dict[str, str]) -> str:
    found = [
        (beginning, cause)
        for (provider, beginning), cause in CAUSES.items()
        if provider == row["provider"]
        and (row["text_pattern"] + row["text_pattern"].lstrip("^")).find(beginning) == 0
    ]
    return max(found)[1]


def known_as(row: dict[str, str]) -> tuple[str, ...]:
    return next((names for start, names in PROVIDERS.items() if row["provider"].startswith(start)), ("",))


REPLIES = [row for row in rows() if row["provider"] != TRANSPORT]
needs_shared = pytest.mark.skipif(not FAILURES.exists(), reason="../shared/reference is not there")


@needs_shared
def test_the_failures_are_all_there() -> None:
    assert len(rows()) == 91
    assert all(texts(row) for row in REPLIES)


@needs_shared
@pytest.mark.parametrize("row", REPLIES, ids=lambda row: f"{row['provider']}: {row['text_pattern'][:40]}")
def test_a_collected_failure_ends_in_its_cause(row: dict[str, str]) -> None:
    for provider in known_as(row):
        for text in texts(row):
            found = TABLE.explain(Reply.of(int(row["code"]), text), provider)
            expected = mapped(row)
            if "connections from" in text or "TLS sessions" in text:
                expected = "SMTP_TOO_MANY_CONNECTIONS"
            assert (found.cause.code, found.recognised) == (expected, True), (text, provider)


@needs_shared
@pytest.mark.parametrize("row", REPLIES, ids=lambda row: f"{row['provider']}: {row['text_pattern'][:40]}")
@pytest.mark.parametrize("other", ["Google", "Microsoft 365", "Apple iCloud", "Brevo", "Loopia"])
def test_the_same_text_elsewhere_ends_in_that_providers_or_the_generic_cause(
    row: dict[str, str], other: str
) -> None:
    if other in known_as(row):
        return
    for text in texts(row):
        reply = Reply.of(int(row["code"]), text)
        found = TABLE.explain(reply, other)
        fitting = [known for known in TABLE.known if known.fits(reply)]
        own = [known.cause for known in fitting if other in known.providers]
        generic = [known.cause for known in fitting if known.software] or [replies.by_code(reply)]
        assert found.cause in (own or generic)


@needs_shared
@pytest.mark.parametrize(
    "row", [row for row in rows() if row["provider"] == TRANSPORT], ids=lambda row: row["text_pattern"][:40]
)
def test_a_collected_failure_of_the_transport_is_a_behaviour(row: dict[str, str]) -> None:
    """Their texts are exceptions, not answers: `behaviours.py` has a server that makes each of them."""
    from tests.checks.smtp.behaviours import ROWS

    expected = {
        "certificate has expired": "SMTP_CERTIFICATE_EXPIRED",
        "self-signed": "SMTP_CERTIFICATE_SELF_SIGNED",
        "unable to get local issuer": "SMTP_CERTIFICATE_UNKNOWN_ISSUER",
        "Hostname mismatch": "SMTP_CERTIFICATE_WRONG_NAME",
        "WRONG_VERSION_NUMBER": "SMTP_TLS_MODE_MIXED_UP",
        "Timed out waiting": "SMTP_TIMED_OUT",
        "Malformed": "SMTP_NOT_SMTP",
        "Response too long": "SMTP_NOT_SMTP",
        "STARTTLS extension": "SMTP_STARTTLS_MISSING",
    }
    (cause,) = (cause for words, cause in expected.items() if words in row["text_pattern"])
    assert cause in {behaviour.cause for behaviour in ROWS}


def test_a_certificate_is_named_by_its_number() -> None:
    numbers = {9, 10, 18, 19, 20, 21, 62, 64}
    assert set(trouble.CERTIFICATES) == numbers

"""What servers do, right and wrong, and what a login makes of it. `test_behaviours.py` runs each on loopback."""

from __future__ import annotations

from dataclasses import dataclass

from checks.smtp.conversation import GOODBYE
from checks.smtp.credentials import SecretKind
from checks.smtp.result import Security
from tests.support.smtp_scripts import (
    after_user_name,
    asking_for_the_initial_response,
    asking_forever,
    asking_twice,
    bad_challenge,
    dripping,
    endless_greeting,
    endless_line,
    hang_up,
    implicit_only,
    injecting,
    not_utf8,
    not_without,
    old_tls,
    old_tls_after_starttls,
    quiet_at_quit,
    refusing,
    resetting,
    saying,
    text_in_place_of_tls,
    tls_and_a_refusal,
    tls_and_silence,
    token_refused,
    until,
    waiting,
    web_server,
)
from tests.support.smtp_server import Script, polite

HOST = "mail.example.test"
STARTTLS, IMPLICIT = Security.STARTTLS, Security.IMPLICIT
SHORT = 0.6
"""Seconds for a step where the server is silent on purpose: only what never comes may be waited for so briefly."""


@dataclass(frozen=True)
class Behaviour:
    """A server, how it is called and trusted, and how the login ends.

    `seconds`: for which what never comes is waited for. `certificate`: good, expired, future, self_signed, other_name,
    stranger (an authority that nobody trusts), stranger_with_chain. No script: nothing listens at the port.
    """

    says: str
    script: Script | None
    result: str
    cause: str = ""
    attempts: int = 0
    security: Security = STARTTLS
    certificate: str = "good"
    host: str = HOST
    step: float = 10.0
    seconds: float = 0.0
    kind: SecretKind = SecretKind.PASSWORD
    code: int | None = None
    enhanced_code: str = ""
    text: str | None = None
    auths: tuple[str, ...] | None = None


CERTIFICATES = {
    "expired": "SMTP_CERTIFICATE_EXPIRED",
    "future": "SMTP_CERTIFICATE_NOT_YET_VALID",
    "self_signed": "SMTP_CERTIFICATE_SELF_SIGNED",
    "stranger_with_chain": "SMTP_CERTIFICATE_SELF_SIGNED",
    "stranger": "SMTP_CERTIFICATE_UNKNOWN_ISSUER",
    "other_name": "SMTP_CERTIFICATE_WRONG_NAME",
}

ROWS: tuple[Behaviour, ...] = (
    # smtp.md 1.3
    Behaviour("a good login after STARTTLS", polite(), "ok", attempts=1, code=235, enhanced_code="2.7.0"),
    Behaviour(
        "a good login with implicit TLS", polite(implicit=True), "ok", attempts=1, security=IMPLICIT, code=235
    ),
    Behaviour(
        "a wrong password",
        refusing("535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6"),
        "refused",
        "SMTP_WRONG_PASSWORD",
        1,
        code=535,
        enhanced_code="5.7.8",
    ),
    Behaviour(
        "a server that wants STARTTLS although TLS stands",
        refusing("530 5.7.0 Must issue a STARTTLS command first", implicit=True),
        "insecure",
        "SMTP_TLS_REQUIRED",
        1,
        security=IMPLICIT,
        code=530,
    ),
    Behaviour("STARTTLS is not offered", polite(starttls=False), "insecure", "SMTP_STARTTLS_MISSING"),
    Behaviour(
        "STARTTLS is stripped, and AUTH is offered in clear",
        polite(starttls=False, auth_before_tls=True),
        "insecure",
        "SMTP_STARTTLS_MISSING",
        auths=(),
    ),
    Behaviour(
        "454 to STARTTLS",
        until("STARTTLS", saying("454 4.7.0 TLS not available due to local problem"), encrypted=False),
        "unknown",
        "SMTP_TLS_UNAVAILABLE",
        code=454,
        enhanced_code="4.7.0",
    ),
    Behaviour(
        "only XOAUTH2 is offered, and we hold a password",
        polite(mechanisms="XOAUTH2 OAUTHBEARER"),
        "refused",
        "SMTP_MECHANISM_NOT_OFFERED",
        auths=(),
    ),
    *(
        Behaviour(
            f"certificate: {name}, {mode}",
            polite(implicit=mode is IMPLICIT),
            "insecure",
            cause,
            security=mode,
            certificate=name,
            auths=(),
        )
        for name, cause in CERTIFICATES.items()
        for mode in Security
    ),
    Behaviour(
        "a certificate without the address that stands in place of a name",
        polite(),
        "insecure",
        "SMTP_CERTIFICATE_WRONG_NAME",
        host="127.0.0.1",
    ),
    Behaviour("only TLS 1.1", old_tls, "insecure", "SMTP_TLS_FAILED", security=IMPLICIT),
    Behaviour(
        "only TLS 1.1 after STARTTLS",
        until("STARTTLS", old_tls_after_starttls, encrypted=False),
        "insecure",
        "SMTP_TLS_FAILED",
    ),
    Behaviour("nothing listens", None, "unreachable", "SMTP_CONNECTION_REFUSED"),
    Behaviour("no such name", None, "unreachable", "SMTP_HOST_UNKNOWN", host="nowhere.example.test"),
    Behaviour(
        "the name cannot be looked up", None, "unknown", "SMTP_LOOKUP_FAILED", host="dark.example.test"
    ),
    Behaviour("a silent server", waiting, "unreachable", "SMTP_TIMED_OUT", step=SHORT, seconds=2 * SHORT),
    Behaviour(
        "a web server that waits for us",
        web_server,
        "unreachable",
        "SMTP_TIMED_OUT",
        step=SHORT,
        seconds=SHORT,
    ),
    Behaviour(
        "STARTTLS chosen at a port with implicit TLS",
        implicit_only,
        "insecure",
        "SMTP_TLS_MODE_MIXED_UP",
        step=2.0,
        seconds=2.0,
    ),
    Behaviour(
        "the TLS handshake stalls",
        waiting,
        "unreachable",
        "SMTP_TIMED_OUT",
        security=IMPLICIT,
        step=SHORT,
        seconds=SHORT,
    ),
    Behaviour(
        "the TLS handshake after STARTTLS stalls",
        until("STARTTLS", saying("220 go"), encrypted=False),
        "unreachable",
        "SMTP_TIMED_OUT",
        step=SHORT,
        seconds=SHORT,
    ),
    Behaviour("a web server greets", saying("HTTP/1.1 400 Bad Request"), "unreachable", "SMTP_NOT_SMTP"),
    Behaviour("an SSH server greets", saying("SSH-2.0-OpenSSH_9.2"), "unreachable", "SMTP_NOT_SMTP"),
    Behaviour("an IMAP server greets", saying("* OK IMAP4rev1 ready"), "unreachable", "SMTP_NOT_SMTP"),
    Behaviour(
        "implicit TLS at a port with STARTTLS",
        polite(),
        "insecure",
        "SMTP_TLS_MODE_MIXED_UP",
        security=IMPLICIT,
    ),
    Behaviour(
        "implicit TLS at a web server",
        web_server,
        "unreachable",
        "SMTP_NOT_SMTP",
        security=IMPLICIT,
        step=2.0,
        seconds=2.0,
    ),
    Behaviour(
        "greeted with 421", saying("421 4.3.2 not now"), "unreachable", "SMTP_TURNED_AWAY_FOR_NOW", code=421
    ),
    Behaviour("greeted with 554", saying("554 5.7.1 not you"), "unreachable", "SMTP_TURNED_AWAY", code=554),
    Behaviour(
        "greeted with 421, and the reason is known",
        saying("421 4.7.0 mail.example.test Error: too many connections from 192.0.2.1"),
        "unknown",
        "SMTP_TOO_MANY_CONNECTIONS",
        code=421,
    ),
    Behaviour(
        "AUTH answered by 421",
        refusing("421 4.7.0 closing"),
        "unknown",
        "SMTP_TOO_MANY_CONNECTIONS",
        1,
        code=421,
    ),
    Behaviour(
        "AUTH answered by 454",
        refusing("454 4.7.0 Temporary authentication failure: no backend"),
        "unknown",
        "SMTP_TEMPORARY_FAULT",
        1,
        code=454,
    ),
    Behaviour("the server hangs up during AUTH", until("AUTH", hang_up), "unknown", "SMTP_ANSWER_LOST", 1),
    Behaviour("the server resets during AUTH", until("AUTH", resetting), "unknown", "SMTP_ANSWER_LOST", 1),
    Behaviour("a tarpit", until("AUTH", waiting), "unknown", "SMTP_ANSWER_LOST", 1, step=2.0, seconds=2.0),
    Behaviour("a greeting that drips", dripping, "unreachable", "SMTP_TIMED_OUT", step=SHORT, seconds=SHORT),
    Behaviour("a greeting of one endless line", endless_line, "unreachable", "SMTP_NOT_SMTP"),
    Behaviour("a greeting of endless lines", endless_greeting, "unreachable", "SMTP_NOT_SMTP"),
    Behaviour(
        "answers injected before TLS are not believed",
        until("STARTTLS", injecting, encrypted=False),
        "refused",
        "SMTP_AUTH_NOT_OFFERED",
        auths=(),
    ),
    # smtp.md 1.4
    Behaviour(
        "three mechanisms, and a refusal",
        refusing("535 5.7.8 Error: authentication failed: no", mechanisms="CRAM-MD5 PLAIN LOGIN"),
        "refused",
        "SMTP_WRONG_PASSWORD",
        1,
    ),
    Behaviour(
        "three mechanisms, and 454",
        refusing("454 4.7.0 Temporary authentication failure: x", mechanisms="CRAM-MD5 PLAIN LOGIN"),
        "unknown",
        "SMTP_TEMPORARY_FAULT",
        1,
    ),
    # mechanisms
    Behaviour("PLAIN is unknown after all, LOGIN works", not_without("LOGIN"), "ok", "", 2),
    Behaviour("only CRAM-MD5 works after all", not_without("CRAM-MD5"), "ok", "", 3),
    Behaviour(
        "none of three works",
        refusing("504 5.5.4 Unrecognized authentication type", mechanisms="CRAM-MD5 PLAIN LOGIN"),
        "refused",
        "SMTP_MECHANISM_NOT_OFFERED",
        3,
        code=504,
    ),
    Behaviour("only LOGIN is offered", polite(mechanisms="LOGIN"), "ok", "", 1),
    Behaviour("only CRAM-MD5 is offered", polite(mechanisms="CRAM-MD5"), "ok", "", 1),
    Behaviour("mechanisms offered in the old style", polite(old_style=True), "ok", "", 1),
    Behaviour("mechanisms in lower case", polite(mechanisms="plain login"), "ok", "", 1),
    Behaviour(
        "LOGIN refuses the user name",
        until("AUTH", after_user_name, mechanisms="LOGIN"),
        "refused",
        "SMTP_WRONG_PASSWORD",
        1,
        code=535,
    ),
    Behaviour(
        "PLAIN asks for its initial response", until("AUTH", asking_for_the_initial_response), "ok", "", 1
    ),
    Behaviour(
        "a server that never stops asking",
        until("AUTH", asking_forever),
        "unknown",
        "SMTP_ANSWER_UNREADABLE",
        1,
    ),
    Behaviour(
        "PLAIN is asked for more and cancelled: no other mechanism is tried after the password left",
        until("AUTH", asking_twice, mechanisms="PLAIN LOGIN CRAM-MD5"),
        "unknown",
        "SMTP_ANSWER_UNREADABLE",
        1,
        code=501,
    ),
    Behaviour(
        "a challenge that is no base64",
        until("AUTH", bad_challenge, mechanisms="CRAM-MD5"),
        "unknown",
        "SMTP_ANSWER_UNREADABLE",
        1,
        code=501,
    ),
    Behaviour("a token is accepted", polite(mechanisms="PLAIN XOAUTH2"), "ok", "", 1, kind=SecretKind.TOKEN),
    Behaviour(
        "a token is refused",
        until("AUTH", token_refused, mechanisms="XOAUTH2"),
        "refused",
        "SMTP_TOKEN_REFUSED",
        1,
        host="smtp.gmail.com",
        kind=SecretKind.TOKEN,
    ),
    Behaviour(
        "a token is not sent as a password",
        polite(mechanisms="PLAIN LOGIN"),
        "refused",
        "SMTP_MECHANISM_NOT_OFFERED",
        kind=SecretKind.TOKEN,
        auths=(),
    ),
    Behaviour("no AUTH after TLS", polite(mechanisms=None), "refused", "SMTP_AUTH_NOT_OFFERED", auths=()),
    Behaviour(
        "AUTH without a mechanism", polite(mechanisms=""), "refused", "SMTP_MECHANISM_NOT_OFFERED", auths=()
    ),
    # answers to AUTH
    Behaviour(
        "435, which is a wrong password",
        refusing("435 4.7.8 Error: authentication failed: soft"),
        "refused",
        "SMTP_WRONG_PASSWORD",
        1,
        code=435,
    ),
    Behaviour(
        "538",
        refusing("538 5.7.11 Encryption required for requested authentication mechanism"),
        "insecure",
        "SMTP_TLS_REQUIRED",
        1,
    ),
    Behaviour(
        "a disabled account",
        refusing("525 5.7.13 User account disabled"),
        "refused",
        "SMTP_ACCOUNT_DISABLED",
        1,
    ),
    Behaviour(
        "several lines",
        refusing("535-5.7.8 Username and Password not accepted. For more\n535 5.7.8 information, ask"),
        "refused",
        "SMTP_WRONG_PASSWORD",
        1,
        host="smtp.gmail.com",
        enhanced_code="5.7.8",
        text="5.7.8 Username and Password not accepted. For more information, ask",
    ),
    Behaviour(
        "the tenant's switch at Microsoft",
        refusing(
            "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. x"
        ),
        "refused",
        "SMTP_AUTH_OFF_FOR_TENANT",
        1,
        host="smtp.office365.com",
        enhanced_code="5.7.139",
    ),
    Behaviour(
        "a missing app password at iCloud",
        refusing("535 5.7.8 Error: authentication failed: x"),
        "refused",
        "SMTP_APP_PASSWORD_NEEDED",
        1,
        host="smtp.mail.me.com",
    ),
    Behaviour(
        "a refusal that nobody knows",
        refusing("550 5.7.999 Computer says no"),
        "refused",
        "SMTP_LOGIN_REFUSED",
        1,
    ),
    Behaviour(
        "an answer that is none", until("AUTH", saying("welcome!")), "unknown", "SMTP_ANSWER_UNREADABLE", 1
    ),
    Behaviour(
        "an answer of the wrong kind",
        refusing("250 2.0.0 ok"),
        "unknown",
        "SMTP_ANSWER_UNREADABLE",
        1,
        code=250,
    ),
    Behaviour(
        "an endless answer to AUTH", until("AUTH", endless_line), "unknown", "SMTP_ANSWER_UNREADABLE", 1
    ),
    Behaviour(
        "an answer that is no UTF-8",
        until("AUTH", not_utf8),
        "refused",
        "SMTP_WRONG_PASSWORD",
        1,
        text="5.7.8 gef lscht [31m",
    ),
    Behaviour("235, and then no goodbye", until("QUIT", quiet_at_quit), "ok", "", 1, seconds=GOODBYE),
    Behaviour("235, and hung up", until("QUIT", hang_up), "ok", "", 1),
    # before AUTH
    Behaviour("reset before the greeting", resetting, "unreachable", "SMTP_CONNECTION_LOST"),
    Behaviour("hung up before the greeting", hang_up, "unreachable", "SMTP_CONNECTION_LOST"),
    Behaviour(
        "hung up at EHLO", until("EHLO", hang_up, encrypted=False), "unreachable", "SMTP_CONNECTION_LOST"
    ),
    Behaviour(
        "EHLO is unknown",
        until("EHLO", saying("502 5.5.1 no"), encrypted=False),
        "unreachable",
        "SMTP_TURNED_AWAY",
    ),
    Behaviour(
        "EHLO takes too long",
        until("EHLO", waiting, encrypted=False),
        "unreachable",
        "SMTP_TIMED_OUT",
        step=SHORT,
        seconds=SHORT,
    ),
    Behaviour("hung up at the EHLO after TLS", until("EHLO", hang_up), "unreachable", "SMTP_CONNECTION_LOST"),
    Behaviour(
        "STARTTLS offered and refused",
        until("STARTTLS", saying("502 5.5.1 no"), encrypted=False),
        "insecure",
        "SMTP_STARTTLS_MISSING",
    ),
    Behaviour(
        "STARTTLS answered by text in place of TLS",
        until("STARTTLS", text_in_place_of_tls, encrypted=False),
        "insecure",
        "SMTP_TLS_FAILED",
    ),
    Behaviour("hung up in the TLS handshake", hang_up, "insecure", "SMTP_TLS_FAILED", security=IMPLICIT),
    Behaviour(
        "TLS stands, and no greeting comes",
        tls_and_silence,
        "unreachable",
        "SMTP_TIMED_OUT",
        security=IMPLICIT,
        step=2.0,
        seconds=4.0,
    ),
    Behaviour(
        "TLS stands, and a refusal greets",
        tls_and_a_refusal,
        "unreachable",
        "SMTP_TURNED_AWAY",
        security=IMPLICIT,
    ),
    Behaviour(
        "a greeting of several lines",
        polite(greeting="220-hello\r\n220-be nice\r\n220 mail.example.test"),
        "ok",
        "",
        1,
    ),
)

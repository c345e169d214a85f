"""Companies whose own server does not let us in: what each provider says, and what becomes of it."""

from __future__ import annotations

from data.demo.scenario import Expected, Manner, OwnServer, Password
from data.demo.scenarios.server import (
    AT_GOOGLE,
    AT_MICROSOFT,
    GOOGLES_SPF,
    MICROSOFTS_SPF,
    OWN_HOST,
    own,
)

_HALF_AN_HOUR = 1_860.0


def _refused(cause: str, smtp: str, spf: str = "missing") -> Expected:
    return Expected("failure", cause, spf=spf, smtp=smtp)


REFUSED = (
    own(
        "the password was changed",
        2,
        _refused("SMTP_WRONG_PASSWORD", "failing"),
        OwnServer(password=Password.FORMER),
    ),
    own(
        "the password was changed, as a second look confirms",
        1,
        _refused("SMTP_WRONG_PASSWORD", "paused"),
        OwnServer(OWN_HOST, password=Password.FORMER, looks=(_HALF_AN_HOUR,)),
    ),
    own(
        "a refusal in words that nobody knows",
        1,
        _refused("SMTP_WRONG_PASSWORD", "failing"),
        OwnServer(
            OWN_HOST,
            answer="535 <b>Geen toegang</b> **[bel ons](https://click.example)** =1+1 \u202ekrow ton seod",
        ),
    ),
    own(
        "the account is disabled",
        1,
        _refused("SMTP_ACCOUNT_DISABLED", "paused"),
        OwnServer(OWN_HOST, answer="525 5.7.13 User account is disabled"),
    ),
    own(
        "it offers no login",
        1,
        _refused("SMTP_AUTH_NOT_OFFERED", "failing"),
        OwnServer(OWN_HOST, manner=Manner.NO_LOGIN),
    ),
    own(
        "Microsoft 365, SMTP AUTH is off for the tenant",
        2,
        _refused("SMTP_AUTH_OFF_FOR_TENANT", "paused"),
        OwnServer(
            "smtp.office365.com",
            answer="535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. "
            "Visit https://aka.ms/smtp_auth_disabled for more information.",
        ),
        mx=AT_MICROSOFT,
        spf=MICROSOFTS_SPF,
    ),
    own(
        "Microsoft 365, a policy keeps passwords out",
        1,
        _refused("SMTP_CONDITIONAL_ACCESS", "paused"),
        OwnServer(
            "outlook.office365.com",
            answer="535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be authenticated "
            "successfully. Contact your administrator.",
        ),
        mx=AT_MICROSOFT,
        spf=MICROSOFTS_SPF,
    ),
    own(
        "Outlook.com takes no passwords any more",
        1,
        _refused("SMTP_BASIC_AUTH_ENDED", "paused", spf="impossible"),
        OwnServer(
            "smtp-mail.outlook.com",
            answer="535 5.7.139 Authentication unsuccessful, basic authentication is disabled.",
        ),
        shared=("outlook.com",),
    ),
    own(
        "Google does not accept the password",
        1,
        _refused("SMTP_WRONG_PASSWORD", "failing", spf="impossible"),
        OwnServer("smtp.gmail.com", password=Password.FORMER),
        shared=("gmail.com",),
    ),
    own(
        "Google wants an app password",
        1,
        _refused("SMTP_APP_PASSWORD_NEEDED", "paused"),
        OwnServer(
            "smtp.gmail.com",
            answer="534-5.7.9 Application-specific password required. For more information, go to\n"
            "534 5.7.9 https://support.google.com/mail/?p=InvalidSecondFactor - gsmtp",
        ),
        mx=AT_GOOGLE,
        spf=GOOGLES_SPF,
    ),
    own(
        "iCloud wants an app-specific password",
        1,
        _refused("SMTP_APP_PASSWORD_NEEDED", "paused", spf="impossible"),
        OwnServer("smtp.mail.me.com", password=Password.FORMER),
        shared=("icloud.com",),
    ),
)

NOT_NOW = (
    own(
        "it has seen too many tries",
        1,
        Expected("unknown", "SMTP_TOO_MANY_ATTEMPTS", spf="missing", smtp="unknown"),
        OwnServer(OWN_HOST, answer="454 4.7.0 Too many failed logins, please try again later."),
    ),
    own(
        "it has a fault of its own",
        1,
        Expected("unknown", "SMTP_TEMPORARY_FAULT", spf="missing", smtp="unknown"),
        OwnServer(
            OWN_HOST,
            answer="454 4.7.0 Temporary authentication failure: Connection lost to authentication server",
        ),
    ),
)

LOGIN = (*REFUSED, *NOT_NOW)

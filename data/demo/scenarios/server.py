"""Companies that send through their own server: the login works, or may not be tried, or was not."""

from __future__ import annotations

from checks.company import SendingMethod
from checks.lookup import FailureReason, RecordType
from checks.smtp.result import Security
from data.demo.scenario import WITHOUT_OURS, Expected, Manner, OwnServer, Password, Scenario

OWN_SERVER = SendingMethod.OWN_SERVER
OWN_HOST = "mail.<domain>"
"""A server in the company's own domain, at an address of its own."""
HOSTING = "smtp.webvolk.example"
AT_MICROSOFT = ("0 <flat>.mail.protection.outlook.com",)
MICROSOFTS_SPF = ("v=spf1 include:spf.protection.outlook.com ~all",)
AT_GOOGLE = ("1 aspmx.l.google.com", "5 alt1.aspmx.l.google.com")
GOOGLES_SPF = ("v=spf1 include:_spf.google.com ~all",)


def own(
    name: str,
    count: int,
    expected: Expected,
    server: OwnServer,
    *,
    spf: tuple[str, ...] = (WITHOUT_OURS,),
    mx: tuple[str, ...] | None = None,
    shared: tuple[str, ...] = (),
    validated: bool = True,
    records: tuple[tuple[str, RecordType, str], ...] = (),
    failures: tuple[tuple[str, RecordType | None, FailureReason], ...] = (),
) -> Scenario:
    """A scenario of method 3."""
    return Scenario(
        f"own server: {name}",
        count,
        expected,
        method=OWN_SERVER,
        own_server=server,
        spf=spf,
        mx=mx,
        shared=shared,
        validated=validated,
        records=records,
        failures=failures,
    )


def _expected(verdict: str, cause: str, smtp: str) -> Expected:
    return Expected(verdict, cause, spf="missing", smtp=smtp)


def _failing(cause: str) -> Expected:
    return _expected("failure", cause, "failing")


def _unknown(cause: str) -> Expected:
    return _expected("unknown", cause, "unknown")


WORKS = (
    own("the login works", 6, _expected("ok", "", "ok"), OwnServer()),
    own(
        "the login works with TLS from the first octet",
        2,
        _expected("ok", "", "ok"),
        OwnServer(security=Security.IMPLICIT),
    ),
    own(
        "the login works at a domain shared by everybody",
        1,
        Expected("ok", spf="impossible", smtp="ok"),
        OwnServer("mail.gmx.net"),
        shared=("gmx.de",),
    ),
    own(
        "Microsoft 365 lets us in until passwords end",
        4,
        _expected("warning", "SMTP_BASIC_AUTH_ENDS", "ok"),
        OwnServer("smtp.office365.com"),
        mx=AT_MICROSOFT,
        spf=MICROSOFTS_SPF,
    ),
)

SETTINGS = (
    own(
        "no password given",
        2,
        _expected("note", "SMTP_UNCHECKED", "unchecked"),
        OwnServer(password=Password.NONE),
    ),
    own("no host given", 2, _failing("SMTP_HOST_MISSING"), OwnServer(host="")),
    own(
        "e-mail not validated",
        1,
        Expected("failure", "PROFILE_EMAIL_NOT_VALIDATED", address="unvalidated", spf="missing", smtp="ok"),
        OwnServer(),
        validated=False,
    ),
    own(
        "the name leads into a private network",
        1,
        _failing("SMTP_ADDRESS_NOT_PUBLIC"),
        OwnServer("mail.<domain>", manner=Manner.NOBODY),
        records=(("mail.<domain>", RecordType.A, "10.20.0.25"),),
    ),
)

INSECURE = (
    own(
        "its certificate has expired",
        1,
        _failing("SMTP_CERTIFICATE_EXPIRED"),
        OwnServer(OWN_HOST, manner=Manner.EXPIRED),
    ),
    own(
        "its certificate is for the hosting company's name",
        1,
        _failing("SMTP_CERTIFICATE_WRONG_NAME"),
        OwnServer(OWN_HOST, manner=Manner.WRONG_NAME, published=HOSTING),
    ),
    own(
        "it signed its certificate itself",
        1,
        _failing("SMTP_CERTIFICATE_SELF_SIGNED"),
        OwnServer(OWN_HOST, manner=Manner.SELF_SIGNED),
    ),
    own(
        "it offers no encryption",
        1,
        _failing("SMTP_STARTTLS_MISSING"),
        OwnServer(OWN_HOST, manner=Manner.NO_STARTTLS),
    ),
    own(
        "implicit TLS entered with the port of STARTTLS",
        1,
        _failing("SMTP_TLS_MODE_MIXED_UP"),
        OwnServer(security=Security.IMPLICIT, port_of=Security.STARTTLS),
    ),
)

NOT_REACHED = (
    own(
        "nothing listens at its port",
        1,
        _unknown("SMTP_CONNECTION_REFUSED"),
        OwnServer(OWN_HOST, manner=Manner.CLOSED),
    ),
    own(
        "nothing has listened at its port for hours",
        1,
        _failing("SMTP_CONNECTION_REFUSED"),
        OwnServer(OWN_HOST, manner=Manner.CLOSED, looks=(7_500.0,)),
    ),
    own("it stays silent", 1, _unknown("SMTP_TIMED_OUT"), OwnServer(OWN_HOST, manner=Manner.SILENT)),
    own(
        "what answers is for reading mail",
        1,
        _unknown("SMTP_NOT_SMTP"),
        OwnServer(OWN_HOST, manner=Manner.NOT_SMTP),
    ),
    own(
        "its name does not exist",
        1,
        _unknown("SMTP_HOST_UNKNOWN"),
        OwnServer(OWN_HOST, manner=Manner.NOBODY, published=HOSTING),
    ),
    own(
        "its name cannot be looked up",
        1,
        _unknown("SMTP_LOOKUP_FAILED"),
        OwnServer(OWN_HOST, manner=Manner.NOBODY),
        failures=((OWN_HOST, None, FailureReason.SERVFAIL),),
    ),
)

SERVER = (*WORKS, *SETTINGS, *INSECURE, *NOT_REACHED)

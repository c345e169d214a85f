"""The profile e-mail: missing, malformed, not validated, and domains that take no mail."""

from __future__ import annotations

from checks.company import SendingMethod
from checks.lookup import FailureReason, RecordType
from data.demo.scenario import WITHOUT_OURS, Expected, Scenario

PLATFORM = SendingMethod.PLATFORM
NULL_MX = ("0 .",)

ADDRESS = (
    Scenario(
        "address: not validated (platform)",
        9,
        Expected("failure", "PROFILE_EMAIL_NOT_VALIDATED", address="unvalidated", spf="missing"),
        method=PLATFORM,
        spf=(WITHOUT_OURS,),
        validated=False,
    ),
    Scenario(
        "address: not validated (own address)",
        4,
        Expected("failure", "PROFILE_EMAIL_NOT_VALIDATED", address="unvalidated"),
        validated=False,
    ),
    Scenario(
        "address: neither e-mail nor From",
        3,
        Expected("failure", "PROFILE_EMAIL_MISSING", address="missing", spf="", dmarc=""),
        method=PLATFORM,
        email=("",),
        validated=False,
    ),
    Scenario(
        "address: no e-mail, but a From address",
        2,
        Expected("failure", "PROFILE_EMAIL_MISSING", address="missing"),
        email=("",),
    ),
    Scenario(
        "address: malformed, without a domain",
        3,
        Expected("failure", "PROFILE_EMAIL_MALFORMED", address="malformed", spf="", dmarc=""),
        method=PLATFORM,
        email=("<local>@", "www.<domain>", "<local> at <domain>"),
        validated=False,
    ),
    Scenario(
        "address: malformed, with a From address",
        2,
        Expected("failure", "PROFILE_EMAIL_MALFORMED", address="malformed"),
        email=("<local>@<local>@<domain>", "<local>..<local>@<domain>"),
    ),
    Scenario(
        "address: not validated, and its domain has a null MX (the worst first)",
        2,
        Expected("failure", "PROFILE_EMAIL_UNREACHABLE", address="unreachable", spf="missing"),
        method=PLATFORM,
        spf=("v=spf1 -all",),
        mx=NULL_MX,
        validated=False,
    ),
    Scenario(
        "address: its domain no longer exists",
        2,
        Expected(
            "failure", "PROFILE_EMAIL_UNREACHABLE", address="unreachable", spf="missing", dmarc="absent"
        ),
        method=PLATFORM,
        spf=(),
        dmarc=(),
        mx=(),
        addresses=False,
    ),
    Scenario(
        "address: every exchanger is gone",
        2,
        Expected("failure", "PROFILE_EMAIL_UNREACHABLE", address="unreachable", spf="missing"),
        method=PLATFORM,
        spf=(WITHOUT_OURS,),
        mx=("10 mail.<domain>", "20 backup.<domain>"),
    ),
    Scenario(
        "address: no MX, mail goes to the domain's address",
        3,
        Expected("ok", spf="missing"),
        method=PLATFORM,
        spf=(WITHOUT_OURS,),
        mx=(),
    ),
    Scenario(
        "address: MX SERVFAIL",
        2,
        Expected("unknown", "PROFILE_EMAIL_LOOKUP_FAILED", address="unknown", spf="missing"),
        method=PLATFORM,
        spf=(WITHOUT_OURS,),
        failures=(("<domain>", RecordType.MX, FailureReason.SERVFAIL),),
    ),
    Scenario(
        "address: MX REFUSED",
        1,
        Expected("unknown", "PROFILE_EMAIL_LOOKUP_FAILED", address="unknown"),
        failures=(("<domain>", RecordType.MX, FailureReason.REFUSED),),
    ),
    Scenario(
        "address: null MX on the From domain only",
        2,
        Expected("warning", "FROM_DOMAIN_TAKES_NO_MAIL"),
        email=("<local>@<host>",),
        mx=NULL_MX,
    ),
)

"""Look-ups that fail: unknown is not failure, and what was decided before them stands."""

from __future__ import annotations

from checks.company import SendingMethod
from checks.lookup import FailureReason, RecordType
from data.demo.scenario import WITHOUT_OURS, Expected, OwnServer, Scenario
from data.demo.services import BROKEN_SERVICE

A, AAAA, MX, TXT = RecordType.A, RecordType.AAAA, RecordType.MX, RecordType.TXT
SERVFAIL, SILENT = FailureReason.SERVFAIL, FailureReason.TIMEOUT

LOOKUPS = (
    Scenario(
        "lookup: SERVFAIL before our match",
        3,
        Expected("unknown", "SPF_LOOKUP_FAILED", spf="unknown"),
        spf=(f"v=spf1 include:{BROKEN_SERVICE} include:<ours> ~all",),
    ),
    Scenario(
        "lookup: SERVFAIL after our match",
        2,
        Expected("note", "SPF_HEALTH_UNKNOWN"),
        spf=(f"v=spf1 include:<ours> include:{BROKEN_SERVICE} ~all",),
    ),
    Scenario(
        "lookup: SERVFAIL of an include behind -all",
        1,
        Expected("failure", "SPF_INCLUDE_MISSING", spf="missing"),
        spf=(f"v=spf1 mx -all include:{BROKEN_SERVICE}",),
    ),
    Scenario(
        "lookup: SERVFAIL of the domain's own record",
        2,
        Expected("unknown", "SPF_LOOKUP_FAILED", spf="unknown"),
        failures=(("<domain>", TXT, SERVFAIL),),
    ),
    Scenario(
        "lookup: the name server refuses",
        1,
        Expected("unknown", "SPF_LOOKUP_FAILED", spf="unknown"),
        failures=(("<domain>", TXT, FailureReason.REFUSED),),
    ),
    Scenario(
        "lookup: the name server is silent about the record",
        1,
        Expected("unknown", "SPF_LOOKUP_FAILED", spf="unknown"),
        failures=(("<domain>", TXT, SILENT),),
    ),
    Scenario(
        "lookup: the name server is silent about everything",
        1,
        Expected("unknown", "PROFILE_EMAIL_LOOKUP_FAILED", address="unknown", spf="unknown", dmarc="unknown"),
        method=SendingMethod.PLATFORM,
        failures=(("<domain>", None, SILENT), ("_dmarc.<domain>", None, SILENT)),
    ),
    Scenario(
        "lookup: passes from IPv4, silent for IPv6",
        1,
        Expected("unknown", "SPF_LOOKUP_FAILED", spf="unknown"),
        spf=("v=spf1 a:relay.<domain> -all",),
        records=(("relay.<domain>", A, "<our-ip4>"), ("relay.<domain>", AAAA, "<our-ip6>")),
        failures=(("relay.<domain>", AAAA, SILENT),),
    ),
    Scenario(
        "lookup: fails from IPv4, silent for IPv6",
        1,
        Expected("failure", "SPF_INCLUDE_MISSING", spf="missing"),
        spf=("v=spf1 a:relay.<domain> -all",),
        records=(("relay.<domain>", A, "203.0.113.90"),),
        failures=(("relay.<domain>", AAAA, SILENT),),
    ),
    Scenario(
        "lookup: an answer that only fits TCP",
        2,
        Expected("ok"),
        records=tuple(
            ("<domain>", TXT, f"site-verification-{n:02}={'0123456789abcdef' * 4}") for n in range(24)
        ),
    ),
    Scenario(
        "lookup: the record is an alias",
        2,
        Expected("ok", spf="missing", smtp="ok"),
        method=SendingMethod.OWN_SERVER,
        own_server=OwnServer(),
        spf=(WITHOUT_OURS,),
        mx=("10 mail.<domain>",),
        records=(("mail.<domain>", RecordType.CNAME, "mx1.<host>"),),
    ),
)

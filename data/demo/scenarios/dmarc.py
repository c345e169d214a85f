"""DMARC: policies, subdomains, test mode, and records that are none."""

from __future__ import annotations

from checks.company import SendingMethod
from checks.lookup import FailureReason, RecordType
from data.demo.scenario import WITHOUT_OURS, Expected, Scenario

PLATFORM = SendingMethod.PLATFORM

DMARC = (
    Scenario("dmarc: absent, own address", 8, Expected("ok", dmarc="absent"), dmarc=()),
    Scenario(
        "dmarc: p=reject rests on SPF alone",
        7,
        Expected("warning", "DMARC_RESTS_ON_SPF_ALONE", dmarc="reject"),
        dmarc=("v=DMARC1; p=reject; rua=mailto:dmarc@<domain>",),
    ),
    Scenario(
        "dmarc: p=quarantine, SPF passes strictly aligned",
        4,
        Expected("ok", dmarc="quarantine"),
        dmarc=("v=DMARC1; p=quarantine; adkim=s; aspf=s; rua=mailto:dmarc@<domain>",),
    ),
    Scenario(
        "dmarc: p=reject turns our mail away",
        3,
        Expected("failure", "SPF_INCLUDE_MISSING", spf="missing", dmarc="reject"),
        spf=("v=spf1 mx include:<host-spf> -all",),
        dmarc=("v=DMARC1; p=reject; rua=mailto:dmarc@<domain>",),
    ),
    Scenario(
        "dmarc: p=reject in test mode",
        2,
        Expected("ok", spf="missing", dmarc="quarantine"),
        method=PLATFORM,
        spf=(WITHOUT_OURS,),
        dmarc=("v=DMARC1; p=reject; t=y; rua=mailto:dmarc@<domain>",),
    ),
    Scenario(
        "dmarc: two records",
        2,
        Expected("ok", spf="missing", dmarc="invalid"),
        method=PLATFORM,
        spf=(WITHOUT_OURS,),
        dmarc=("v=DMARC1; p=none", "v=DMARC1; p=reject; rua=mailto:dmarc@<domain>"),
    ),
    Scenario(
        "dmarc: SERVFAIL, SPF passes aligned",
        2,
        Expected("ok", dmarc="unknown"),
        failures=(("_dmarc.<domain>", RecordType.TXT, FailureReason.SERVFAIL),),
    ),
)

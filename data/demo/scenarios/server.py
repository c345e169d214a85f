"""Companies that send through their own server. Nobody logs in yet: smtp reads unchecked."""

from __future__ import annotations

from checks.company import SendingMethod
from data.demo.scenario import WITHOUT_OURS, Expected, Scenario

OWN_SERVER = SendingMethod.OWN_SERVER

SERVER = (
    Scenario(
        "own server: settings are there, not looked at",
        30,
        Expected("note", "SMTP_UNCHECKED", spf="missing"),
        method=OWN_SERVER,
        spf=(WITHOUT_OURS,),
    ),
    Scenario(
        "own server: at a shared domain",
        4,
        Expected("note", "SMTP_UNCHECKED", spf="impossible"),
        method=OWN_SERVER,
        shared=("gmail.com", "outlook.com", "icloud.com", "gmx.de"),
        smtp_host="smtp.<domain>",
    ),
    Scenario(
        "own server: no host given",
        4,
        Expected("failure", "SMTP_HOST_MISSING", spf="missing"),
        method=OWN_SERVER,
        spf=(WITHOUT_OURS,),
        smtp_host="",
    ),
    Scenario(
        "own server: e-mail not validated",
        2,
        Expected("failure", "PROFILE_EMAIL_NOT_VALIDATED", address="unvalidated", spf="missing"),
        method=OWN_SERVER,
        spf=(WITHOUT_OURS,),
        validated=False,
    ),
)

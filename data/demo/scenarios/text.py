"""Hostile text: names and records that must show as text, wherever they show."""

from __future__ import annotations

from checks.company import SendingMethod
from checks.lookup import RecordType
from data.demo.scenario import WITHOUT_OURS, Expected, Scenario

NAMES = (
    "<b>Vette</b> Friet & <script>alert('demo')</script>",
    "**Sterke** [Koffie](https://click.example) | `Bar` $x^2$",
    '=HYPERLINK("https://click.example","Open")',
    "+32 Telefonie BV",
    "-10% Outlet",
    "@SUM(1+1) Consult",
    'Anführung "Quote"; O\'Komma, GmbH',
    "שלום & Zonen Import",
    "{{ 7*7 }} :red[Alarm] :material/delete: ${HOME}",
    "Zeer Lange Naam " + "van Handelsonderneming en Zonen " * 6 + "BV",
)

TEXT = (
    Scenario(
        "text: hostile names",
        len(NAMES),
        Expected("ok", spf="missing"),
        method=SendingMethod.PLATFORM,
        spf=(WITHOUT_OURS,),
        names=NAMES,
    ),
    Scenario(
        "text: hostile TXT records",
        2,
        Expected("ok"),
        records=(
            (
                "<domain>",
                RecordType.TXT,
                "<img src=x onerror=alert('demo')> **bold** [x](javascript:alert(1))",
            ),
            ("<domain>", RecordType.TXT, "=1+1"),
            ("<domain>", RecordType.TXT, "Gr\u00fc\u00dfe \u202etxet"),
        ),
    ),
    Scenario(
        "text: hostile SPF record",
        1,
        Expected("failure", "SPF_SYNTAX_ERROR", spf="missing"),
        spf=("v=spf1 <script>alert('demo')</script> mx ~all",),
    ),
)

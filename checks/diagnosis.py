"""One company's facts → one verdict, one next step."""

from __future__ import annotations

from checks.company import (
    AddressState,
    Company,
    Diagnosis,
    DmarcState,
    SenderOutcome,
    SendingMethod,
    SmtpState,
    SpfState,
)

__all__ = [
    "AddressState",
    "Company",
    "Diagnosis",
    "DmarcState",
    "SenderOutcome",
    "SendingMethod",
    "SmtpState",
    "SpfState",
]

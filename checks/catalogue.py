"""Every rule that can be said, by its code."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from checks import profile
from checks.dmarc import older, receiver_rules, reports
from checks.dmarc import rules as dmarc
from checks.model import Finding, Rule
from checks.mx import rules as mx
from checks.smtp import rules as smtp
from checks.spf import rules as spf

_DMARC_MORE = (*older.RULES, *reports.RULES, *receiver_rules.RULES)
ALL: tuple[Rule, ...] = (*profile.RULES, *smtp.RULES, *spf.RULES, *dmarc.RULES, *_DMARC_MORE, *mx.RULES)

RULES: Mapping[str, Rule] = MappingProxyType({rule.code: rule for rule in ALL})


def title(finding: Finding) -> str:
    """The rule's sentence about this name or server. Holds hostile text where `about` does."""
    return RULES[finding.rule].title.replace("{about}", finding.about)

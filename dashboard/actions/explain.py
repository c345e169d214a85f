"""A diagnosis in sentences: what is wrong, what it does, and the one next step."""

from __future__ import annotations

import re
from dataclasses import dataclass

from checks.catalogue import RULES
from checks.company import Diagnosis
from checks.model import Finding, Rule, Severity, Topic


@dataclass(frozen=True, slots=True)
class Explanation:
    """One sentence, what it means for the mail, what to do, and the finding behind it. May hold hostile text."""

    sentence: str
    meaning: str
    next_step: str
    finding: Finding | None = None


_NAMED = re.compile(r"(The server|The service|The name) \{about\}")
HEALTHY = Explanation(
    "Nothing stands in the way of this company's mail.",
    "Everything that its way of sending needs was looked up and is in order.",
    "Nothing to do.",
)
NOT_CHECKED = Explanation(
    "This company has not been checked yet.",
    "It was imported after the last scan, or no scan has run.",
    "Check it now, or run a scan: python -m data scan",
)


def explain(diagnosis: Diagnosis) -> Explanation:
    """The worst finding that matters, in words."""
    if not diagnosis.cause:
        return HEALTHY
    worst = next((f for f in diagnosis.findings if f.matters and f.rule == diagnosis.cause), None)
    rule = rule_of(diagnosis.cause)
    sentence = title(diagnosis.cause, worst.about if worst else "")
    return Explanation(sentence, rule.meaning, rule.fix, worst)


def title(code: str, about: str) -> str:
    """The rule's sentence about this name or server, or in general when that is not known."""
    text = rule_of(code).title
    return text.replace("{about}", about) if about else general_title(code)


def general_title(code: str) -> str:
    """The rule's sentence about no name in particular."""
    rule = rule_of(code)
    text = rule.title.replace(", {about},", "").replace("called {about}", "of that name")
    text = _NAMED.sub(r"\1", text).replace(
        "{about}", "the server" if rule.topic is Topic.SMTP else "the domain"
    )
    return text[:1].upper() + text[1:]


def rule_of(code: str) -> Rule:
    """The rule; for a code that this version does not know (a verdict from another one), one that says so."""
    known = RULES.get(code)
    return known or Rule(
        code=code,
        topic=Topic.SPF,
        severity=Severity.UNKNOWN,
        title=f"{code.replace('_', ' ').capitalize()}.",
        meaning="This was found by another version of Sendwell, which had a text for it.",
        fix="Run a scan, so that this version judges the company.",
        source="",
    )


def also(diagnosis: Diagnosis) -> tuple[Finding, ...]:
    """What else counts for the company's way of sending, beside what `explain` tells; the worst first."""
    told = explain(diagnosis).finding
    return tuple(f for f in diagnosis.findings if f.matters and f is not told)


def for_the_audit(diagnosis: Diagnosis) -> tuple[Finding, ...]:
    """What is told besides."""
    return tuple(f for f in diagnosis.findings if not f.matters)

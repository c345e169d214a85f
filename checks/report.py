"""All that is to be said of one company's mail: the verdict, the record to publish, what receivers make of it.

More than a scan stores: it is made when somebody looks, from the network or from stored answers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from checks import catalogue
from checks.company import Company, Diagnosis, SenderOutcome
from checks.diagnosis import Facts, authentication, gather, judge
from checks.dmarc import receivers
from checks.dmarc.receivers import Delivery, Expectation
from checks.lookup import Answer, RecordType, Resolver
from checks.model import Evidence, Finding
from checks.platform import Platform
from checks.spf import repair_rules
from checks.spf.advice import Advice, Alternative, Answered, Collision
from checks.spf.findings import finding
from checks.spf.health_rules import TYPE_99
from checks.spf.repair import propose


@dataclass(frozen=True, slots=True)
class Report:
    """One company, in full. `advice`: None without a domain; `delivery`, `expectations`: as if it sent as itself."""

    facts: Facts
    diagnosis: Diagnosis
    advice: Advice | None
    delivery: Delivery | None
    expectations: tuple[Expectation, ...] = ()


async def make(
    company: Company, platform: Platform, resolver: Resolver, *, with_reports: bool = False
) -> Report:
    """Look up, judge, and work out the record to publish.

    `with_reports`: look also at what no receiver decides by, and a scan spares: who agrees to get DMARC reports
    (`checks.dmarc.gather`), and the withdrawn record type of SPF.
    """
    facts = await gather(company, platform, resolver, with_reports=with_reports)
    advice = None
    if facts.spf:
        advice = await propose(facts.spf, platform, resolver, local=facts.profile.local)
    diagnosis = judge(company, platform, facts)
    if facts.spf and with_reports:
        diagnosis = replace(
            diagnosis, findings=diagnosis.findings + await _type_99(facts.spf.domain, resolver)
        )
    seen = authentication(platform, facts)
    return Report(
        facts,
        diagnosis,
        advice,
        receivers.delivery(seen) if seen else None,
        receivers.expectations(seen) if seen else (),
    )


async def _type_99(domain: str, resolver: Resolver) -> tuple[Finding, ...]:
    """What is published under type SPF; a look-up that fails says nothing."""
    found = await resolver.lookup(domain, RecordType.SPF)
    if not isinstance(found, Answer):
        return ()
    evidence = tuple(Evidence("no record of type SPF", record.text) for record in found.texts)
    return (finding(TYPE_99, domain, *evidence),)


# As JSON


def as_json(report: Report) -> dict[str, Any]:
    """What `checks domain --json` prints: interfaces.md's columns first."""
    told = report.diagnosis
    return {
        "domain": told.domain,
        "verdict": told.verdict.word,
        "cause": told.cause,
        "spf": told.spf,
        "dmarc": told.dmarc,
        "provider": told.provider,
        "senders": [_sender(s) for s in told.senders],
        "findings": [_finding(f) for f in told.findings],
        "spf_records": list(told.spf_records),
        "spf_costs": _costs(report.facts),
        "mx_records": list(told.mx_records),
        "dmarc_record": told.dmarc_record,
        "advice": _advice(report.advice) if report.advice else None,
        "delivery": _delivery(report.delivery) if report.delivery else None,
        "receivers": [_expectation(e) for e in report.expectations],
        "checked_at": told.checked_at,
    }


def _sender(sender: SenderOutcome) -> dict[str, Any]:
    matched = {"name": sender.matched_name, "term": sender.matched_term} if sender.matched_term else None
    return {
        "address": sender.address,
        "envelope": sender.envelope,
        "result": sender.result,
        "matched": matched,
        "terms": sender.terms,
        "voids": sender.voids,
        "problem": sender.problem,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    rule = catalogue.RULES[finding.rule]
    return {
        "rule": finding.rule,
        "severity": finding.severity.word,
        "matters": finding.matters,
        "about": finding.about,
        "title": catalogue.title(finding),
        "fix": rule.fix,
        "source": rule.source,
        "evidence": _evidence(finding.evidence),
    }


def _evidence(evidence: tuple[Evidence, ...]) -> list[dict[str, str]]:
    return [{"expected": e.expected, "found": e.found} for e in evidence]


def _costs(facts: Facts) -> dict[str, str] | None:
    """For a sender that nothing matches; a range where a part is not known."""
    if facts.spf is None:
        return None
    costs = facts.spf.costs
    return {"terms": str(costs.terms), "voids_ipv4": str(costs.voids(4)), "voids_ipv6": str(costs.voids(6))}


def _advice(advice: Advice) -> dict[str, Any]:
    return {
        "standing": advice.standing,
        "record": advice.record,
        "strings": list(advice.strings),
        "changes": [
            {"kind": c.kind, "before": c.before, "after": c.after, "rule": c.rule} for c in advice.changes
        ],
        "collisions": [_collision(c) for c in advice.collisions],
        "questions": [
            {"rule": q.rule, "term": q.term, "question": repair_rules.asked(q), "answer": _answered(q.answer)}
            for q in advice.questions
        ],
        "senders": [_sender(s) for s in advice.outcomes],
        "terms": advice.size.terms,
        "voids": list(advice.size.voids),
        "octets": advice.size.octets,
        "needs_decision": advice.needs_decision,
        "alternatives": [_alternative(a) for a in advice.alternatives],
    }


def _collision(collision: Collision) -> dict[str, Any]:
    told = repair_rules.sentence(collision.rule, collision.about)
    return {"rule": collision.rule, "about": collision.about, "losers": list(collision.losers), "title": told}


def _answered(answer: Answered | None) -> dict[str, Any] | None:
    if answer is None:
        return None
    return {
        "term": answer.term,
        "record": answer.record,
        "strings": list(answer.strings),
        "terms": answer.size.terms,
        "voids": list(answer.size.voids),
        "octets": answer.size.octets,
        "losers": list(answer.losers),
    }


def _alternative(alternative: Alternative) -> dict[str, Any]:
    about = ", ".join(alternative.terms)
    return {
        "rule": alternative.rule,
        "title": repair_rules.sentence(alternative.rule, about),
        "record": alternative.record,
        "strings": list(alternative.strings),
        "terms": alternative.size.terms,
        "losers": list(alternative.losers),
    }


def _delivery(delivery: Delivery) -> dict[str, str]:
    return {"fate": delivery.fate, "why": delivery.why, "title": receivers.WHY[delivery.why]}


def _expectation(expected: Expectation) -> dict[str, Any]:
    return {
        "receiver": expected.receiver,
        "large_sender": expected.large,
        "fate": expected.fate,
        "rule": expected.rule,
        "unmet": _evidence(expected.unmet),
    }

"""When the rules of SPF hold: why our mail passes or does not, and the record's health beside it."""

from __future__ import annotations

from checks.company import SpfState
from checks.model import Evidence, Finding
from checks.platform import Platform, address_text
from checks.spf.costs import Family
from checks.spf.findings import finding, syntax, told
from checks.spf.health import health
from checks.spf.include import Mention, MentionKind
from checks.spf.near_names import also
from checks.spf.ours import Sender, SpfFacts
from checks.spf.outcome import MAX_TERMS, MAX_VOIDS, Outcome, Problem, ProblemKind, Result
from checks.spf.rules import (
    EXCHANGER_LIMIT,
    INCLUDE_ELSEWHERE,
    INCLUDE_IN_PART,
    INCLUDE_LACKS_ADDRESS,
    INCLUDE_MISSING,
    INCLUDE_MISWRITTEN,
    INCLUDE_NOT_FIRST,
    INCLUDE_NOT_REACHED,
    INCLUDE_QUALIFIED,
    INCLUDE_WITHOUT_RECORD,
    LOOKUP_FAILED,
    NO_RECORD,
    OUR_MAIL_REFUSED,
    PASSES,
    PASSES_FROM_SOME,
    PASSES_WITHOUT_INCLUDE,
    SEVERAL_RECORDS,
    SHARED_DOMAIN,
    STRICTER_RECEIVERS,
    SYNTAX_ERROR,
    TERM_LIMIT,
    VOID_LIMIT,
)

_OF_PROBLEM = {
    ProblemKind.SEVERAL_RECORDS: SEVERAL_RECORDS,
    ProblemKind.SYNTAX: SYNTAX_ERROR,
    ProblemKind.TERM_LIMIT: TERM_LIMIT,
    ProblemKind.VOID_LIMIT: VOID_LIMIT,
    ProblemKind.EXCHANGER_LIMIT: EXCHANGER_LIMIT,
    ProblemKind.LOOKUP_FAILED: LOOKUP_FAILED,
    ProblemKind.NO_RECORD: INCLUDE_WITHOUT_RECORD,
    ProblemKind.NO_SUCH_NAME: INCLUDE_WITHOUT_RECORD,
    ProblemKind.MALFORMED_NAME: INCLUDE_WITHOUT_RECORD,
}


def judge(facts: SpfFacts, platform: Platform) -> tuple[Finding, ...]:
    """Why our mail passes or does not, and the health of the record beside it. The deciding finding is first."""
    match facts.state:
        case SpfState.IMPOSSIBLE:
            return (finding(SHARED_DOMAIN, facts.domain),)
        case SpfState.EFFECTIVE:
            return (*_effective(facts, platform), *health(facts, passing=True))
        case SpfState.UNKNOWN:
            return _unknown(facts)
        case _:
            return (*_not_passing(facts, platform), *health(facts, passing=False))


# It does not pass


def _not_passing(facts: SpfFacts, platform: Platform) -> tuple[Finding, ...]:
    failing = [s for s in facts.senders if s.outcome.result not in (Result.PASS, Result.TEMPERROR)]
    found = [_why(failing[0], facts, platform)]
    if any(s.outcome.result is Result.PASS for s in facts.senders):
        found.append(_passes_from_some(facts))
    found += _nearly(facts, platform)
    vague = _VAGUE + ((INCLUDE_WITHOUT_RECORD.code,) if _breaks_at_a_near_miss(failing[0], facts) else ())
    found.sort(key=lambda f: f.rule in vague)
    elsewhere = (
        finding(INCLUDE_ELSEWHERE, m.name, Evidence(f"at {facts.domain}", m.term)) for m in facts.elsewhere
    )
    return (*found, *elsewhere)


_VAGUE = (INCLUDE_MISSING.code, NO_RECORD.code)
"""What is miswritten explains more than that nothing matched, and comes first."""


def _breaks_at_a_near_miss(sender: Sender, facts: SpfFacts) -> bool:
    """Whether the include that names nothing is our own, miswritten."""
    problem = sender.outcome.problem
    return problem is not None and any(m.term == problem.term for m in facts.mentions if not m.present)


def _why(sender: Sender, facts: SpfFacts, platform: Platform) -> Finding:
    outcome = sender.outcome
    if outcome.result is Result.NONE:
        expected = f"v=spf1 include:{platform.include} …"
        found = outcome.problem.kind if outcome.problem else ProblemKind.NO_RECORD
        return finding(NO_RECORD, facts.domain, Evidence(expected, found))
    if outcome.problem:
        if _is_ours_to_mend(outcome.problem, facts, platform):
            covered = _covered(sender, platform, f"{outcome.problem.kind} at {outcome.problem.name}")
            return finding(INCLUDE_LACKS_ADDRESS, platform.include, covered)
        return _broken(outcome.problem, facts, outcome)
    return _refused(sender, facts, platform)


_NOTHING_THERE = (ProblemKind.NO_RECORD, ProblemKind.NO_SUCH_NAME)


def _is_ours_to_mend(problem: Problem, facts: SpfFacts, platform: Platform) -> bool:
    """Whether the name without a record is our include, or is only included by it: the company did its part."""
    dead = [n for n in facts.tree.odd if n.name == problem.name]
    ours = bool(dead) and all(platform.include in facts.tree.path(n) for n in dead)
    return problem.kind in _NOTHING_THERE and ours


def _covered(sender: Sender, platform: Platform, found: str) -> Evidence:
    return Evidence(f"{address_text(sender.address)} in the record of {platform.include}", found)


def _broken(problem: Problem, facts: SpfFacts, outcome: Outcome) -> Finding:
    rule = _OF_PROBLEM[problem.kind]
    match problem.kind:
        case ProblemKind.SEVERAL_RECORDS:
            records = next((n.records for n in facts.tree.nodes if n.name == problem.name), ())
            evidence = tuple(Evidence("one SPF record", r.text) for r in records)
            return Finding(
                rule.code,
                rule.severity,
                problem.name,
                evidence or (Evidence("one SPF record", problem.detail),),
            )
        case ProblemKind.SYNTAX:
            node = next((n for n in facts.tree.nodes if n.name == problem.name and n.records), None)
            evidence = syntax(node.records[0]) if node else ()
            return Finding(
                rule.code, rule.severity, problem.name, evidence or (Evidence(problem.detail, problem.term),)
            )
        case ProblemKind.TERM_LIMIT:
            limit = (
                f"at most {MAX_TERMS} terms that look something up; {facts.costs.terms} in the whole record"
            )
            return finding(
                rule, facts.domain, Evidence(limit, f"{problem.term} in the record of {problem.name}")
            )
        case ProblemKind.VOID_LIMIT:
            found = f"{problem.term} in the record of {problem.name}"
            limit = f"at most {MAX_VOIDS} terms without any answer ({_family(outcome)} senders)"
            return finding(rule, facts.domain, Evidence(limit, found), *_void_terms(facts, outcome))
        case ProblemKind.EXCHANGER_LIMIT:
            return finding(
                rule, problem.name, Evidence("at most 10 exchangers", f"{problem.term}: {problem.detail}")
            )
        case _:
            found = f"{problem.term}: {problem.kind} at {problem.name}{also(problem.name, facts.near)}"
            return finding(rule, facts.domain, Evidence("a name with one SPF record", found))


def _family(outcome: Outcome) -> str:
    return "IPv4" if outcome.address_family == "ipv4" else "IPv6"


def _void_terms(facts: SpfFacts, outcome: Outcome) -> tuple[Evidence, ...]:
    """Every term that finds nothing for this family, so that the administrator need not look for them."""
    family: Family = 4 if outcome.address_family == "ipv4" else 6
    named = [f"{c.term.text} ({facts.tree.nodes[c.node].name})" for c in facts.costs.items if c.void(family)]
    return (Evidence("names that have an address", ", ".join(named)),) if named else ()


def _refused(sender: Sender, facts: SpfFacts, platform: Platform) -> Finding:
    outcome = sender.outcome
    decided = outcome.matched
    found = (
        f"{outcome.result} by {decided.term} in the record of {decided.name}"
        if decided
        else str(outcome.result)
    )
    result = Evidence(f"pass from {address_text(sender.address)}", found)
    present = [m for m in facts.mentions if m.present]
    if not present:
        record = facts.tree.root.record
        published = Evidence(f"v=spf1 include:{platform.include} …", record.text if record else "")
        return finding(INCLUDE_MISSING, facts.domain, published, result)
    reached = [m for m in present if m.reachable]
    if not reached:
        return finding(INCLUDE_NOT_REACHED, present[0].name, *map(_place, present), result)
    if all(m.qualifier != "+" for m in reached):
        wanted = f"include:{platform.include}"
        return finding(
            INCLUDE_QUALIFIED, reached[0].name, *(Evidence(wanted, m.term) for m in reached), result
        )
    if any(_was_passed_by(m, outcome, facts) for m in reached):
        covered = _covered(sender, platform, "not there")
        return finding(INCLUDE_LACKS_ADDRESS, platform.include, covered, result)
    return finding(OUR_MAIL_REFUSED, facts.domain, *map(_place, present), result)


def _was_passed_by(mention: Mention, outcome: Outcome, facts: SpfFacts) -> bool:
    """Whether the domain's own record asked our include, which did not match, and went on."""
    record = facts.tree.root.record
    if mention.depth or not record:
        return False
    decided = outcome.path[0].term if outcome.path else ""
    behind = (
        mention.position - 1 if mention.position else len(record.directives)
    )  # a redirect is behind them all
    before = [d.text for d in record.directives[:behind]]
    return decided not in before


def _place(mention: Mention) -> Evidence:
    where = f"as term {mention.position}" if mention.position else "behind every term"
    return Evidence("directly after v=spf1", f"{mention.term} {where} in the record of {mention.name}")


def _nearly(facts: SpfFacts, platform: Platform) -> list[Finding]:
    near = [m for m in facts.mentions if not m.present]
    in_part = (MentionKind.ADDRESSES, MentionKind.PART)
    found = (
        told(
            rule,
            facts.domain,
            (_near_miss(m, facts, platform) for m in near if (m.kind in in_part) is partly),
        )
        for rule, partly in ((INCLUDE_MISWRITTEN, False), (INCLUDE_IN_PART, True))
    )
    return [f for f in found if f]


def _near_miss(mention: Mention, facts: SpfFacts, platform: Platform) -> Evidence:
    """The term, what it does to our mail, how it is like ours, and where it stands."""
    said = f"{mention.term} ({mention.effect})"
    if mention.likeness:
        said += f"; {mention.likeness}"
    if mention.position:
        said += f"; term {mention.position}"
    if mention.depth:
        said += f" in the record of {mention.name}, {mention.depth} below that of {facts.domain}"
    return Evidence(f"include:{platform.include}", said)


def _passes_from_some(facts: SpfFacts) -> Finding:
    evidence = (
        Evidence(f"pass from {address_text(s.address)}", str(s.outcome.result)) for s in facts.senders
    )
    return finding(PASSES_FROM_SOME, facts.domain, *evidence)


def _unknown(facts: SpfFacts) -> tuple[Finding, ...]:
    failed = dict.fromkeys(s.outcome.problem.detail for s in facts.senders if s.outcome.problem)
    return (finding(LOOKUP_FAILED, facts.domain, *(Evidence("an answer", detail) for detail in failed)),)


# It passes


def _effective(facts: SpfFacts, platform: Platform) -> list[Finding]:
    found = [finding(PASSES, facts.domain, *(_working(s) for s in facts.senders))]
    if any(_passed_by_all(s.outcome) for s in facts.senders):
        pass
    elif not any(m.present for m in facts.mentions):
        found.append(finding(PASSES_WITHOUT_INCLUDE, facts.domain, _published(facts, platform)))
    elif not _first(facts):
        found.append(finding(INCLUDE_NOT_FIRST, facts.domain, _published(facts, platform)))
    strict = [s for s in facts.senders if s.stricter]
    if strict:
        counts = (
            Evidence(
                f"at most {MAX_VOIDS} empty queries",
                f"{s.outcome.void_queries} from {address_text(s.address)}",
            )
            for s in strict
        )
        found.append(finding(STRICTER_RECEIVERS, facts.domain, *counts))
    return found


def _working(sender: Sender) -> Evidence:
    way = " → ".join(f"{m.term} ({m.name})" for m in sender.outcome.path)
    return Evidence(f"pass from {address_text(sender.address)}", f"pass by {way}")


def _published(facts: SpfFacts, platform: Platform) -> Evidence:
    record = facts.tree.root.record
    return Evidence(f"v=spf1 include:{platform.include} …", record.text if record else "")


def _passed_by_all(outcome: Outcome) -> bool:
    return bool(outcome.path) and outcome.path[-1].term.lower() in ("all", "+all")


def _first(facts: SpfFacts) -> bool:
    """Our include is the first term, or a redirect to us is all there is."""
    record = facts.tree.root.record
    alone = record is not None and not record.directives
    here = [m for m in facts.mentions if m.present and m.depth == 0]
    return any(m.position == 1 or (alone and m.kind is MentionKind.REDIRECT) for m in here)

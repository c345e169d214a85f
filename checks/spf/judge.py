"""When the rules of SPF hold: why our mail passes or does not, and the record's health beside it."""

from __future__ import annotations

from checks.company import SpfState
from checks.model import Evidence, Finding, Rule
from checks.platform import Platform
from checks.spf.evaluate import MAX_TERMS, MAX_VOIDS, Outcome, Problem, ProblemKind, Result
from checks.spf.include import Mention, MentionKind
from checks.spf.ours import Sender, SpfFacts
from checks.spf.record import Mechanism
from checks.spf.rules import (
    DEAD_INCLUDE,
    EXCHANGER_LIMIT,
    HEALTH_UNKNOWN,
    INCLUDE_ELSEWHERE,
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
    OVER_BUDGET,
    PASS_ALL,
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
from checks.spf.tree import Node, NodeState, reachable_directives

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
            return (_finding(SHARED_DOMAIN, facts.domain),)
        case SpfState.EFFECTIVE:
            return (*_effective(facts, platform), *_health(facts))
        case SpfState.UNKNOWN:
            return _unknown(facts)
        case _:
            return (*_not_passing(facts, platform), *_health(facts, passing=False))


def _finding(rule: Rule, about: str, *evidence: Evidence) -> Finding:
    return Finding(rule.code, rule.severity, about, evidence)


# It does not pass


def _not_passing(facts: SpfFacts, platform: Platform) -> tuple[Finding, ...]:
    failing = [s for s in facts.senders if s.outcome.result not in (Result.PASS, Result.TEMPERROR)]
    found = [_why(failing[0], facts, platform)]
    if any(s.outcome.result is Result.PASS for s in facts.senders):
        found.append(_passes_from_some(facts))
    near = [m for m in facts.mentions if not m.present]
    if near:
        found.append(_finding(INCLUDE_MISWRITTEN, facts.domain, *(_near_miss(m, platform) for m in near)))
    found += [
        _finding(INCLUDE_ELSEWHERE, m.name, Evidence(f"at {facts.domain}", m.term)) for m in facts.elsewhere
    ]
    return tuple(sorted(found, key=lambda f: _precision(f.rule)))


def _precision(code: str) -> int:
    """The finding that tells most comes first: what is miswritten explains more than that nothing matched."""
    vague = (INCLUDE_MISSING.code, NO_RECORD.code)
    return 3 if code == INCLUDE_ELSEWHERE.code else 2 if code in vague else 1


def _why(sender: Sender, facts: SpfFacts, platform: Platform) -> Finding:
    outcome = sender.outcome
    if outcome.result is Result.NONE:
        expected = f"v=spf1 include:{platform.include} …"
        found = outcome.problem.kind if outcome.problem else ProblemKind.NO_RECORD
        return _finding(NO_RECORD, facts.domain, Evidence(expected, found))
    if outcome.problem:
        return _broken(outcome.problem, facts, outcome)
    return _refused(sender, facts, platform)


def _broken(problem: Problem, facts: SpfFacts, outcome: Outcome) -> Finding:
    rule = _OF_PROBLEM[problem.kind]
    match problem.kind:
        case ProblemKind.SEVERAL_RECORDS:
            records = next((n.records for n in facts.tree.nodes if n.name == problem.name), ())
            evidence = tuple(Evidence("one SPF record", r.text) for r in records)
            return Finding(
                rule.code, rule.severity, problem.name, evidence or (Evidence("one", problem.detail),)
            )
        case ProblemKind.SYNTAX:
            node = next((n for n in facts.tree.nodes if n.name == problem.name and n.records), None)
            problems = node.records[0].problems if node else ()
            evidence = tuple(Evidence(f"{p.expected} (column {p.column + 1})", p.text) for p in problems)
            return Finding(
                rule.code, rule.severity, problem.name, evidence or (Evidence(problem.detail, problem.term),)
            )
        case ProblemKind.TERM_LIMIT:
            limit = (
                f"at most {MAX_TERMS} terms that look something up; {facts.tree.terms} in the whole record"
            )
            return _finding(
                rule, facts.domain, Evidence(limit, f"{problem.term} in the record of {problem.name}")
            )
        case ProblemKind.VOID_LIMIT:
            found = f"{problem.term} in the record of {problem.name}"
            limit = f"at most {MAX_VOIDS} terms without any answer ({outcome.address_family})"
            return _finding(rule, facts.domain, Evidence(limit, found))
        case ProblemKind.EXCHANGER_LIMIT:
            return _finding(
                rule, problem.name, Evidence("at most 10 exchangers", f"{problem.term}: {problem.detail}")
            )
        case _:
            found = f"{problem.term}: {problem.kind} at {problem.name}"
            return _finding(rule, facts.domain, Evidence("a name with one SPF record", found))


def _refused(sender: Sender, facts: SpfFacts, platform: Platform) -> Finding:
    outcome = sender.outcome
    decided = outcome.path[-1] if outcome.path else None
    found = (
        f"{outcome.result} by {decided.term} in the record of {decided.name}"
        if decided
        else str(outcome.result)
    )
    result = Evidence(f"pass from {sender.address}", found)
    present = [m for m in facts.mentions if m.present]
    if not present:
        record = facts.tree.root.record
        published = Evidence(f"v=spf1 include:{platform.include} …", record.text if record else "")
        return _finding(INCLUDE_MISSING, facts.domain, published, result)
    reached = [m for m in present if m.reachable]
    if not reached:
        return _finding(INCLUDE_NOT_REACHED, present[0].name, *map(_place, present), result)
    if all(m.qualifier != "+" for m in reached):
        wanted = f"include:{platform.include}"
        return _finding(
            INCLUDE_QUALIFIED, reached[0].name, *(Evidence(wanted, m.term) for m in reached), result
        )
    if any(_was_passed_by(m, outcome, facts) for m in reached):
        covered = Evidence(f"{sender.address} in the record of {platform.include}", "not there")
        return _finding(INCLUDE_LACKS_ADDRESS, platform.include, covered, result)
    return _finding(OUR_MAIL_REFUSED, facts.domain, *map(_place, present), result)


def _was_passed_by(mention: Mention, outcome: Outcome, facts: SpfFacts) -> bool:
    """Whether the domain's own record asked our include, which did not match, and went on."""
    record = facts.tree.root.record
    if mention.depth or not record:
        return False
    decided = outcome.path[0].term if outcome.path else ""
    before = [d.text for d in record.directives[: mention.position - 1]] if mention.position else []
    return decided not in before


def _place(mention: Mention) -> Evidence:
    where = f"term {mention.position}" if mention.position else "after every term"
    return Evidence("directly after v=spf1", f"{mention.term} as {where} in the record of {mention.name}")


def _near_miss(mention: Mention, platform: Platform) -> Evidence:
    effects = {
        MentionKind.UNPARSED: "does not parse: permerror",
        MentionKind.IGNORED: "an unknown modifier: ignored",
        MentionKind.OTHER_TERM: "asks for addresses of that name, not for its SPF record",
        MentionKind.MISSPELT: "a name without an SPF record: permerror when it is reached",
        MentionKind.NO_SPF_RECORD: "not an SPF record: receivers do not see it",
    }
    return Evidence(f"include:{platform.include}", f"{mention.term} ({effects[mention.kind]})")


def _passes_from_some(facts: SpfFacts) -> Finding:
    evidence = (Evidence(f"pass from {s.address}", str(s.outcome.result)) for s in facts.senders)
    return _finding(PASSES_FROM_SOME, facts.domain, *evidence)


def _unknown(facts: SpfFacts) -> tuple[Finding, ...]:
    failed = dict.fromkeys(s.outcome.problem.detail for s in facts.senders if s.outcome.problem)
    return (_finding(LOOKUP_FAILED, facts.domain, *(Evidence("an answer", detail) for detail in failed)),)


# It passes


def _effective(facts: SpfFacts, platform: Platform) -> list[Finding]:
    found = [_finding(PASSES, facts.domain, *(_working(s) for s in facts.senders))]
    if any(_passed_by_all(s.outcome) for s in facts.senders):
        pass
    elif not any(m.present for m in facts.mentions):
        found.append(_finding(PASSES_WITHOUT_INCLUDE, facts.domain, _published(facts, platform)))
    elif not _first(facts):
        found.append(_finding(INCLUDE_NOT_FIRST, facts.domain, _published(facts, platform)))
    strict = [s for s in facts.senders if s.stricter]
    if strict:
        counts = (
            Evidence(f"at most {MAX_VOIDS} empty queries", f"{s.outcome.void_queries} from {s.address}")
            for s in strict
        )
        found.append(_finding(STRICTER_RECEIVERS, facts.domain, *counts))
    return found


def _working(sender: Sender) -> Evidence:
    way = " → ".join(f"{m.term} ({m.name})" for m in sender.outcome.path)
    return Evidence(f"pass from {sender.address}", f"pass by {way}")


def _published(facts: SpfFacts, platform: Platform) -> Evidence:
    record = facts.tree.root.record
    return Evidence(f"v=spf1 include:{platform.include} …", record.text if record else "")


def _passed_by_all(outcome: Outcome) -> bool:
    return bool(outcome.path) and outcome.path[-1].term.lower() in ("all", "+all")


def _first(facts: SpfFacts) -> bool:
    """Our include is the first term, or a redirect to us is all there is."""
    root = facts.tree.root
    for mention in facts.mentions:
        if mention.present and mention.depth == 0 and mention.name == root.name:
            only = mention.kind is MentionKind.REDIRECT and root.record and not root.record.directives
            if mention.position == 1 or only:
                return True
    return False


# The record's health, for everybody


def _health(facts: SpfFacts, *, passing: bool = True) -> list[Finding]:
    found = []
    lets_all = [n for n in facts.tree.nodes if _pass_all(n) and _counts_for_everybody(n, facts)]
    if lets_all:
        texts = (Evidence("~all or -all", n.record.text) for n in lets_all if n.record)
        found.append(_finding(PASS_ALL, facts.domain, *texts))
    if not passing:
        return found
    if facts.tree.over_budget:
        counted = Evidence(f"at most {MAX_TERMS} terms that look something up", str(facts.tree.terms))
        found.append(_finding(OVER_BUDGET, facts.domain, counted))
    dead = [n for n in facts.tree.nodes[1:] if n.reachable and _is_dead(n)]
    if dead:
        found.append(_finding(DEAD_INCLUDE, facts.domain, *(_dead(n, facts) for n in dead)))
    failed = [n.failure for n in facts.tree.nodes if n.failure]
    if failed:
        details = (Evidence("an answer", f"{f.name}: {f.reason} from {f.server}") for f in failed)
        found.append(_finding(HEALTH_UNKNOWN, facts.domain, *details))
    return found


def _is_dead(node: Node) -> bool:
    if node.state in (NodeState.NO_RECORD, NodeState.NO_SUCH_NAME, NodeState.SEVERAL):
        return True
    return bool(node.record and node.record.problems)


def _dead(node: Node, facts: SpfFacts) -> Evidence:
    why = "does not parse" if node.record else node.state
    return Evidence(
        "a name with one SPF record",
        f"{node.via} in the record of {facts.tree.nodes[node.parent].name}: {why}",
    )


def _counts_for_everybody(node: Node, facts: SpfFacts) -> bool:
    """Whether a pass in this record is a pass of the domain: reached through unqualified includes and redirects."""
    while node.parent >= 0:
        if not node.reachable or node.via[0] in "-~?":
            return False
        node = facts.tree.nodes[node.parent]
    return True


def _pass_all(node: Node) -> bool:
    if not node.record or node.record.problems:
        return False
    reached = reachable_directives(node.record)
    return bool(reached) and reached[-1].mechanism is Mechanism.ALL and reached[-1].qualifier == "+"

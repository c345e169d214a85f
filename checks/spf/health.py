"""The health of a record for everybody who sends: one small function a rule, each a pure function of the facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace

from checks.lookup import FailureReason
from checks.model import Evidence, Finding
from checks.spf import health_rules as rules
from checks.spf.costs import Cost, Costs, Family
from checks.spf.findings import told
from checks.spf.joints import joints
from checks.spf.mend import meant_as_spf, mends
from checks.spf.near_names import also
from checks.spf.ours import SpfFacts
from checks.spf.outcome import MAX_NAMES, MAX_TERMS, MAX_VOIDS, ProblemKind
from checks.spf.record import Mechanism, Modifier, Record, is_spf
from checks.spf.tree import UNREAD, Node, NodeState, counts_as
from checks.spf.width import Width, covered, wide_terms

_FAMILIES: tuple[Family, ...] = (4, 6)

_SAID_ALREADY = {
    ProblemKind.TERM_LIMIT: {rules.OVER_BUDGET.code},
    ProblemKind.VOID_LIMIT: {rules.OVER_VOIDS.code},
    ProblemKind.EXCHANGER_LIMIT: {rules.TOO_MANY_EXCHANGERS.code},
    ProblemKind.NO_RECORD: {rules.DEAD_INCLUDE.code},
    ProblemKind.NO_SUCH_NAME: {rules.DEAD_INCLUDE.code},
    ProblemKind.MALFORMED_NAME: {rules.DEAD_INCLUDE.code},
}
"""What the reason for which our mail does not pass says already."""


def health(facts: SpfFacts, *, passing: bool) -> list[Finding]:
    """What holds, the worst first. `passing`: our mail passes, so a look-up that failed has not decided it."""
    problems = {s.outcome.problem.kind for s in facts.senders if s.outcome.problem}
    skipped = {code for kind in problems for code in _SAID_ALREADY.get(kind, ())}
    if not passing:
        skipped.add(rules.HEALTH_UNKNOWN.code)
    found = (check(facts) for check in CHECKS)
    return [f for f in found if f is not None and f.rule not in skipped]


# What lets strangers pass


def pass_all(facts: SpfFacts) -> Finding | None:
    texts = (
        Evidence("~all or -all", n.record.text)
        for n in facts.tree.nodes
        if n.record and n.record.passes_all and counts(n, facts)
    )
    return told(rules.PASS_ALL, facts.domain, texts)


def pass_nearly_all(facts: SpfFacts) -> Finding | None:
    return told(rules.PASS_NEARLY_ALL, facts.domain, _wide(facts, Width.NEARLY_ALL))


def wide_range(facts: SpfFacts) -> Finding | None:
    return told(rules.WIDE_RANGE, facts.domain, _wide(facts, Width.WIDE))


def _wide(facts: SpfFacts, wanted: Width) -> Iterator[Evidence]:
    expected = "networks of the servers that send"
    for node in facts.tree.nodes:
        for directive, wide in wide_terms(node.record) if node.record else ():
            if wide is wanted and counts(node, facts):
                yield Evidence(expected, _where(directive.text, node))


def counts(node: Node, facts: SpfFacts) -> bool:
    """Whether a pass in this record is a pass of the domain: reached through unqualified includes and redirects."""
    while node.parent >= 0:
        if not node.reachable or node.via[0] in "-~?":
            return False
        node = facts.tree.nodes[node.parent]
    return True


# What breaks for some senders


def over_budget(facts: SpfFacts) -> Finding | None:
    terms = facts.costs.terms
    counted = [Evidence(f"at most {MAX_TERMS} terms that look something up", str(terms))]
    return told(rules.OVER_BUDGET, facts.domain, counted if terms.least > MAX_TERMS else ())


def over_voids(facts: SpfFacts) -> Finding | None:
    """Where only IPv6 senders are touched it is told for the audit: a host without AAAA is no mistake."""
    found = told(rules.OVER_VOIDS, facts.domain, _over_voids(facts))
    return replace(found, matters=facts.costs.voids(4).least > MAX_VOIDS) if found else None


def _over_voids(facts: SpfFacts) -> Iterator[Evidence]:
    for family in _FAMILIES:
        voids = facts.costs.voids(family)
        if voids.least > MAX_VOIDS:
            empty = ", ".join(_at(c, facts) for c in facts.costs.items if c.void(family))
            expected = f"at most {MAX_VOIDS} terms without any answer (IPv{family} senders)"
            yield Evidence(expected, f"{voids}: {empty[:500]}")


def _at(cost: Cost, facts: SpfFacts) -> str:
    return f"{cost.term.text} ({facts.tree.nodes[cost.node].name})"


def too_many_exchangers(facts: SpfFacts) -> Finding | None:
    many = (
        Evidence(f"at most {MAX_NAMES} exchangers", f"{_cost(c, facts)}: {c.exchangers}")
        for c in facts.costs.items
        if c.exchangers > MAX_NAMES
    )
    return told(rules.TOO_MANY_EXCHANGERS, facts.domain, many)


def loop(facts: SpfFacts) -> Finding | None:
    ways = (
        Evidence("each record once on the way", f"{n.via}: {' → '.join(facts.tree.path(n))}")
        for n in facts.tree.odd
        if n.reachable and n.state is NodeState.LOOP
    )
    return told(rules.LOOP, facts.domain, ways)


def dead_include(facts: SpfFacts) -> Finding | None:
    dead = (_dead(n, facts) for n in facts.tree.odd if n.reachable and _is_dead(n))
    return told(rules.DEAD_INCLUDE, facts.domain, dead)


def _is_dead(node: Node) -> bool:
    """Whether the include that led here, or the redirect, leads to nothing that receivers can use."""
    without = (NodeState.NO_RECORD, NodeState.NO_SUCH_NAME, NodeState.SEVERAL)
    return node.parent >= 0 and (node.state in without or node.record is not None)


def _dead(node: Node, facts: SpfFacts) -> Evidence:
    where = _where(node.via, facts.tree.nodes[node.parent])
    if node.record:
        first = node.record.problems[0]
        return Evidence("a record that parses", f"{where}: {first.text} there does not parse")
    return Evidence("a name with one SPF record", f"{where}: {node.state}{also(node.name, facts.near)}")


def health_unknown(facts: SpfFacts) -> Finding | None:
    # A name that was never asked (records stored before it was) is no name server's failure.
    beside = (f for f in facts.costs.failures if f.reason is not FailureReason.NOT_STORED)
    failed = [*(n.failure for n in facts.tree.odd if n.failure), *beside]
    details = (
        Evidence(f"an answer ({f.type})", f"{f.name}: {f.reason}" + (f" from {f.server}" if f.server else ""))
        for f in failed
    )
    return told(rules.HEALTH_UNKNOWN, facts.domain, details)


# What does not say what was meant


def strings_run_together(facts: SpfFacts) -> Finding | None:
    met = (Evidence(f"{j.left} {j.right}", j.term) for txt in facts.tree.published for j in joints(txt))
    return told(rules.STRINGS_RUN_TOGETHER, facts.domain, met)


def not_as_meant(facts: SpfFacts) -> Finding | None:
    """A term that parses and cannot be meant so; what answers all the same is left alone."""
    odd = (
        Evidence(m.instead or "nothing", _where(m.text, node))
        for node, parsed in _own(facts)
        for m in mends(parsed)
        if not m.breaks and not any(n.via == m.text and n.records for n in facts.tree.nodes)
    )
    return told(rules.NOT_AS_MEANT, facts.domain, odd)


def _own(facts: SpfFacts) -> Iterator[tuple[Node, Record]]:
    return ((node, parsed) for node in facts.tree.own for parsed in node.records)


def after_all(facts: SpfFacts) -> Finding | None:
    behind = (
        Evidence("all as the last term", _where(directive.text, node))
        for node, parsed in _own(facts)
        for directive in parsed.directives[len(parsed.reached) :]
    )
    return told(rules.AFTER_ALL, facts.domain, behind)


def redirect_ignored(facts: SpfFacts) -> Finding | None:
    ignored = (
        Evidence("either all or a redirect", _where(parsed.redirect.text, node))
        for node, parsed in _own(facts)
        if parsed.redirect and parsed.ends_with_all
    )
    return told(rules.REDIRECT_IGNORED, facts.domain, ignored)


def ptr(facts: SpfFacts) -> Finding | None:
    used = (
        Evidence("the servers that send, by address or name", _where(directive.text, node))
        for node, parsed in _own(facts)
        for directive in parsed.reached
        if directive.mechanism is Mechanism.PTR or counts_as(directive) > 1
    )
    return told(rules.PTR, facts.domain, used)


def not_a_record(facts: SpfFacts) -> Finding | None:
    alike = (
        Evidence(meant[:500], octets.decode("utf-8", "backslashreplace")[:500])
        for octets in facts.tree.texts
        if (meant := meant_as_spf(octets))
    )
    return told(rules.NOT_A_RECORD, facts.domain, alike)


# What is no fault


def _ending(facts: SpfFacts) -> Node:
    """The node whose record has the last word: that of the domain, or what it redirects to."""
    ahead: int | None = 0
    while ahead is not None:
        at = ahead
        ahead = _redirected(at, facts) if any(r.redirect for r in facts.tree.nodes[at].records) else None
    return facts.tree.nodes[at]


def _redirected(at: int, facts: SpfFacts) -> int | None:
    return next(
        (
            child
            for child, node in enumerate(facts.tree.nodes)
            if node.parent == at and node.reachable and node.via.lower().startswith("redirect=")
        ),
        None,
    )


def neutral_all(facts: SpfFacts) -> Finding | None:
    node = _ending(facts)
    last = node.record.reached[-1] if node.record and node.record.ends_with_all else None
    neutral = [Evidence("~all or -all", _where(last.text, node))] if last and last.qualifier == "?" else ()
    return told(rules.NEUTRAL_ALL, facts.domain, neutral)


def no_all(facts: SpfFacts) -> Finding | None:
    parsed = _ending(facts).record
    if parsed is None or parsed.problems or parsed.ends_with_all:
        return None
    return told(rules.NO_ALL, facts.domain, [Evidence("~all or -all at the end", parsed.text)])


def names_nothing(facts: SpfFacts) -> Finding | None:
    empty = (
        _nothing(c, facts)
        for c in facts.costs.items
        if c.names_nothing and any(facts.tree.nodes[c.node] is own for own in facts.tree.own)
    )
    return told(rules.NAMES_NOTHING, facts.domain, filter(None, empty))


_SOUGHT = {
    Mechanism.A: ("a name with an address", "no address"),
    Mechanism.MX: ("a domain whose mail servers have addresses", "no mail server with an address"),
    Mechanism.EXISTS: ("a name with an A record", "no A record"),
}


def _nothing(cost: Cost, facts: SpfFacts) -> Evidence | None:
    sought = None if isinstance(cost.term, Modifier) else _SOUGHT.get(cost.term.mechanism)
    return Evidence(sought[0], f"{_cost(cost, facts)}: {sought[1]} at {cost.name}") if sought else None


def named_twice(facts: SpfFacts) -> Finding | None:
    return told(rules.NAMED_TWICE, facts.domain, _twice(facts))


def _twice(facts: SpfFacts) -> Iterator[Evidence]:
    """Terms that ask the same, at any depth; below a record that is there twice, not everything in it again."""
    places: dict[tuple[str, str], list[Cost]] = defaultdict(list)
    for cost in facts.costs.items:
        if cost.name and not cost.depends_on_sender:
            places[_kind(cost), cost.name].append(cost)
    for costs in places.values() if len(places) < len(facts.costs.items) else ():
        own = list({_cost(c, facts): c for c in costs})
        if len(costs) > 1 and (len(own) > 1 or len({c.node for c in costs}) == 1):
            yield Evidence("once", f"{len(costs)} times: {'; '.join(own[:4])}")


def _kind(cost: Cost) -> str:
    """What makes two terms for the same name ask the same thing; an include and a redirect do."""
    if isinstance(cost.term, Modifier) or cost.term.mechanism is Mechanism.INCLUDE:
        return "record"
    return f"{cost.term.mechanism}/{cost.term.cidr4}/{cost.term.cidr6}"


def covered_already(facts: SpfFacts) -> Finding | None:
    both = (Evidence(f"the wider term alone: {wide}", narrow) for narrow, wide in covered(facts.tree))
    return told(rules.COVERED_ALREADY, facts.domain, both)


MAX_COMBINED = 450
MAX_ANSWER = 512


def long_answer(facts: SpfFacts) -> Finding | None:
    name, texts = facts.tree.root.name, facts.tree.published
    combined, answer = len(name) + sum(map(len, facts.tree.texts)), answer_octets(facts)
    said = [
        Evidence(f"name and TXT records of at most {MAX_COMBINED} octets", str(combined)),
        Evidence(f"an answer of at most {MAX_ANSWER} octets", str(answer)),
    ]
    long = texts and (combined > MAX_COMBINED or answer > MAX_ANSWER)
    return told(rules.LONG_ANSWER, facts.domain, said if long else ())


def answer_octets(facts: SpfFacts) -> int:
    """The whole TXT answer on the wire: header, question, and each record with its name as a pointer (RFC 1035 4)."""
    question = 12 + len(facts.tree.root.name) + 2 + 4
    lengths = sum(12 + len(txt.strings) for txt in facts.tree.published)
    return question + lengths + sum(map(len, facts.tree.texts))


def not_followed(facts: SpfFacts) -> Finding | None:
    cut = (
        Evidence("a tree of at most 100 records", f"{_where(n.via, facts.tree.nodes[n.parent])}: {n.state}")
        for n in facts.tree.odd
        if n.state in (NodeState.TOO_MANY, NodeState.TOO_LATE)
    )
    return told(rules.NOT_FOLLOWED, facts.domain, cut)


def depends_on_sender(facts: SpfFacts) -> Finding | None:
    terms = (
        Evidence("known when a mail arrives", _cost(c, facts) + _price(c))
        for c in facts.costs.items
        if c.depends_on_sender
    )
    return told(rules.DEPENDS_ON_SENDER, facts.domain, terms)


def _price(cost: Cost) -> str:
    return "" if cost.terms == 1 else f"; counts as {cost.terms} look-ups, for %{{p}} is one of its own"


def budget(facts: SpfFacts) -> Finding | None:
    return told(rules.BUDGET, facts.domain, _budget(facts.costs, facts) if facts.tree.root.records else ())


def _budget(costs: Costs, facts: SpfFacts) -> Iterator[Evidence]:
    yield Evidence(f"at most {MAX_TERMS} terms that look something up", str(costs.terms))
    for family in _FAMILIES:
        yield Evidence(f"at most {MAX_VOIDS} void terms (IPv{family} senders)", str(costs.voids(family)))
    for txt, octets in zip(facts.tree.published, facts.tree.texts, strict=True):
        if is_spf(octets):
            yield Evidence(
                "the SPF record, in strings of at most 255 octets",
                f"{len(octets)} octets in {len(txt.strings)}",
            )
    yield Evidence(f"an answer of at most {MAX_ANSWER} octets", str(answer_octets(facts)))
    unread = sum(1 for n in facts.tree.odd if n.reachable and n.state in UNREAD)
    if unread:
        yield Evidence("every record of the tree", f"{unread} not read, so the counts are the least")


def _where(term: str, node: Node) -> str:
    return f"{term} in the record of {node.name}"


def _cost(cost: Cost, facts: SpfFacts) -> str:
    return _where(cost.term.text, facts.tree.nodes[cost.node])


CHECKS: tuple[Callable[[SpfFacts], Finding | None], ...] = (
    pass_all,
    pass_nearly_all,
    over_budget,
    over_voids,
    too_many_exchangers,
    loop,
    dead_include,
    health_unknown,
    strings_run_together,
    not_as_meant,
    after_all,
    redirect_ignored,
    ptr,
    not_a_record,
    neutral_all,
    no_all,
    wide_range,
    names_nothing,
    named_twice,
    covered_already,
    long_answer,
    not_followed,
    depends_on_sender,
    budget,
)

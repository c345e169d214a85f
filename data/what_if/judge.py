"""One domain as it is stored and as it would be; and what the difference means for a company."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from checks.company import SendingMethod, SpfState
from checks.lookup import Resolver
from checks.model import Finding
from checks.platform import Platform
from checks.spf import Memo, Result, ours
from checks.spf.judge import judge as judge_spf
from checks.spf.ours import SpfFacts
from checks.spf.outcome import MAX_TERMS, ProblemKind
from checks.spf.tree import NodeState, Tree


@dataclass(frozen=True, slots=True)
class Standing:
    """How our mail stands at one domain.

    `terms`: look-ups of the whole tree, in the worst case. `stopped`: our mail, from one address at least, ends at
    the limit of look-ups. `partly`: it passes from some addresses and definitely not from others.
    """

    spf: SpfState
    terms: int
    stopped: bool
    partly: bool


class Group(StrEnum):
    """What a change means. A company may be in several groups."""

    LOSES = "loses"
    UNKNOWN = "becomes_unknown"
    PARTLY = "passes_from_some"
    OVER_FOR_US = "over_budget_for_us"
    OVER_FOR_OTHERS = "over_budget_for_others"
    GAINS = "gains"


@dataclass(frozen=True, slots=True)
class Difference:
    """A domain before and after. `reason`: the finding that decides after, where anything changes; hostile text."""

    before: Standing
    after: Standing
    groups: frozenset[Group]
    reason: Finding | None


@dataclass(frozen=True, slots=True)
class Change:
    """One company for whom something changes. `matters`: its method rests on its own SPF record; for the others
    this is told for the audit. Hostile text."""

    company_id: str
    name: str
    domain: str
    method: SendingMethod
    matters: bool
    difference: Difference


def standing(facts: SpfFacts) -> Standing:
    """In few words."""
    results = {sender.outcome.result for sender in facts.senders}
    problems = (sender.outcome.problem for sender in facts.senders)
    return Standing(
        spf=facts.state,
        terms=facts.tree.terms,
        stopped=any(p.kind is ProblemKind.TERM_LIMIT for p in problems if p),
        partly=Result.PASS in results and not results <= {Result.PASS, Result.TEMPERROR},
    )


def groups(before: Standing, after: Standing) -> frozenset[Group]:
    """What becomes of a domain; none: nothing that anybody would notice."""
    passed, passes = (at.spf is SpfState.EFFECTIVE for at in (before, after))
    unknown = after.spf is SpfState.UNKNOWN
    holds = {
        Group.LOSES: passed and not passes and not unknown,
        Group.UNKNOWN: unknown and before.spf is not SpfState.UNKNOWN,
        Group.PARTLY: after.partly and not before.partly,
        Group.OVER_FOR_US: after.stopped and not before.stopped,
        Group.OVER_FOR_OTHERS: not after.stopped and after.terms > MAX_TERMS >= before.terms,
        Group.GAINS: passes and not passed,
    }
    return frozenset(group for group, it_does in holds.items() if it_does)


@dataclass(frozen=True, slots=True)
class Judged:
    """A domain judged twice. `personal`: it may be otherwise for another local part."""

    difference: Difference
    personal: bool


@dataclass(frozen=True, slots=True)
class World:
    """The platform, and the facts that it is judged by: as they are, or as they would be."""

    platform: Platform
    resolver: Resolver
    memo: Memo = field(default_factory=Memo)
    """What includes said in this world, whose answers stay as they are."""


async def judge(name: str, local: str, now: World, then: World) -> Judged:
    """The SPF of `name` before and after, by the one evaluator. Not for domains that everybody shares."""
    before = await ours.gather(name, now.platform, now.resolver, local=local, memo=now.memo)
    after = await ours.gather(name, then.platform, then.resolver, local=local, memo=then.memo)
    personal = _is_personal(before.tree) or _is_personal(after.tree)
    return Judged(_difference(before, after, then.platform), personal)


def _difference(before: SpfFacts, after: SpfFacts, platform: Platform) -> Difference:
    was, becomes = standing(before), standing(after)
    changed = groups(was, becomes)
    return Difference(was, becomes, changed, judge_spf(after, platform)[0] if changed else None)


_OF_THE_SENDER = ("%{l", "%{s")
_UNSEEN = (NodeState.MACRO, NodeState.TOO_MANY)


def _is_personal(tree: Tree) -> bool:
    """Whether a record looks at the sender's local part, or one that the tree does not show may do so."""
    return any(
        node.state in _UNSEEN
        or any("%" in r.text and any(m in r.text.lower() for m in _OF_THE_SENDER) for r in node.records)
        for node in tree.nodes
    )

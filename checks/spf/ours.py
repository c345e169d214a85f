"""SPF for the platform's mail: what was asked for every sending address, and the state that follows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from checks.company import SpfState
from checks.lookup import Answer, RecordType, Resolver, expect, lookup_all, usable
from checks.platform import IPAddress, Platform
from checks.spf.costs import NOTHING_COUNTED, Costs, measure
from checks.spf.evaluate import check_host
from checks.spf.include import Mention, MentionKind, mentions
from checks.spf.likeness import stands_in
from checks.spf.memo import KnownInclude, Memo
from checks.spf.near_names import NearName, near_names
from checks.spf.outcome import MAX_VOIDS, Outcome, Result
from checks.spf.partial import OurInclude, partial_mentions
from checks.spf.record import Mechanism, select
from checks.spf.tree import Tree, walk

_ELSEWHERE = ("www", "_spf", "_dmarc")


class Standing(StrEnum):
    """How one sending address stands with a domain, the best first."""

    EFFECTIVE = "our mail passes"
    PRESENT = "our include is there, and our mail does not pass"
    NEAR_MISS = "our include is nearly there"
    NOT_NAMED = "nothing names us"
    UNKNOWN = "could not be looked up"


@dataclass(frozen=True, slots=True)
class Sender:
    """One sending address: the outcome, and a stricter one where receivers that count void queries differ."""

    address: IPAddress
    outcome: Outcome
    stricter: Outcome | None = None


@dataclass(frozen=True, slots=True)
class SpfFacts:
    """What is known of one domain's SPF for our mail.

    `domain`: whose record was asked; `shared`: a domain shared by everybody; `mentions`: where we are named;
    `elsewhere`: names beside the domain (parent, www, _spf, _dmarc) whose records name us, where receivers do not
    look; `costs`: what the whole record costs a sender that nothing matches; `near`: other
    names for those that have no SPF record.
    """

    domain: str
    shared: bool
    senders: tuple[Sender, ...]
    tree: Tree
    mentions: tuple[Mention, ...]
    elsewhere: tuple[Mention, ...] = ()
    costs: Costs = NOTHING_COUNTED
    near: tuple[NearName, ...] = ()

    def standing(self, sender: Sender) -> Standing:
        """Effective, present or a near miss, for one sending address."""
        if sender.outcome.result is Result.PASS:
            return Standing.EFFECTIVE
        if sender.outcome.result is Result.TEMPERROR:
            return Standing.UNKNOWN
        if any(m.present for m in self.mentions):
            return Standing.PRESENT
        return Standing.NEAR_MISS if self.mentions else Standing.NOT_NAMED

    @property
    def state(self) -> SpfState:
        """As interfaces.md defines the column."""
        if self.shared:
            return SpfState.IMPOSSIBLE
        results = {s.outcome.result for s in self.senders}
        if results == {Result.PASS}:
            return SpfState.EFFECTIVE
        if results <= {Result.PASS, Result.TEMPERROR}:
            return SpfState.UNKNOWN
        if self.mentions or Result.PASS in results:
            return SpfState.INEFFECTIVE
        return SpfState.MISSING

    @property
    def passes(self) -> bool | None:
        """Whether our mail passes from every address; None when that could not be told."""
        results = {s.outcome.result for s in self.senders}
        if results == {Result.PASS}:
            return True
        return None if results <= {Result.PASS, Result.TEMPERROR} else False


async def gather(
    domain: str,
    platform: Platform,
    resolver: Resolver,
    *,
    local: str = "",
    shared: bool = False,
    memo: Memo | None = None,
) -> SpfFacts:
    """Evaluate the platform's mail at `domain` from every sending address; `local` is MAIL FROM's local part.

    `memo`: see `check_host`; for many domains over one resolver whose answers stay the same.
    """
    connection = _Connection(domain, f"{local or 'postmaster'}@{domain}", platform.domain or platform.include)
    tree = await walk(domain, resolver)
    costs = await measure(tree, resolver)  # so that what the evaluations ask for is known, or under way
    senders = [await _sender(address, connection, resolver, memo) for address in platform.sending_addresses]
    found = mentions(tree, platform.include, platform.domain)
    near = await near_names(tree, resolver)
    facts = SpfFacts(domain, shared, tuple(senders), tree, found, costs=costs, near=near)
    if facts.state in (SpfState.MISSING, SpfState.INEFFECTIVE):
        facts = replace(facts, mentions=(*found, *await _partial(tree, platform, resolver, memo)))
    if facts.state is SpfState.MISSING:
        facts = replace(facts, elsewhere=await _elsewhere(domain, platform, resolver))
    return facts


async def _partial(
    tree: Tree, platform: Platform, resolver: Resolver, memo: Memo | None
) -> tuple[Mention, ...]:
    """What only our own include's records can show; they are read only where such a term may stand."""
    terms = [d for node in tree.own for r in node.records for d in r.directives]
    if not any(d.span or d.mechanism is Mechanism.INCLUDE for d in terms):
        return ()
    ours = await _our_include(platform.include, resolver, memo)
    return partial_mentions(tree, ours, platform.sending_addresses)


async def _our_include(name: str, resolver: Resolver, memo: Memo | None) -> OurInclude:
    """Worked out anew only when its records say something else: they are asked for each time, since what follows
    stands on them."""
    known = memo.ours.get(name) if memo else None
    if known and known.answers == await lookup_all(resolver, known.asked):
        return known.include
    tree = await walk(name, resolver)
    made = OurInclude(tree)
    if memo and tree.complete:
        asked = [(n.name, RecordType.TXT) for n in tree.nodes if usable(n.name)]
        memo.ours[name] = KnownInclude(asked, await lookup_all(resolver, asked), made)
    return made


@dataclass(frozen=True, slots=True)
class _Connection:
    """What every sending address says of itself: whose record is asked, MAIL FROM and HELO."""

    domain: str
    sender: str
    helo: str


async def _sender(address: IPAddress, says: _Connection, resolver: Resolver, memo: Memo | None) -> Sender:
    asked = (address, says.domain, says.sender, says.helo)
    outcome = await check_host(*asked, resolver=resolver, explain=False, memo=memo)
    if outcome.result is not Result.PASS or outcome.void_queries <= MAX_VOIDS:
        return Sender(address, outcome)
    stricter = await check_host(*asked, resolver=resolver, voids="query", explain=False, memo=memo)
    return Sender(address, outcome, stricter)


async def _elsewhere(domain: str, platform: Platform, resolver: Resolver) -> tuple[Mention, ...]:
    """Our include at the parent, `www.` or `_spf.`, or in the DMARC record: SPF is not inherited (RFC 7208 3)."""
    parent = domain.partition(".")[2]
    names = [f"{label}.{domain}" for label in _ELSEWHERE] + ([parent] if "." in parent else [])
    names = [name for name in names if usable(name)]
    expect(resolver, [(name, RecordType.TXT) for name in names])
    mentioned = [await _own(name, platform.include, resolver) for name in names]
    return tuple(m for one in mentioned for m in one)


async def _own(name: str, include: str, resolver: Resolver) -> tuple[Mention, ...]:
    found = await resolver.lookup(name, RecordType.TXT)
    if not isinstance(found, Answer):
        return ()
    if not select(found.texts):
        texts = (text.text for text in found.texts)
        return tuple(
            Mention(MentionKind.NO_SPF_RECORD, name, text) for text in texts if stands_in(text, include)
        )
    tree = await walk(name, resolver)
    return tuple(m for m in mentions(tree, include) if m.present)

"""From any record, the record to publish: our mail passes; nobody who passed loses it; ten terms; ours first.

The goals are in this order, and where they collide the advice names the collision and who loses by it. What is
proposed was evaluated with our mail from every sending address, by the one evaluator.
"""

from __future__ import annotations

from dataclasses import replace

from checks.domain_name import is_below
from checks.lookup import LookupFailed, RecordType, Resolver
from checks.platform import TENANT, Platform
from checks.spf.advice import (
    Advice,
    Alternative,
    Change,
    ChangeKind,
    Collision,
    Question,
    Standing,
    strings_of,
)
from checks.spf.budget import Cost, Fault, Meter
from checks.spf.ours import SpfFacts, gather
from checks.spf.outcome import Result
from checks.spf.record import Directive
from checks.spf.repair_asks import ASK_NO_MAIL, ASK_REFUSAL, OWN_DOMAIN, SAYING_NOTHING, SEND_FROM_PLATFORM
from checks.spf.repair_draft import Bench, Draft, told
from checks.spf.repair_near import with_near_names
from checks.spf.repair_others import alternative, others
from checks.spf.repair_place import Ours, networks
from checks.spf.repair_plan import Plan, ends_with_ours, leads_to, plan, without_void
from checks.spf.repair_read import Key, Piece, Reading, piece, read
from checks.spf.repair_rules import (
    ALIAS,
    DEFAULT,
    FIRST_RECORD,
    MENDED,
    MERGED,
    NOT_NAMED,
    OUR_OWN_NAME,
    OURS,
    OURS_MISWRITTEN,
    OURS_QUALIFIED,
    PLATFORM_ENVELOPE,
    RECORD_UNKNOWN,
    SHARED_DOMAIN,
    STILL_NOT_PASSING,
    STILL_UNKNOWN,
)
from checks.spf.repair_trouble import collisions
from checks.spf.tree import NodeState, ends_with_all, reachable_directives

MOST_PLACES = 60
"""Records longer than this are not searched term by term for a place."""


async def propose(facts: SpfFacts, platform: Platform, resolver: Resolver, *, local: str = "") -> Advice:
    """What to publish at the domain that receivers ask, or why there is nothing to publish.

    `facts` as `ours.gather` gave them from the same `resolver`; `local`: MAIL FROM's local part, for macros.
    """
    if nothing := _nothing_to_publish(facts, platform):
        return nothing

    async def publish(answered: Resolver) -> Advice:
        found = await gather(facts.domain, platform, answered, local=local)
        return await _advise(await _bench(found, platform, answered, local or "postmaster"))

    advice = await _advise(await _bench(facts, platform, resolver, local or "postmaster"))
    return await with_near_names(advice, facts, platform.include, resolver, publish)


def _nothing_to_publish(facts: SpfFacts, platform: Platform) -> Advice | None:
    domain = facts.domain
    elsewhere = tuple(Alternative(r.code, terms=(domain,)) for r in (SEND_FROM_PLATFORM, OWN_DOMAIN))
    if facts.shared:
        shared = (Collision(SHARED_DOMAIN.code, domain),)
        return Advice(domain, Standing.IMPOSSIBLE, collisions=shared, alternatives=elsewhere)
    if not platform.asks_company_spf:
        return Advice(domain, Standing.NOT_ASKED, collisions=(Collision(PLATFORM_ENVELOPE.code, domain),))
    if domain == platform.include:
        return Advice(domain, Standing.IMPOSSIBLE, collisions=(Collision(OUR_OWN_NAME.code, domain),))
    if facts.tree.root.state is NodeState.FAILED:
        return Advice(domain, Standing.UNKNOWN, collisions=(Collision(RECORD_UNKNOWN.code, domain),))
    return None


# What everything is measured with


async def _bench(facts: SpfFacts, platform: Platform, resolver: Resolver, local: str) -> Bench:
    reading = read(facts, platform.include)
    meter = Meter(facts.domain, resolver)
    mine = piece(f"include:{platform.include}", rule=OURS.code)
    listed, only = await networks(platform.include, resolver)
    costs: dict[Key, Cost] = {mine.key: await meter.term(mine.parsed)}
    for one in (*reading.published, *(p for record in reading.records for p in record)):
        for candidate in (one, *_included(one)):
            if candidate.key not in costs:
                costs[candidate.key] = await meter.term(candidate.parsed)
    ours = Ours(mine, costs[mine.key], listed, only, meter.records.get(platform.include))
    old = _passing_now(reading, costs)
    return Bench(
        facts, platform, resolver, f"{local}@{facts.domain}", reading, costs, ours, old, meter.records
    )


def _included(one: Piece) -> list[Piece]:
    """The include that a redirect becomes where records are merged."""
    return [piece(f"include:{one.parsed.domain.text}")] if one.is_redirect and one.parsed.domain else []


def _passing_now(reading: Reading, costs: dict[Key, Cost]) -> tuple[Piece, ...] | None:
    """The published terms in the order in which they are asked, as far as anybody gets; None if nobody passes."""
    if not reading.intact:
        return None
    found = []
    redirects = []
    for one in reading.published:
        if isinstance(one.parsed, Directive):
            found.append(one)
        elif one.is_redirect:
            redirects.append(one)
        if one.is_all:
            return _until_dead(found, costs)
    return _until_dead(found + redirects, costs)


def _until_dead(pieces: list[Piece], costs: dict[Key, Cost]) -> tuple[Piece, ...]:
    """Nobody gets past a name without a record."""
    dead = (i for i, p in enumerate(pieces) if p.key in costs and costs[p.key].fault & Fault.DEAD)
    return tuple(pieces[: next(dead, len(pieces))])


# The advice


async def _advise(bench: Bench) -> Advice:
    if not bench.reading.records:
        return await _first_record(bench)
    made = plan(bench.reading, bench.platform.include, bench.facts.domain, bench.costs)
    if _is_settled(bench, made):
        return await _told(bench, made, Draft(bench.reading.published), settled=True)
    if not bench.size((bench.ours_of(made), *made.pieces)).fits:
        made = without_void(made, bench.costs)
    if ends_with_ours(made, bench.platform.include) and not bench.passes_now:
        made = _redirect_to_include(bench, made)
    draft = await _placed(bench, made)
    if made.ours is None and bench.passes_now and _hurts(bench, draft):
        draft = bench.draft(made.pieces)
    return await _told(bench, made, draft)


def _hurts(bench: Bench, draft: Draft) -> bool:
    """Whether naming us costs somebody something, although our mail passes without it."""
    return bool(draft.loss.terms) or not bench.size(draft.pieces).fits


def _is_settled(bench: Bench, made: Plan) -> bool:
    """The record is right as it is: our mail passes, ours first (or below a name of the company's own), all fits."""
    old = bench.old or ()
    if not bench.passes_now or not bench.size(old).fits:
        return False
    if len(old) < len(_asked(bench.reading.published)):  # something dead stands there
        return False
    return _ours_is_first(bench) or _ours_is_below(bench, made)


def _asked(published: tuple[Piece, ...]) -> list[Piece]:
    """The published terms that are asked about: up to `all`, and a redirect only without one."""
    ends = next((i + 1 for i, p in enumerate(published) if p.is_all), None)
    if ends is not None:
        return [p for p in published[:ends] if isinstance(p.parsed, Directive)]
    return [p for p in published if isinstance(p.parsed, Directive) or p.is_redirect]


def _ours_is_first(bench: Bench) -> bool:
    """Of a record by which our mail passes."""
    first = _asked(bench.reading.published)[0]
    if first.is_redirect:
        return leads_to(first, bench.platform.include)
    return first.key == bench.ours.piece.key and first.authorises


def _ours_is_below(bench: Bench, made: Plan) -> bool:
    """Whether the company names us in a record of its own that this one leads to."""
    domain = bench.facts.domain
    return made.ours is None and any(
        m.present and m.reachable and m.qualifier == "+" and is_below(m.name, domain)
        for m in bench.facts.mentions
    )


def _redirect_to_include(bench: Bench, made: Plan) -> Plan:
    """`redirect=ours` behind terms that keep it from working: our include, and `all` as our own record has it."""
    gone = next(p for p in made.pieces if p.is_redirect)
    kept = tuple(p for p in made.pieces if p is not gone)
    ours = made.ours or replace(bench.ours.piece, published=gone.published, rule=OURS_MISWRITTEN.code)
    record = bench.ours.record
    last = reachable_directives(record)[-1:] if record and ends_with_all(record) else ()
    sign = last[0].qualifier if last and last[0].qualifier != "+" else "~"
    return replace(made, pieces=(*kept, piece(f"{sign}all", rule=DEFAULT.code)), ours=ours)


async def _placed(bench: Bench, made: Plan) -> Draft:
    """Ours where the goals are met in their order: it passes, nobody loses, no refusal is undone, first."""
    drafts = [bench.with_ours(made, at) for at in _places(made)]
    drafts.sort(key=lambda d: (bool(d.loss.terms), bool(d.refusals), d.at))
    for draft in drafts:
        if await bench.passes(draft.record):
            return draft
    return next(d for d in drafts if d.at == 0)


def _places(made: Plan) -> list[int]:
    """Every index where ours may stand: never behind where it works now, nor behind what ends the record."""
    works = made.ours is not None and made.ours.authorises and made.ours_at is not None
    last = min(made.ours_at, made.end) if works and made.ours_at is not None else made.end
    return list(range(last + 1)) if last <= MOST_PLACES else [0, last]


# Saying it


async def _told(bench: Bench, made: Plan, draft: Draft, *, settled: bool = False) -> Advice:
    outcomes = await bench.outcomes(draft.record)
    told_outcomes = tuple(told(bench.facts.domain, a, o) for a, o in outcomes)
    advice = Advice(bench.facts.domain, Standing.PUBLISH, outcomes=told_outcomes)
    failing = [a for a, o in outcomes if o.result not in (Result.PASS, Result.TEMPERROR)]
    unknown = [a for a, o in outcomes if o.result is Result.TEMPERROR]
    if failing or unknown:
        rule = STILL_NOT_PASSING if failing else STILL_UNKNOWN
        standing = Standing.WITHHELD if failing else Standing.UNKNOWN
        named = tuple(Collision(rule.code, str(a)) for a in failing or unknown)
        return replace(advice, standing=standing, collisions=named)
    changes = _changes(bench, made, draft, settled=settled)
    same = all(c.kind is ChangeKind.KEPT for c in changes)
    record = bench.facts.tree.root.records[0].text if same else draft.record
    measured = replace(draft, pieces=bench.old) if settled and bench.old else draft
    found = (*collisions(bench, measured), *await _about_name(bench))
    if draft.at is None and not (settled and _ours_is_first(bench)):
        found = (*found, Collision(NOT_NAMED.code, bench.facts.domain))
    return replace(
        advice,
        standing=Standing.NOTHING if same else Standing.PUBLISH,
        record=record,
        strings=strings_of(record),
        changes=changes,
        collisions=found,
        questions=_questions(bench, made, draft, settled=settled),
        size=replace(bench.size(measured.pieces), octets=len(record)),
        alternatives=await others(bench, draft) if _asks_for_others(bench, measured) else (),
    )


def _asks_for_others(bench: Bench, draft: Draft) -> bool:
    return bool(draft.loss.terms) or not bench.size(draft.pieces).fits


def _questions(bench: Bench, made: Plan, draft: Draft, *, settled: bool) -> tuple[Question, ...]:
    """Each once. A record that is right and stays as it is raises none about what it leaves out."""
    gone = {c.before for c in made.removed}
    asked = [q for q in made.questions if not (settled and q.term in gone)]
    if bench.old and len(bench.old) == 1 and bench.old[0].is_all and bench.old[0].parsed.text[0] == "-":
        asked.append(Question(ASK_NO_MAIL.code, bench.old[0].text))
    asked += [Question(ASK_REFUSAL.code, p.published or p.text) for p in draft.refusals]
    if draft.at is not None and not bench.named_now:
        asked += [Question(ASK_REFUSAL.code, p.text) for p in draft.pieces if bench.redirect_refuses(p)]
    return tuple(dict.fromkeys(asked))


def _changes(bench: Bench, made: Plan, draft: Draft, *, settled: bool) -> tuple[Change, ...]:
    if settled:
        return tuple(Change(ChangeKind.KEPT, p.text, p.text) for p in bench.reading.published)
    found = []
    for i, one in enumerate(draft.pieces):
        moved = one.key in made.moved or (i == draft.at and made.ours_at not in (None, i))
        found.append(_change(one, (OURS if i == draft.at else MERGED).code if moved else ""))
    return (*bench.reading.versions, *found, *made.removed)


def _change(one: Piece, moved_by: str) -> Change:
    if not one.published and one.rule == MENDED.code:  # the second of two terms that had run together
        return Change(ChangeKind.MENDED, "", one.text, one.rule)
    if not one.published:
        return Change(ChangeKind.ADDED, "", one.text, one.rule)
    if one.published != one.text:
        rule = OURS_QUALIFIED.code if one.rule == OURS.code else one.rule
        return Change(ChangeKind.MENDED, one.published, one.text, rule)
    return Change(ChangeKind.MOVED if moved_by else ChangeKind.KEPT, one.text, one.text, moved_by)


async def _about_name(bench: Bench) -> list[Collision]:
    """What is to be known about the name itself: an alias has no records of its own (RFC 1034 3.6.2)."""
    answer = await bench.resolver.lookup(bench.facts.domain, RecordType.TXT)
    aliases = () if isinstance(answer, LookupFailed) else answer.aliases
    return [Collision(ALIAS.code, name) for name in aliases[-1:]]


async def _first_record(bench: Bench) -> Advice:
    """No record yet. ~all is what everybody publishes first: it refuses nobody."""
    pieces = (bench.ours.piece, piece("~all", rule=DEFAULT.code))
    advice = await _told(bench, Plan(pieces[1:]), bench.draft(pieces, 0))
    if advice.standing is not Standing.PUBLISH or bench.platform.envelope != TENANT:
        return advice
    neutral = alternative(
        bench, SAYING_NOTHING.code, (pieces[0], piece("?all", rule=DEFAULT.code)), [bench.facts.domain]
    )
    found = (*advice.collisions, Collision(FIRST_RECORD.code, bench.facts.domain))
    return replace(advice, collisions=found, alternatives=(*advice.alternatives, neutral))

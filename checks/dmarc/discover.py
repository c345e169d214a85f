"""Finding the policy that applies to a From domain, and who belongs to the same organisation (RFC 9989 4.10).

`gather` waits for the DNS; everything else here is a pure function of what it brought.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from checks.company import DmarcState
from checks.dmarc import reports
from checks.dmarc.record import Alignment, DmarcRecord, Policy, Psd, near_miss, parse
from checks.domain_name import is_below, parents
from checks.lookup import Absent, Answer, Asked, LookupFailed, RecordType, Resolver, Result, expect, usable
from checks.public_suffixes import registrable

MAX_QUERIES = 8  # RFC 9989 4.10
LABELS_AFTER_THE_JUMP = 7  # RFC 9989 4.10, step 4


@dataclass(frozen=True, slots=True)
class Step:
    """What stands at `_dmarc.` of one domain: the answer, its policy records, and what nearly is one."""

    domain: str
    result: Result
    records: tuple[DmarcRecord, ...] = ()
    near_misses: tuple[str, ...] = ()

    @property
    def record(self) -> DmarcRecord | None:
        """The one policy record; several are all discarded (RFC 9989 4.10, steps 2 and 6)."""
        return self.records[0] if len(self.records) == 1 else None


@dataclass(frozen=True)  # no slots: the organisation is asked for often, and kept once it is known
class Walk:
    """The tree walk from `domain` upwards, the longest name first; it ends at a `psd=y` or `psd=n`."""

    domain: str
    steps: tuple[Step, ...]

    @property
    def failures(self) -> tuple[LookupFailed, ...]:
        return tuple(step.result for step in self.steps if isinstance(step.result, LookupFailed))

    @cached_property
    def organization(self) -> str | None:
        """The organisational domain of the name where the walk started (RFC 9989 4.10.2).

        None: a look-up failed that could have decided otherwise.
        """
        if self.failures:
            return None
        found = [(step.domain, step.record) for step in self.steps if step.record]
        for domain, record in found:
            if record.psd is Psd.NO:
                return domain
            if record.psd is Psd.YES and domain != self.domain:
                return _one_label_below(domain, self.domain)
        return found[-1][0] if found else self.domain

    def at(self, domain: str) -> Step | None:
        for step in self.steps:
            if step.domain == domain:
                return step
        return None


@dataclass(frozen=True)  # no slots: what applies is asked for often, and kept once it is known
class DmarcFacts:
    """All that was asked for one From domain.

    `walk` starts at it; `others` are the walks of identifiers that could align with it (SPF's envelope
    domain). `existence`: the answer that tells whether the From domain exists, None where nothing depends
    on it. `beyond`: the domain that RFC 7489 asks and the walk ended before, None if there is none.
    `report_targets`: who is to get reports, where that was asked for.
    """

    walk: Walk
    others: tuple[Walk, ...] = ()
    existence: Result | None = None
    beyond: Step | None = None
    report_targets: tuple[reports.ReportTarget, ...] = ()

    @property
    def from_domain(self) -> str:
        return self.walk.domain

    @property
    def exists(self) -> bool | None:
        """Whether From exists (RFC 9989 3.2.13: anything but NXDOMAIN); None if that is unknown."""
        if isinstance(self.existence, LookupFailed):
            return None
        if isinstance(self.existence, Absent):
            return not self.existence.nxdomain or bool(self.existence.aliases)
        return True

    @property
    def results(self) -> tuple[Result, ...]:
        """Every answer that these facts stand on."""
        steps = tuple(step.result for walk in (self.walk, *self.others) for step in walk.steps)
        beyond = (self.beyond.result,) if self.beyond else ()
        existence = (self.existence,) if self.existence else ()
        return (*steps, *beyond, *existence, *(target.result for target in self.report_targets))

    @cached_property
    def applied(self) -> Applied | None:
        """The record that applies: the From domain's, else its organisational domain's, else its public suffix
        domain's (RFC 9989 4.10.1). None if there is none, or if a failed look-up leaves it open."""
        walk = self.walk
        if own := _at(walk, walk.domain):
            return own
        if walk.organization is None:
            return None
        return _at(walk, walk.organization) or _of_the_public_suffix(walk)

    @cached_property
    def state(self) -> DmarcState:
        """The policy that applies to From, after `sp`, `np` and `t`: the export's column.

        INVALID: a record stands there, and receivers can use none. UNKNOWN: a failed look-up could have decided.
        """
        found = self.applied
        if found is None:
            if self.walk.failures:
                return DmarcState.UNKNOWN
            discarded = any(len(step.records) > 1 and "." in step.domain for step in self.walk.steps)
            return DmarcState.INVALID if discarded else DmarcState.ABSENT
        below = is_below(self.from_domain, found.domain)
        known = (True, False) if self.exists is None else (self.exists,)
        policies = {found.record.policy(below=below, exists=exists) for exists in known}
        return _STATES[policies.pop()] if len(policies) == 1 else DmarcState.UNKNOWN

    def walk_of(self, domain: str) -> Walk | None:
        return next((walk for walk in (self.walk, *self.others) if walk.domain == domain), None)


@dataclass(frozen=True, slots=True)
class Applied:
    """The record that applies to a From domain, and the domain that published it."""

    record: DmarcRecord
    domain: str


async def gather(
    from_domain: str, resolver: Resolver, *, envelope_domain: str | None = None, with_reports: bool = False
) -> DmarcFacts:
    """Ask what DMARC needs: at most 8 look-ups a domain; one more where `np` could decide, one where RFC 7489
    asks what RFC 9989 does not.

    `envelope_domain`: SPF's, walked too when it is another domain. `with_reports`: ask the outside hosts that
    reports go to as well, one look-up each; no mail depends on it, so a scan leaves it out.
    """
    names = [from_domain]
    if envelope_domain and envelope_domain != from_domain:
        names.append(envelope_domain)
    expect(resolver, [key for name in names for key in asked(name)])
    walk, *others = [await _walk(name, resolver) for name in names]
    facts = DmarcFacts(walk, tuple(others), beyond=await _beyond(walk, resolver))
    found = facts.applied
    if found is None:
        return facts
    if found.domain != from_domain and found.record.np is not None:
        facts = replace(facts, existence=await resolver.lookup(from_domain, RecordType.TXT))
    return replace(facts, report_targets=await _targets(found, walk, resolver)) if with_reports else facts


def targets(domain: str) -> tuple[str, ...]:
    """The domains whose `_dmarc` a walk asks, in order: the domain, then from 7 labels up to the top."""
    return (domain, *parents(domain)[-LABELS_AFTER_THE_JUMP:])[:MAX_QUERIES]


def asked(domain: str) -> list[Asked]:
    """What a walk looks up, unless it ends before."""
    names = [f"_dmarc.{target}" for target in targets(domain)]
    return [(name, RecordType.TXT) for name in names if usable(name)]


def aligned(facts: DmarcFacts, other: str, mode: Alignment) -> bool | None:
    """Whether `other`, a domain that SPF or DKIM vouches for, is aligned with From (RFC 9989 4.4).

    None: a look-up failed that decides it, or `other` was not gathered.
    """
    if other == facts.from_domain:
        return True
    if mode is Alignment.STRICT or other.split(".")[-1] != facts.from_domain.split(".")[-1]:
        return False
    walk = facts.walk_of(other)
    ours, theirs = facts.walk.organization, walk and walk.organization
    return ours == theirs if ours and theirs else None


async def _walk(domain: str, resolver: Resolver) -> Walk:
    steps: list[Step] = []
    for target in targets(domain):
        step = await _step(target, resolver)
        steps.append(step)
        if step.record and step.record.psd is not Psd.UNKNOWN:
            break
    return Walk(domain, tuple(steps))


async def _step(domain: str, resolver: Resolver) -> Step:
    name = f"_dmarc.{domain}"
    if not usable(name):  # a name this long cannot exist, so nobody can be asked for it
        return Step(domain, Absent(name, RecordType.TXT, nxdomain=True))
    result = await resolver.lookup(name, RecordType.TXT)
    if not isinstance(result, Answer):
        return Step(domain, result)
    records: list[DmarcRecord] = []
    near_misses: list[str] = []
    for text in (txt.text for txt in result.texts):
        if record := parse(text):
            records.append(record)
        elif near_miss(text):
            near_misses.append(text)
    return Step(domain, result, tuple(records), tuple(near_misses))


async def _beyond(walk: Walk, resolver: Resolver) -> Step | None:
    """RFC 7489 6.6.3 asks the registered domain next, also where the walk ended at a `psd` on its way there."""
    registered = registrable(walk.domain)
    if walk.steps[0].records or not registered or walk.at(registered):
        return None
    return await _step(registered, resolver)


async def _targets(found: Applied, walk: Walk, resolver: Resolver) -> tuple[reports.ReportTarget, ...]:
    """Those of a record that the company or its organisation publishes; a registry's is not theirs to mend."""
    organization = walk.organization
    if organization is None or found.domain not in (walk.domain, organization):
        return ()
    return await reports.gather(found.domain, organization, found.record, resolver)


def _at(walk: Walk, domain: str) -> Applied | None:
    step = walk.at(domain)
    return Applied(step.record, domain) if step and step.record else None


def _of_the_public_suffix(walk: Walk) -> Applied | None:
    last = walk.steps[-1]
    return Applied(last.record, last.domain) if last.record and last.record.psd is Psd.YES else None


def _one_label_below(ancestor: str, name: str) -> str:
    labels = ancestor.count(".") + 2
    return ".".join(name.split(".")[-labels:])


_STATES = {
    None: DmarcState.INVALID,
    Policy.NONE: DmarcState.NONE,
    Policy.QUARANTINE: DmarcState.QUARANTINE,
    Policy.REJECT: DmarcState.REJECT,
}

"""One sentence for support: what is published where, who sees it and when, and who stands out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from checks.domain_name import display
from checks.lookup import RecordType
from checks.public_suffixes import registrable
from checks.resolver.propagation import rules
from checks.resolver.propagation.facts import Held, Stage, Wanted
from checks.resolver.propagation.judge import Arrival, State, undelegated
from checks.resolver.propagation.standing import PublicStanding, ServerStanding, view

_NAMED = 3  # operators or servers by name in a sentence; more are counted


def sentence(arrival: Arrival) -> str:
    """Such as "The new SPF record of example.be is published on 2 of 3 servers of combell.com; …"."""
    parts = [_head(arrival), *_resolvers(arrival), *_others(arrival)]
    text = "; ".join(parts) + "."
    return text[0].upper() + text[1:]


def operators(stage: Stage | None) -> tuple[str, ...]:
    """Who runs the zone's servers: the organisational domains of their names."""
    names = [standing.name for standing in stage.servers] if stage else []
    return tuple(dict.fromkeys(registrable(name) or name for name in names))


def duration(seconds: int) -> str:
    """Rounded up, as what is said to take at most so long must not take longer."""
    for unit, length, until in (("second", 1, 90), ("minute", 60, 5400), ("hour", 3600, 172_800)):
        if seconds <= until:
            return _counted(-(-seconds // length), unit)
    return _counted(-(-seconds // 86_400), "day")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


# What is published where


def _head(arrival: Arrival) -> str:
    record = _record(arrival.facts.wanted)
    if gone := undelegated(arrival.facts):
        return rules.NO_DELEGATION.format(record=record, domain=display(gone[0]), zone=gone[1] or "the root")
    if (lost := arrival.facts.lost) is not None:
        form = rules.NOT_KNOWN if arrival.state is State.UNKNOWN else rules.NO_END
        return form.format(record=record, why=rules.LOST[lost])
    one = len(arrival.servers) == 1
    match arrival.state:
        case State.UNKNOWN:
            why = (rules.NO_ANSWER if one else rules.NOBODY_ANSWERS).format(servers=_all(arrival))
            return rules.NOT_KNOWN.format(record=record, why=why)
        case State.NOWHERE:
            form = rules.NOT_PUBLISHED if one else rules.PUBLISHED_NOWHERE
            return form.format(record=record, servers=_answering(arrival))
        case _:
            return rules.PUBLISHED.format(record=record, servers=_having(arrival))


def _record(wanted: Wanted) -> str:
    new = "new " if wanted.expected is not None else ""
    match wanted.type, wanted.tag:
        case RecordType.TXT, "v=spf1":
            return f"the {new}SPF record of {display(wanted.name)}"
        case RecordType.TXT, "v=DMARC1":
            return f"the {new}DMARC record of {display(wanted.name.removeprefix('_dmarc.'))}"
        case _:
            return f"the {new}{wanted.type} record of {display(wanted.name)}"


def _having(arrival: Arrival) -> str:
    number, of = sum(one.has is True for one in arrival.servers), len(arrival.servers)
    if number < of:
        return f"{number} of {_counted(of, 'server')} {_of(arrival.stage)}"
    every = {1: "the one server", 2: "both servers"}.get(of, f"all {of} servers")
    return f"{every} {_of(arrival.stage)}"


def _answering(arrival: Arrival) -> str:
    number, of = sum(one.has is not None for one in arrival.servers), len(arrival.servers)
    if number == of:
        return _all(arrival)
    answer = "answers" if number == 1 else "answer"
    return f"the {number} of {_counted(of, 'server')} {_of(arrival.stage)} that {answer}"


def _all(arrival: Arrival) -> str:
    number = len(arrival.servers)
    return f"the {'one server' if number == 1 else _counted(number, 'server')} {_of(arrival.stage)}"


def _of(stage: Stage | None) -> str:
    names = operators(stage) or ((stage.cut.zone,) if stage else ())
    return f"of {_listed([display(name) for name in names])}"


def _listed(names: Sequence[str]) -> str:
    if len(names) > _NAMED:
        return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


# Who sees it, and who stands out


def _resolvers(arrival: Arrival) -> list[str]:
    """The longest wait first, then those who see it, then those who say nothing."""
    slowest = sorted(
        arrival.resolvers, key=lambda one: (one.has is None, one.has is True, -(one.seconds or 0))
    )
    return _grouped((one.public.name, _does(one, arrival)) for one in slowest)


def _does(one: PublicStanding, arrival: Arrival) -> str:
    if one.has is None:
        return one.trouble.value if one.trouble else ""
    expected = arrival.facts.wanted.expected is not None
    if arrival.state is State.NOWHERE:
        return rules.STILL_SEES if one.has and expected else "" if one.has or expected else rules.STILL_HOLDS
    if one.has:
        return rules.SEES
    if arrival.state is State.UNKNOWN or one.seconds is None:
        return rules.SEES_NOT
    again = rules.OR_NOT if arrival.state is State.SOME or one.former else ""
    return rules.SEES_WITHIN.format(time=duration(one.seconds)) + again


def _others(arrival: Arrival) -> list[str]:
    """The servers that keep it from being everywhere, and what stands beside the record."""
    said = _grouped((one.server.name, _stands_out(one, arrival)) for one in arrival.servers)
    beside = any(finding.rule == rules.OLD_BESIDE.code for finding in arrival.findings)
    return said + [rules.BESIDE] * beside


def _stands_out(one: ServerStanding, arrival: Arrival) -> str:
    if one.trouble is not None:
        return one.trouble.value
    if one.has or arrival.state is not State.SOME:
        return ""
    held = [a.outcome for a in one.server.addresses if isinstance(a.outcome, Held)]
    nothing = not any(view(outcome, arrival.facts.wanted) for outcome in held)
    return rules.HOLDS_NONE if nothing else rules.HOLDS_ANOTHER


def _grouped(said: Iterable[tuple[str, str]]) -> list[str]:
    """Those who do the same, in one breath; who does nothing worth telling is left out."""
    who: dict[str, list[str]] = {}
    for name, does in said:
        if does:
            who.setdefault(does, []).append(name)
    return [f"{_listed(names)} {does if len(names) == 1 else _plural(does)}" for does, names in who.items()]


def _plural(does: str) -> str:
    return " ".join(rules.PLURAL.get(word, word) for word in does.split(" "))

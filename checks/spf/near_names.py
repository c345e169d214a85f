"""Another name for one that has no SPF record: `_spf.google.com` for `spf.google.com`.

By the shape of the name and by what providers have their customers include, never by a list of typos. A name
counts only when a look-up found an SPF record there that lets somebody pass; and it is asked about, never put.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice

from checks.lookup import Answer, RecordType, Resolver, expect, usable
from checks.providers import built_in
from checks.spf import record
from checks.spf.likeness import Likeness, likeness
from checks.spf.macro import MAX_NAME
from checks.spf.tree import Node, NodeState, Tree
from checks.spf.typing_slips import close

MOST_TRIED = 10
"""Look-ups for one name."""
MOST_NAMES = 3
"""Names of one record that others are looked for."""
MOST_OFFERED = 2
"""Others that are offered for one name: who has to choose among more is better off asking the service."""

_BARE = re.compile(
    r"[+?~-]?((?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9])\.?", re.IGNORECASE
)
_SPF_LABEL = re.compile(r"_?spf[0-9]*")
_USUAL = ("com", "net", "org")
_BEST_FIRST = tuple(Likeness)


@dataclass(frozen=True, slots=True)
class NearName:
    """`name` has no SPF record; `other` is like it and has one."""

    name: str
    other: str


def also(name: str, near: Collection[NearName]) -> str:
    """Where there is a record, if not at this name: behind what is told of it."""
    others = " and ".join(n.other for n in near if n.name == name)
    return f"; there is one at {others}" if others else ""


def bare_name(text: str) -> str | None:
    """The name that a term is which names no mechanism at all: `_spf.google.com`."""
    found = _BARE.fullmatch(text) if len(text) <= MAX_NAME + 2 else None
    return found[1].lower() if found else None


async def near_names(tree: Tree, resolver: Resolver) -> tuple[NearName, ...]:
    """The other names for what the domain's own records name in vain."""
    root = tree.root.name
    taken = {n.name for n in tree.nodes}
    dead = dict.fromkeys(n.name for n in tree.nodes[1:] if _is_dead(n, tree))
    found = []
    for name in islice(dead, MOST_NAMES):
        found += [NearName(name, other) for other in await others(name, root, resolver, taken)]
    bare = dict.fromkeys(filter(None, (bare_name(p.text) for r in tree.root.records for p in r.problems)))
    for name in islice(bare, MOST_NAMES):
        found += [NearName(name, other) for other in await others(name, root, resolver, taken, itself=True)]
    return tuple(found)


def _is_dead(node: Node, tree: Tree) -> bool:
    absent = node.state in (NodeState.NO_RECORD, NodeState.NO_SUCH_NAME)
    return absent and node.reachable and any(tree.nodes[node.parent] is own for own in tree.own)


async def others(
    name: str, domain: str, resolver: Resolver, taken: Collection[str] = (), *, itself: bool = False
) -> tuple[str, ...]:
    """The names like `name` that have an SPF record, in the record of `domain`; the less likely ones only where
    there is no likely one.

    `taken`: names that the record has already; `itself`: `name` was not asked for its record yet.
    """
    room = MOST_TRIED
    for equally_likely in ([(name,)] if itself else []) + [*candidates(name, domain)]:
        tried = [n for n in equally_likely if n not in taken][:room]
        room -= len(tried)
        if found := await _publishing(tried, resolver):
            return found[:MOST_OFFERED]
    return ()


async def _publishing(names: list[str], resolver: Resolver) -> tuple[str, ...]:
    expect(resolver, [(name, RecordType.TXT) for name in names])
    return tuple([name for name in names if await publishes(name, resolver)])


async def publishes(name: str, resolver: Resolver) -> bool:
    """Whether a look-up finds one SPF record there that parses and lets somebody pass."""
    found = await resolver.lookup(name, RecordType.TXT)
    records = record.published(found.records) if isinstance(found, Answer) else ()
    if len(records) != 1 or records[0].problems:
        return False
    named = any(d.qualifier == "+" and d.mechanism is not record.Mechanism.ALL for d in records[0].directives)
    return named or records[0].redirect is not None


def candidates(name: str, domain: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names that may be meant, none of them looked up: the likely ones, and the less likely, each the best first."""
    like = [(how, known) for known in built_in().by_spf if (how := likeness(name, known))]
    like.sort(key=lambda pair: (_BEST_FIRST.index(pair[0]), pair[1]))
    near = [known for how, known in like if how in (Likeness.SLIP, Likeness.OTHER_TLD, Likeness.LABELS)]
    likely = dict.fromkeys((*near, *_mended(name, domain)))
    others = dict.fromkeys((*_neighbours(name), *(known for _, known in like)))
    return (
        tuple(n for n in likely if _is_another(n, name, domain)),
        tuple(n for n in others if n not in likely and _is_another(n, name, domain)),
    )


def _is_another(found: str, name: str, domain: str) -> bool:
    return found not in (name, domain) and "." in found and usable(found) and found.isascii()


def _mended(name: str, domain: str) -> Iterator[str]:
    """The name without one thing that people get wrong."""
    labels = name.split(".")
    yield re.sub(r"[:,;/@]+", ".", name)  # spf:protection.outlook.com
    yield name.rpartition("@")[2]
    yield name.removesuffix(f".{domain}")  # a panel that puts the domain behind every name
    yield name.removeprefix("_") if name.startswith("_") else f"_{name}"
    yield ".".join(b for a, b in zip(["", *labels], labels, strict=False) if a != b)  # spf.spf.a.example
    yield from (".".join((*labels[:-1], usual)) for usual in _USUAL if close(labels[-1], usual, 1))


def _neighbours(name: str) -> Iterator[str]:
    """Where services keep the record when it is not at the name itself."""
    first, _, rest = name.partition(".")
    yield re.sub(r"[0-9]+\Z", "", first) + f".{rest}"  # spf2.a.example
    if _SPF_LABEL.fullmatch(first):
        yield rest
    else:
        yield from (f"_spf.{name}", f"spf.{name}")

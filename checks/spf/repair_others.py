"""Other ways than the record proposed, each with its trade; only those under which our mail passes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network, collapse_addresses

from checks.lookup import Answer, RecordType
from checks.spf.advice import SHOWN_OCTETS, Alternative, strings_of
from checks.spf.outcome import MAX_TERMS
from checks.spf.record import Directive, Mechanism, Network
from checks.spf.repair_asks import BY_ADDRESS, HOSTS_BY_ADDRESS, WITHOUT_COSTLY
from checks.spf.repair_draft import Bench, Draft
from checks.spf.repair_read import Piece, piece

MOST_SINGLE = 3
"""How many terms are offered to be left out, each alone."""
MOST_ADDRESSES = 20
"""A record that lists more addresses than this is a trade that nobody keeps up to date."""


async def others(bench: Bench, draft: Draft) -> tuple[Alternative, ...]:
    """Ways within ten terms, or without losers, that the draft itself does not have."""
    over = bench.size(draft.pieces).terms > MAX_TERMS
    offered: list[Alternative | None]
    offered = [await _hosts_by_address(bench, draft), *_without(bench, draft)]
    if over or draft.loss.terms:
        offered.insert(0, _by_address(bench, draft))
    found = [o for o in offered if o is not None and _helps(bench, o, draft)]
    return tuple([o for o in found if await bench.passes(o.record)])


def _helps(bench: Bench, offered: Alternative, draft: Draft) -> bool:
    """Whether it brings the record within the limits, or spares those who would lose."""
    within = offered.size.fits or bench.size(draft.pieces).terms > MAX_TERMS >= offered.size.terms
    return within or bool(draft.loss.terms and not offered.losers)


def alternative(
    bench: Bench, rule: str, pieces: Sequence[Piece], terms: Iterable[str], losers: Iterable[str] = ()
) -> Alternative:
    draft = bench.draft(list({p.text: p for p in reversed(pieces)}.values())[::-1])
    lose = tuple(dict.fromkeys((*losers, *draft.loss.terms)))
    return Alternative(
        rule, draft.record, strings_of(draft.record), bench.size(draft.pieces), tuple(terms), lose
    )


def _by_address(bench: Bench, draft: Draft) -> Alternative | None:
    """Ours as the networks of the include: all of them, or if that is too long those that we send from."""
    if draft.at is None:
        return None
    whole = _networks(bench, bench.ours.networks)
    sending = [n for n in bench.ours.networks if any(a in n for a in bench.platform.sending_addresses)]
    for listed in (whole, _networks(bench, sending)):
        terms = [piece(f"ip{n.version}:{_short(n)}") for n in listed]
        pieces = [*draft.pieces[: draft.at], *terms, *draft.pieces[draft.at + 1 :]]
        if bench.size(pieces).octets <= SHOWN_OCTETS:
            break
    lost = _others_in_ours(bench) if listed != whole or not bench.ours.only_networks else ()
    return alternative(bench, BY_ADDRESS.code, pieces, [draft.pieces[draft.at].text], lost)


def _others_in_ours(bench: Bench) -> tuple[str, ...]:
    """Ours, if it works now: whoever passes by it from an address that would not be listed."""
    key = bench.ours.piece.key
    return tuple(p.published for p in bench.old or () if p.key == key and p.authorises)


def _networks(bench: Bench, listed: Iterable[Network]) -> list[Network]:
    """The networks and every sending address, merged where they touch."""
    four = [n for n in listed if isinstance(n, IPv4Network)]
    six = [n for n in listed if isinstance(n, IPv6Network)]
    for address in bench.platform.sending_addresses:
        if address.version == 4:
            four.append(IPv4Network(int(address)))
        else:
            six.append(IPv6Network(int(address)))
    return [*collapse_addresses(four), *collapse_addresses(six)]


def _short(network: Network) -> str:
    return str(network.network_address if network.num_addresses == 1 else network)


async def _hosts_by_address(bench: Bench, draft: Draft) -> Alternative | None:
    """The a and mx terms as addresses."""
    named: list[str] = []
    pieces: list[Piece] = []
    for one in draft.pieces:
        listed = await _addresses(bench, one)
        if listed is None:
            pieces.append(one)
            continue
        named.append(one.text)
        pieces += listed
    too_many = len(pieces) - len(draft.pieces) > MOST_ADDRESSES
    if not named or too_many:
        return None
    return alternative(bench, HOSTS_BY_ADDRESS.code, pieces, named)


async def _addresses(bench: Bench, one: Piece) -> list[Piece] | None:
    """The addresses of an a or mx term with a name that everybody asks alike; None if it is no such term."""
    term = one.parsed
    if not isinstance(term, Directive) or term.mechanism not in (Mechanism.A, Mechanism.MX):
        return None
    name = term.domain.literal if term.domain else bench.facts.domain
    if name is None or bench.costs[one.key].fault:
        return None
    hosts = [name.removesuffix(".").lower()]
    if term.mechanism is Mechanism.MX:
        found = await bench.resolver.lookup(hosts[0], RecordType.MX)
        hosts = [mx.exchange for mx in found.exchangers if mx.exchange] if isinstance(found, Answer) else []
    texts: dict[str, None] = {}
    for host in hosts:
        for type, version, length, most in (
            (RecordType.A, 4, term.cidr4, 32),
            (RecordType.AAAA, 6, term.cidr6, 128),
        ):
            answer = await bench.resolver.lookup(host, type)
            for address in answer.values if isinstance(answer, Answer) else ():
                suffix = f"/{length}" if length < most else ""
                texts[f"{'' if term.qualifier == '+' else term.qualifier}ip{version}:{address}{suffix}"] = (
                    None
                )
    return [replace(piece(text), published=one.text) for text in texts]


def _without(bench: Bench, draft: Draft) -> list[Alternative]:
    """What costs most left out: each term that suffices alone, else as many as it takes."""
    over = bench.size(draft.pieces).terms - MAX_TERMS
    mine = draft.pieces[draft.at].key if draft.at is not None else None
    costly = [p for p in draft.pieces if p.key != mine and bench.costs.get(p.key) and _terms(bench, p)]
    costly.sort(key=lambda p: -_terms(bench, p))
    if over <= 0 or not costly:
        return []
    alone = [[p] for p in costly if _terms(bench, p) >= over][:MOST_SINGLE]
    return [_left_out(bench, draft, gone) for gone in alone or [_enough(bench, costly, over)]]


def _terms(bench: Bench, one: Piece) -> int:
    return bench.costs[one.key].terms


def _enough(bench: Bench, costly: list[Piece], over: int) -> list[Piece]:
    gone: list[Piece] = []
    while len(gone) < len(costly) and sum(_terms(bench, p) for p in gone) < over:
        gone.append(costly[len(gone)])
    return gone


def _left_out(bench: Bench, draft: Draft, gone: list[Piece]) -> Alternative:
    names = [p.text for p in gone]
    losers = [p.text for p in gone if p.authorises]
    kept = [p for p in draft.pieces if p not in gone]
    return alternative(bench, WITHOUT_COSTLY.code, kept, names, losers)

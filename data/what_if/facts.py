"""What judging some names will ask, read from the store in few statements instead of one each."""

from __future__ import annotations

from collections.abc import Iterable

from checks.domain_name import parents
from checks.lookup import Answer, RecordType, Resolver
from checks.spf import record
from checks.spf.record import Mechanism, Record
from data.observations import StoredResolver


async def load(stored: StoredResolver, asked: Resolver, names: Iterable[str]) -> None:
    """Read these names, what their SPF records lead to, and so on, a level of all the trees at a time.

    `asked`: what their records are taken from, `stored` itself or an overlay on it. What a macro makes up is
    not known yet: that is read when it is asked for.
    """
    seen = set[str]()
    ahead = set(names)
    while ahead:
        stored.prefetch(ahead)
        seen |= ahead
        ahead = {target for name in ahead for target in await _next(name, asked)} - seen


def beside(domain: str) -> tuple[str, ...]:
    """The domain, and the names beside it where a record is looked for when nothing names us."""
    return (domain, f"www.{domain}", f"_spf.{domain}", f"_dmarc.{domain}", *parents(domain)[:1])


async def _next(name: str, asked: Resolver) -> set[str]:
    found = await asked.lookup(name, RecordType.TXT)
    if not isinstance(found, Answer):
        return set()
    targets = set[str]()
    for octets in record.select(found.texts):
        targets |= await _targets(name, record.parse(octets), asked)
    return targets


async def _targets(name: str, parsed: Record, asked: Resolver) -> set[str]:
    domains = [term.domain for term in parsed.directives]
    if parsed.redirect:
        domains.append(parsed.redirect.domain)
    literals = (domain.literal for domain in domains if domain)
    targets = {literal.removesuffix(".").lower() for literal in literals if literal}
    for directive in parsed.directives:
        if directive.mechanism is Mechanism.MX:
            literal = directive.domain.literal if directive.domain else name
            targets |= await _exchangers(literal, asked) if literal else set()
    return targets


async def _exchangers(name: str, asked: Resolver) -> set[str]:
    found = await asked.lookup(name.removesuffix(".").lower(), RecordType.MX)
    return {mx.exchange for mx in found.exchangers} if isinstance(found, Answer) else set()

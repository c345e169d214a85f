"""How one name is like another that was meant: by the shape of the published name, not by a list of typos."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from checks.spf.typing_slips import close


class Likeness(StrEnum):
    """What sets a name apart from ours."""

    RUN_ON = "our name with something before or behind it"
    SLIP = "our name but for a slip or two"
    OTHER_TLD = "our name at another top-level domain"
    LABELS = "our name with a label missing or doubled"
    BELOW_US = "another name of our domain"
    OUR_DOMAIN = "our domain instead of our include"


def stands_in(text: str, name: str) -> bool:
    """Whether the name stands in the text, as a name of its own or run into what surrounds it."""
    text = text.lower()
    return name in text and re.search(rf"(?<![a-z0-9_-]){re.escape(name)}", text) is not None


@lru_cache(maxsize=64)  # ours, again and again
def organisation(name: str) -> str:
    """The domain that somebody registered, as far as its shape tells: `example.co.uk` of `spf.example.co.uk`."""
    labels = name.split(".")
    country = (
        len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in ("co", "com", "org", "net", "ac", "gov")
    )
    return ".".join(labels[-3 if country else -2 :])


def likeness(name: str, ours: str) -> Likeness | None:
    """How `name` may be meant for `ours`, the likeliest way; None when it is ours, or is not like it."""
    domain = organisation(ours)
    if name == ours:
        return None
    if stands_in(name, ours):
        return Likeness.RUN_ON
    if ours.endswith("." + name) and (name == domain or name.endswith("." + domain)):
        return Likeness.OUR_DOMAIN
    if _is_slip(name, ours):
        return Likeness.SLIP
    if _labels_differ(name, ours, domain):
        return Likeness.LABELS
    if _other_tld(name, ours, domain):
        return Likeness.OTHER_TLD
    return Likeness.BELOW_US if name.endswith("." + domain) else None


def _is_slip(name: str, ours: str) -> bool:
    """One slip, or two in a name of at least 12 characters."""
    return close(name, ours, 1 if len(ours) < 12 else 2)


def _other_tld(name: str, ours: str, domain: str) -> bool:
    """`spf.sendwell.com` for `spf.sendwell.example`: all is the same up to the registered label."""
    kept = ours.removesuffix(domain) + domain.partition(".")[0] + "."
    rest = name.removeprefix(kept)
    return name.startswith(kept) and bool(rest) and rest.count(".") <= 1


def _labels_differ(name: str, ours: str, domain: str) -> bool:
    """One label is left out, but not the registered one; or one stands there twice."""
    mine, theirs = ours.split("."), name.split(".")
    registered = domain.partition(".")[0]
    shorter = [mine[:i] + mine[i + 1 :] for i in range(len(mine)) if mine[i] != registered]
    doubled = [i for i in range(1, len(theirs)) if theirs[i] == theirs[i - 1]]
    left_out = len(theirs) > 1 and theirs in shorter
    return left_out or any(theirs[:i] + theirs[i + 1 :] == mine for i in doubled)

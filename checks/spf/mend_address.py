"""Addresses as people write them, and the one network that is meant (RFC 7208 5.6 wants another form)."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, ip_address, ip_network, summarize_address_range

_PORT = re.compile(r"(\d+\.\d+\.\d+\.\d+):\d{1,5}")
_RANGE = re.compile(r"(\d+\.\d+\.\d+\.)(\d+)-(?:(\d+\.\d+\.\d+\.\d+)|(\d+))")
_WILDCARD = re.compile(r"(\d+(?:\.\d+){0,2})((?:\.[*x])+)", re.IGNORECASE)
_SHORT = re.compile(r"(\d+(?:\.\d+){0,2})/(\d+)")
_MASK = re.compile(r"(\d+\.\d+\.\d+\.\d+)/(\d+\.\d+\.\d+\.\d+)")
_LENGTH = re.compile(r"([^/]+)/+0*(\d{1,3})")
_LENGTH_TWICE = re.compile(r"([^/]+/\d{1,3})/(\d{1,3})")
_OCTET = re.compile(r"0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5]")
MOST_LISTED = 20


def network(text: str) -> str | None:
    """The address or network in the form of an ip4 or ip6 term, or None if it is none or more than one meaning
    is possible. Host bits stay as written: they do no harm."""
    text = text.strip("[]<>()\"' ").rstrip(".,;:") if not text.endswith("::") else text.strip("[]<>()\"' ")
    if not text or not text.isascii() or "%" in text or len(text) > 60:
        return None
    for attempt in (text, *_other_forms(text)):
        if _is_network(attempt):
            return attempt
    return None


def several(text: str) -> tuple[str, ...]:
    """The IPv4 addresses that stand there without a blank: a colon between them, or nothing, where they can be
    parted in one way alone. Empty where it is one address, none, or more than one reading is possible."""
    listed = text.split(":")
    if not 2 <= len(listed) <= MOST_LISTED:
        listed = _parted(text.split("."))
    return tuple(listed) if all(_is_network(a) and a.count(".") == 3 for a in listed) else ()


def _parted(groups: list[str]) -> list[str]:
    """`192.0.2.45192.0.2.46`: every third point ends a group of digits that holds two octets."""
    if len(groups) % 3 != 1 or not 7 <= len(groups) <= 3 * MOST_LISTED + 1:
        return []
    octets = groups[:3]
    for i, group in enumerate(groups[3:-1]):
        halves = _halves(group) if i % 3 == 0 else [(group,)]
        if len(halves) != 1:
            return []
        octets += halves[0]
    octets.append(groups[-1])
    return [".".join(octets[i : i + 4]) for i in range(0, len(octets), 4)]


def _halves(group: str) -> list[tuple[str, ...]]:
    """Every way to read digits as the last octet of an address and the first of another, which is never 0."""
    both = ((group[:i], group[i:]) for i in range(1, min(4, len(group))))
    return [(a, b) for a, b in both if _OCTET.fullmatch(a) and _OCTET.fullmatch(b) and b != "0"]


def _is_network(text: str) -> bool:
    address, slash, length = text.partition("/")
    try:
        ip_address(address)
        ip_network(text, strict=False)
    except ValueError:
        return False
    return not slash or re.fullmatch(r"0|[1-9]\d{0,2}", length) is not None


def _other_forms(text: str) -> list[str]:
    """`192.0.2.0/255.255.255.0`, `/024`, `192.0.2.*`, `192.0.2/24`, `192.0.2.1:25`, a range that is one network."""
    found = []
    if match := _PORT.fullmatch(text):
        found.append(match[1])
    if match := _WILDCARD.fullmatch(text):
        octets = match[1].split(".")
        if len(octets) + len(match[2]) // 2 == 4:
            found.append(".".join(octets + ["0"] * (4 - len(octets))) + f"/{8 * len(octets)}")
    if (match := _SHORT.fullmatch(text)) and int(match[2]) <= 8 * (match[1].count(".") + 1):
        octets = match[1].split(".")
        found.append(".".join(octets + ["0"] * (4 - len(octets))) + f"/{match[2]}")
    if match := _MASK.fullmatch(text):
        found += _by_mask(match[1], match[2])
    elif match := _LENGTH.fullmatch(text):
        found.append(f"{match[1]}/{int(match[2])}")
    elif (match := _LENGTH_TWICE.fullmatch(text)) and match[1].endswith(f"/{match[2]}"):
        found.append(match[1])
    if match := _RANGE.fullmatch(text):
        found += _by_range(match[1] + match[2], match[3] or match[1] + match[4])
    return found


def _by_mask(address: str, mask: str) -> list[str]:
    bits = f"{int(IPv4Address(mask)):032b}" if _is_network(mask) else "01"
    return [f"{address}/{bits.count('1')}"] if "01" not in bits else []


def _by_range(first: str, last: str) -> list[str]:
    if not (_is_network(first) and _is_network(last)) or IPv4Address(first) > IPv4Address(last):
        return []
    whole: list[IPv4Network] = list(summarize_address_range(IPv4Address(first), IPv4Address(last)))
    return [str(whole[0])] if len(whole) == 1 else []

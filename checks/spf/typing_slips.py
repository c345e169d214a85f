"""Slips of the hand: characters that look like others or like nothing, and how far two words are apart."""

from __future__ import annotations

import re

_DASHES = "‐‑‒–—―−﹘﹣－"
_TILDES = "˜∼〜～"
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
_BLANKS = (
    "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t\r\n\v\f"
)
_QUOTES = "\"'`“”„‟‘’‚«»´"

_SIGNS = str.maketrans(
    dict.fromkeys(_DASHES, "-")
    | dict.fromkeys(_TILDES, "~")
    | dict.fromkeys(_INVISIBLE, "")
    | dict.fromkeys(_BLANKS, " ")
    | dict.fromkeys(_QUOTES, "")
    | {"：": ":", "．": ".", "＝": "=", "，": ",", "；": ";", "＋": "+", "？": "?"}
)
# Octets of Windows-1252 that are no UTF-8 show as escapes: dashes, quotes, the non-breaking space.
_ESCAPED = {"\\x96": "-", "\\x97": "-", "\\x98": "~", "\\xa0": " ", "\\xad": ""} | dict.fromkeys(
    ("\\x91", "\\x92", "\\x93", "\\x94", "\\x84", '\\"'), ""
)

_PLAIN = re.compile(r"[!#-&(-\[\]-_a-~]*")
"""Visible ASCII but for quotes and the backslash: nearly every term, and nothing to clean."""

_NAMES = {
    **dict.fromkeys(_DASHES, "a dash that is no hyphen"),
    **dict.fromkeys(_TILDES, "a sign that is no ~"),
    **dict.fromkeys(_INVISIBLE, "an invisible character"),
    **dict.fromkeys(_BLANKS, "a blank that is no space"),
    **dict.fromkeys(_QUOTES, "a quotation mark"),
}


def cleaned(text: str) -> str:
    """The text as it was meant to be typed: hyphens for dashes, spaces for other blanks, nothing invisible."""
    if _PLAIN.fullmatch(text):
        return text
    text = _decoded(text)
    for escape, sign in _ESCAPED.items():
        if escape in text:
            text = text.replace(escape, sign)
    return text.translate(_SIGNS).strip()


def _decoded(text: str) -> str:
    """What was UTF-8, taken for Latin-1 and encoded once more, as it was."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def odd_characters(text: str) -> tuple[str, ...]:
    """What kinds of characters stand in the text that look like others or like nothing, with their code points."""
    found = dict.fromkeys(c for c in text if c in _NAMES)
    return tuple(f"{_NAMES[c]} (U+{ord(c):04X})" for c in found)


def close(a: str, b: str, most: int) -> bool:
    """Whether at most so many slips (insert, leave out, replace, swap neighbours) lead from one to the other."""
    return abs(len(a) - len(b)) <= most and distance(a, b, most) <= most


def distance(a: str, b: str, enough: int) -> int:
    """Slips from a to b; anything over `enough` if there are more."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > enough:
            return enough + 1
    return row[-1]

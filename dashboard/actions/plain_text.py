"""Text from files, DNS and mail servers: what does not print is shown as an escape, what is endless is cut."""

from __future__ import annotations

import unicodedata

LONGEST_CELL = 200
LONGEST_BLOCK = 4000
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def one_line(text: str, limit: int = LONGEST_CELL) -> str:
    """The text in one line, at most `limit` characters of it; what turns or hides text is escaped."""
    shown = "".join(map(_visible, text[:limit]))
    return f"{shown}…" if len(text) > limit else shown


def block(text: str, limit: int = LONGEST_BLOCK) -> str:
    """The same for a block of its own; what is cut off is counted."""
    rest = len(text) - limit
    return one_line(text[:limit], limit) + (f" … ({rest:,} more characters)" if rest > 0 else "")


def _visible(character: str) -> str:
    if unicodedata.category(character) in _INVISIBLE:
        return character.encode("unicode_escape", "backslashreplace").decode("ascii", "backslashreplace")
    return character

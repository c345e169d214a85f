"""Hostile text inside Markdown: every surface that reads Markdown gets it through `md`."""

from __future__ import annotations

import re

from dashboard.actions.plain_text import one_line

_MARKS = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&@/=^\"'])")
_AUTOLINKED = re.compile(r"(?i)\b(https?|ftp|mailto|xmpp|www)(?=[:.])|(?=@)")  # links whatever is escaped
_WORD_JOINER = "\u2060"


def md(text: str) -> str:
    """The text so that Markdown shows it and does nothing else: no link, picture, colour, formula or heading."""
    joined = _AUTOLINKED.sub(lambda found: found.group(0) + _WORD_JOINER, one_line(text, 500))
    return _MARKS.sub(r"\\\1", joined)

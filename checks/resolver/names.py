"""Names as people and the checks write them, and as the wire has them.

Inside the resolver a name is a tuple of labels: octets, ASCII lower case, without the root's empty label.
"""

from __future__ import annotations

import string

from checks.lookup import usable

Labels = tuple[bytes, ...]

LONGEST_NAME = 255  # octets on the wire, with each label's length and the root (RFC 1035 2.3.4)

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_PLAIN = frozenset(range(0x21, 0x7F)) - set(b".\\")


def lower(name: str) -> str:
    """ASCII letters in lower case and nothing else changed: the DNS folds no other letters (RFC 4343)."""
    return name.lower() if name.isascii() else name.translate(_LOWER)


def to_labels(name: str) -> Labels | None:
    """The labels of a name, split at every "."; None for what cannot stand in a query.

    Nothing is an escape here: a name may come from a macro, so a backslash or a quote is itself. What is not
    ASCII goes as UTF-8; surrogate escapes become the octets that they stand for.
    """
    if not usable(name):
        return None
    try:
        labels = tuple(lower(label).encode("utf-8", "surrogateescape") for label in name.split("."))
    except UnicodeEncodeError:
        return None
    return labels if sum(len(label) + 1 for label in labels) < LONGEST_NAME else None


def to_text(labels: Labels) -> str:
    r"""A name from an answer: no trailing dot, the root as the empty string.

    Whatever is no printable ASCII, and a dot or backslash inside a label, becomes `\DDD`. Because a backslash
    does too, two different names never look the same.
    """
    return ".".join("".join(chr(o) if o in _PLAIN else f"\\{o:03d}" for o in label) for label in labels)

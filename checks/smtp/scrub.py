"""Take the credentials out of what a server says: some repeat the AUTH line in their refusal.

Hidden are the secret and what is sent of it (base64 of the secret, of PLAIN's and XOAUTH2's messages), whole or in
pieces of a few characters, in whatever case, with blanks or line breaks between. Whole words are hidden, so that
what remains tells nothing of their length. A word that servers say to everybody is left, since hiding "password"
would tell that the password has it inside.

Texts are classified before they are scrubbed, and kept afterwards.
"""

from __future__ import annotations

import base64
import html
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from checks.smtp.credentials import Credentials

HIDDEN = "[hidden]"

PIECE = 4
"""From this many characters of the secret in a row a word is hidden; of its encoded forms from one more."""

_REPEATED = re.compile(r"\[hidden\](?:[ \t]*\[hidden\])+")
_WORD = re.compile(r"\S+")
_AUTH_LINE = re.compile(r"(\bAUTH\s+[A-Z0-9-]+\s+)([A-Za-z0-9+/=_-]{8,})", re.IGNORECASE)
_DIGEST = re.compile(r"\b[0-9a-f]{32}\b", re.IGNORECASE)
"""CRAM-MD5's answer: beside its challenge, passwords can be tried against it. (What else looks so is no loss.)"""
_MECHANISMS = re.compile(
    r"(CRAM|DIGEST|SCRAM|OAUTHBEARER|XOAUTH|EXTERNAL|ANONYMOUS|GSSAPI|KERBEROS)", re.IGNORECASE
)


class Scrubber:
    """Hides one login's credentials in any text. Holds pieces of them: keep it no longer than the login lasts.

    `known_words`: lower-case words that servers say to everybody.
    """

    __slots__ = ("_known", "_lone", "_pieces", "_sizes", "_whole")

    def __init__(self, credentials: Credentials, known_words: frozenset[str] = frozenset()) -> None:
        raw = _squeezed(credentials.secret)
        encoded = {_squeezed(form) for form in _encoded(credentials)} - {""}
        # A secret of up to three characters stands in many words: it is hidden where it stands alone.
        self._lone = raw if len(raw) < PIECE else ""
        letters = _letters(raw)
        self._whole = tuple(form for form in (raw, letters) if len(form) >= PIECE)
        pieces = {*(() if self._lone else _pieces(raw, PIECE))}
        if len(letters) > PIECE:
            pieces.update(_pieces(letters, PIECE + 1))
        for form in encoded:
            pieces.update(_pieces(form, PIECE + 1))
        self._pieces = frozenset(pieces)
        self._sizes = sorted({len(piece) for piece in pieces})
        self._known = known_words

    def __repr__(self) -> str:
        return "Scrubber()"

    def __call__(self, text: str) -> str:
        """The text without the credentials. Blanks and line breaks between other words stay."""
        if self._holds_nothing(text):
            return _without_blobs(text)
        words = [match.span() for match in _WORD.finditer(text)]
        hidden = {at for at, (start, end) in enumerate(words) if self._is_lone(text[start:end])}
        for squeeze in (_squeezed_at, _letters_at):
            hidden |= self._touched(text, words, squeeze(text))
        return _without_blobs(_without(text, words, hidden))

    def _holds_nothing(self, text: str) -> bool:
        """Told quickly, as it mostly is: no piece of anything stands in the text."""
        if self._lone:
            return False
        flat = _squeezed(text)
        return not any(
            flat[at : at + size] in self._pieces
            for flat in (flat, _letters(flat))
            for size in self._sizes
            for at in range(len(flat) - size + 1)
        )

    def _is_lone(self, word: str) -> bool:
        return bool(self._lone) and self._lone in (_squeezed(word), _bare(word))

    def _touched(self, text: str, words: list[tuple[int, int]], squeezed: tuple[str, list[int]]) -> set[int]:
        """The numbers of the words that hold a piece. `squeezed`: the text, and where each character stands."""
        flat, places = squeezed
        found: set[int] = set()
        numbers = _numbers(words, places)
        for size in self._sizes:
            for at in range(len(flat) - size + 1):
                if flat[at : at + size] in self._pieces:
                    found.update(numbers[at : at + size])
        whole = {n for form in self._whole for n in _where(form, flat, numbers)}
        return whole | {n for n in found if not self._is_known(text[slice(*words[n])])}

    def _is_known(self, word: str) -> bool:
        return _bare(word) in self._known


def _without(text: str, words: list[tuple[int, int]], hidden: set[int]) -> str:
    parts: list[str] = []
    at = 0
    for number, (start, end) in enumerate(words):
        parts += [text[at:start], HIDDEN if number in hidden else text[start:end]]
        at = end
    return _REPEATED.sub(HIDDEN, "".join(parts) + text[at:])


def _without_blobs(text: str) -> str:
    return _DIGEST.sub(HIDDEN, _AUTH_LINE.sub(_hide_blob, text))


def _hide_blob(match: re.Match[str]) -> str:
    """`AUTH PLAIN dGVzdA==`, whoever's it is; `AUTH PLAIN CRAM-MD5` is an offer."""
    return match[0] if _MECHANISMS.match(match[2]) else f"{match[1]}{HIDDEN}"


def _encoded(credentials: Credentials) -> Iterator[str]:
    secret = credentials.secret.encode()
    user = credentials.username.encode()
    messages = (
        secret,
        b"\0" + user + b"\0" + secret,
        user + b"\0" + user + b"\0" + secret,
        b"user=" + user + b"\x01auth=Bearer " + secret + b"\x01\x01",
    )
    for message in messages:
        yield base64.b64encode(message).decode()
        yield base64.urlsafe_b64encode(message).decode()
    for offset in (1, 2):  # inside some other message, whose neighbouring octets touch at most one character
        inside = base64.b64encode(b"\0" * offset + secret).decode().rstrip("=")
        yield inside[offset + 1 : -1]
    yield secret.hex()
    text = credentials.secret
    yield from (quote(text), quote_plus(text), json.dumps(text)[1:-1], html.escape(text), repr(text)[1:-1])
    if not text.isascii():
        yield from (form for form in _spoilt(text) if len(form) > PIECE)


def _spoilt(text: str) -> Iterator[str]:
    """As servers repeat it that know no UTF-8: read as Latin-1, without what is no ASCII, or with it written out."""
    for charset in ("latin-1", "cp1252"):
        yield "".join(filter(str.isprintable, text.encode().decode(charset, "ignore")))
    yield from (ascii(text)[1:-1], text.encode("ascii", "xmlcharrefreplace").decode())
    for same in (text, unicodedata.normalize("NFKD", text)):
        yield _letters(same.encode("ascii", "ignore").decode())


def _pieces(form: str, size: int) -> Iterable[str]:
    size = min(size, len(form))
    return (form[at : at + size] for at in range(len(form) - size + 1)) if size else ()


def _where(form: str, flat: str, numbers: list[int]) -> Iterator[int]:
    at = flat.find(form)
    while at >= 0:
        yield from numbers[at : at + len(form)]
        at = flat.find(form, at + 1)


def _numbers(words: list[tuple[int, int]], places: list[int]) -> list[int]:
    """For each squeezed character the number of its word."""
    numbers: list[int] = []
    word = 0
    for place in places:
        while place >= words[word][1]:
            word += 1
        numbers.append(word)
    return numbers


def _squeezed_at(text: str) -> tuple[str, list[int]]:
    """Without case and blanks, and where each character stands in the text."""
    kept = [(low, at) for at, c in enumerate(text) if not c.isspace() for low in c.casefold()]
    return "".join(c for c, _ in kept), [at for _, at in kept]


def _letters_at(text: str) -> tuple[str, list[int]]:
    """The same with letters and digits alone."""
    kept = [(low, at) for at, c in enumerate(text) if c.isalnum() for low in c.casefold()]
    return "".join(c for c, _ in kept), [at for _, at in kept]


def _squeezed(text: str) -> str:
    return "".join(text.casefold().split())


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _bare(word: str) -> str:
    return word.strip("\"'`.,;:!?()[]{}<>").lower()

"""Passwords at rest: Fernet tokens, with keys that are given or made once into a file of their own."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from data.key_file import KEY_FILE, KeyFile, SecretsUnavailable

__all__ = ["KEY_FILE", "Secrets", "SecretsUnavailable"]


class Secrets:
    """Encrypts and decrypts. Shows nothing of itself; its keys are read or made when first needed.

    What a key file holds is asked at each use: after a rotation in another process, nothing is encrypted with a key
    that is no longer there.
    """

    __slots__ = ("_file", "_keys", "_made")

    def __init__(self, keys: Sequence[str] = (), path: Path | None = None) -> None:
        """`keys`: Fernet keys, the newest first; if there are none, those in the file `path`, made once (mode
        0600); without either, a key that lives as long as this object."""
        self._file = KeyFile(path) if path and not keys else None
        self._keys = tuple(keys) if keys or path else (Fernet.generate_key().decode(),)
        self._made: tuple[object, Sequence[Fernet]] | None = None

    def __repr__(self) -> str:
        return "Secrets(…)"

    def __reduce__(self) -> str:
        raise TypeError("secrets are not pickled")

    def encrypt(self, password: str) -> bytes:
        """A token for the database: different each time, made with the newest key."""
        if self._file:
            self._file.make()
        return self._ciphers()[0].encrypt(password.encode())

    def decrypt(self, token: bytes) -> str:
        """The password. `SecretsUnavailable` when none of the keys made this token."""
        password = self.opened(token)
        if password is None:
            raise SecretsUnavailable(
                "A stored password was encrypted with a key that is not among SENDWELL_SECRET_KEYS: "
                "add that key behind the newer ones, or import the password again"
            )
        return password

    def opened(self, token: bytes) -> str | None:
        """The password; None when none of the keys made this token."""
        ciphers = self._ciphers()
        try:
            return MultiFernet(ciphers).decrypt(token).decode() if ciphers else None
        except InvalidToken:
            return None

    def is_same(self, token: bytes | None, password: str) -> bool:
        """Whether the token holds this password; False when no key opens it."""
        stored = None if token is None else self.opened(token)
        return stored is not None and secrets.compare_digest(stored.encode(), password.encode())

    def renewed(self, token: bytes) -> bytes | None:
        """What holds the same, with the same time in it, under the newest key: the token itself if it was made with
        that one. None when no key opens it."""
        ciphers = self._ciphers()
        if not ciphers:
            return None
        try:
            ciphers[0].decrypt(token)
            return token
        except InvalidToken:
            pass
        try:
            return MultiFernet(ciphers).rotate(token)
        except InvalidToken:
            return None

    def _ciphers(self) -> Sequence[Fernet]:
        """One a key; none while there is no key file."""
        stamp = self._file.stamp() if self._file else None
        if self._made is None or self._made[0] != stamp:
            keys = self._keys if self._file is None else self._file.read() if stamp else ()
            self._made = stamp, [_fernet(key) for key in keys]
        return self._made[1]


def _fernet(key: str) -> Fernet:
    try:
        return Fernet(key)
    except ValueError:
        raise SecretsUnavailable(
            "A secret key is not a Fernet key (32 octets in URL-safe base64): "
            "mend it in SENDWELL_SECRET_KEYS or in the key file"
        ) from None

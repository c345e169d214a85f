"""Passwords at rest: Fernet tokens, with keys that are given or made once into a file of their own."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

KEY_FILE = "secret.keys"


class SecretsUnavailable(Exception):
    """The keys cannot be used. One sentence: what is wrong and what to do; never a key."""


class Secrets:
    """Encrypts and decrypts. Shows nothing of itself; its keys are read or made when first needed."""

    __slots__ = ("_fernet", "_keys", "_path")

    def __init__(self, keys: Sequence[str] = (), path: Path | None = None) -> None:
        """`keys`: Fernet keys, the newest first; if there are none, those in the file `path`, made once (mode
        0600); without either, a key that lives as long as this object."""
        self._keys = tuple(keys)
        self._path = path
        self._fernet: MultiFernet | None = None

    def __repr__(self) -> str:
        return "Secrets(…)"

    def __reduce__(self) -> str:
        raise TypeError("secrets are not pickled")

    def encrypt(self, password: str) -> bytes:
        """A token for the database: different each time, made with the newest key."""
        return self._cipher().encrypt(password.encode())

    def decrypt(self, token: bytes) -> str:
        """The password. `SecretsUnavailable` when none of the keys made this token."""
        try:
            return self._cipher().decrypt(token).decode()
        except InvalidToken:
            raise SecretsUnavailable(
                "A stored password was encrypted with a key that is not among SENDWELL_SECRET_KEYS: "
                "add that key behind the newer ones, or import the password again"
            ) from None

    def is_same(self, token: bytes | None, password: str) -> bool:
        """Whether the token holds this password; False when no key opens it."""
        if token is None:
            return False
        try:
            return secrets.compare_digest(self.decrypt(token).encode(), password.encode())
        except SecretsUnavailable:
            return False

    def _cipher(self) -> MultiFernet:
        if self._fernet is None:
            self._fernet = MultiFernet([_fernet(key) for key in self._given()])
        return self._fernet

    def _given(self) -> Sequence[str]:
        if self._keys:
            return self._keys
        return _keys_of(self._path) if self._path else [Fernet.generate_key().decode()]


def _fernet(key: str) -> Fernet:
    try:
        return Fernet(key)
    except ValueError:
        raise SecretsUnavailable(
            "A secret key is not a Fernet key (32 octets in URL-safe base64): "
            "mend it in SENDWELL_SECRET_KEYS or in the key file"
        ) from None


def _keys_of(path: Path) -> list[str]:
    """The keys in the file, one a line, made if there is no file. Who else may read it loses that right."""
    try:
        if not path.exists():
            _make(path)
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        keys = path.read_text("ascii").split()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not text"
        raise SecretsUnavailable(
            f"The key file {path} cannot be used ({why}): give yourself the right to read and write it, "
            "or set SENDWELL_SECRET_KEYS"
        ) from None
    if not keys:
        raise SecretsUnavailable(
            f"The key file {path} is empty: put back a copy of it, or set SENDWELL_SECRET_KEYS"
        )
    return keys


def _make(path: Path) -> None:
    """Written whole under another name and then linked: of two processes one wins, and both read its key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(Fernet.generate_key() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()

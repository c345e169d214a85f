"""The file with the secret keys, one a line, the newest first: made once, for its owner alone, changed as a whole."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cryptography.fernet import Fernet

KEY_FILE = "secret.keys"


class SecretsUnavailable(Exception):
    """The keys cannot be used. One sentence: what is wrong and what to do; never a key."""


class KeyFile:
    """One such file. Raises `SecretsUnavailable` where it cannot be used."""

    __slots__ = ("path",)

    def __init__(self, path: Path) -> None:
        self.path = path

    def stamp(self) -> tuple[int, int, int] | None:
        """Another one whenever the file changes; None while there is none."""
        with self._told():
            try:
                status = self.path.stat()
            except FileNotFoundError:
                return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    def read(self) -> list[str]:
        """The keys. Who else may read the file loses that right."""
        with self._told():
            if self.path.stat().st_mode & 0o077:
                self.path.chmod(0o600)
            keys = self.path.read_text("ascii").split()
        if not keys:
            raise SecretsUnavailable(
                f"The key file {self.path} is empty: put back a copy of it, or set SENDWELL_SECRET_KEYS"
            )
        return keys

    def make(self) -> None:
        """With one key, unless it is there. Written whole under another name and then linked: of two processes
        one wins, and both read its key."""
        with self._told():
            if self.path.exists():
                return
            self.path.parent.mkdir(parents=True, exist_ok=True)
            draft = self._draft([_new_key()])
            try:
                os.link(draft, self.path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """No other process that says so changes the file meanwhile."""
        with self._told():
            directory = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(directory, fcntl.LOCK_EX)
            yield
        finally:
            os.close(directory)

    def put_new_in_front(self) -> Sequence[str]:
        """A new key before those that were there, which come back."""
        older = self.read()
        self._replace([_new_key(), *older])
        return older

    def remove(self, keys: Collection[str]) -> None:
        """Without these; those that came in meanwhile stay."""
        self._replace([key for key in self.read() if key not in keys])

    def _replace(self, keys: Sequence[str]) -> None:
        """At any moment, after a power cut too, there is the old file or the new one."""
        with self._told():
            where = self.path.resolve()
            for left_behind in where.parent.glob(f".{where.name}.*"):  # by a process that was killed here
                left_behind.unlink()
            self._draft(keys, like=where.stat()).replace(where)
            _settle(where.parent)

    def _draft(self, keys: Sequence[str], like: os.stat_result | None = None) -> Path:
        """The keys in a file of another name beside it, on the disk; with the owner that `like` has."""
        where = self.path.resolve()
        draft = where.with_name(f".{where.name}.{secrets.token_hex(8)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            if like and (like.st_uid, like.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(file.fileno(), like.st_uid, like.st_gid)
            file.write("".join(f"{key}\n" for key in keys))
            file.flush()
            os.fsync(file.fileno())
        return draft

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "not text"
            raise SecretsUnavailable(
                f"The key file {self.path} cannot be used ({why}): give yourself the right to read and write it, "
                "or set SENDWELL_SECRET_KEYS"
            ) from None


def _new_key() -> str:
    return Fernet.generate_key().decode()


def _settle(directory: Path) -> None:
    """What the directory's names stand for, on the disk."""
    number = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)

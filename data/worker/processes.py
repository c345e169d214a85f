"""The processes that look at companies: a new one, or one that was forked before anything else had begun."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterable
from ipaddress import ip_address
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import NamedTuple

from checks import diagnosis
from checks.company import Company, SendingMethod
from checks.lookup import ZoneResolver
from checks.platform import Platform
from data.worker import basis, member

_KEYS = "SENDWELL_SECRET_KEYS"


class Started(NamedTuple):
    """A process that waits for its duty, and our end of the pipe to it."""

    process: BaseProcess
    pipe: Connection


def new() -> Started:
    """One that loads all that it needs by itself, which takes most of a second."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=member.main, args=(theirs,), daemon=True)
    return _started(process, ours, theirs)


class Reserve:
    """Processes that wait for a duty, forked from this one with all that it has loaded.

    To be made while this process has neither threads nor open connections, which a fork would copy half. Where forking
    is not safe (macOS) there is none in reserve.
    """

    def __init__(self, size: int) -> None:
        self._waiting: list[Started] = []
        if not size or sys.platform != "linux":
            return
        _load_all()
        for _ in range(size):
            self._waiting.append(_forked([one.pipe for one in self._waiting]))

    def take(self) -> Started | None:
        """One of them, if any is left."""
        return self._waiting.pop() if self._waiting else None

    def close(self) -> None:
        """End those that were not needed."""
        for process, pipe in self._waiting:
            pipe.close()
            process.join()
        self._waiting.clear()


def _load_all() -> None:
    """What judging loads when it is needed first, such as lists of domains: judge somebody made up."""
    somebody = Company("", "", SendingMethod.OWN_ADDRESS, "postmaster@sendwell.example", email_validated=True)
    platform = Platform("spf.sendwell.example", (ip_address("192.0.2.1"),))
    asyncio.run(diagnosis.diagnose(somebody, platform, ZoneResolver({})))
    basis.judged_by(platform)


def _forked(others: Iterable[Connection]) -> Started:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, [*others, ours]), daemon=True)
    return _started(process, ours, theirs)


def _serve(pipe: Connection, inherited: Iterable[Connection]) -> None:
    """In the forked one. Our ends of the pipes must be open here alone: they end with us."""
    for one in inherited:
        one.close()
    member.main(pipe)


def _started(process: BaseProcess, ours: Connection, theirs: Connection) -> Started:
    """Ctrl-C is for the one that writes, also while the other one loads: it inherits that from here. The environment
    too, but for the keys of passwords: it decrypts none."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    keys = os.environ.pop(_KEYS, None)
    try:
        process.start()
    finally:
        signal.signal(signal.SIGINT, before)
        if keys is not None:
            os.environ[_KEYS] = keys
    theirs.close()  # so that the end of theirs is the end of the pipe
    return Started(process, ours)

"""TLS towards mail servers: the certificate is always verified, against the name that the company entered."""

from __future__ import annotations

import ssl
from asyncio.sslproto import SSLProtocol
from functools import cache
from pathlib import Path


class BadCaFile(ValueError):
    """The file of certificate authorities cannot be read. The message says why."""


@cache
def default_context() -> ssl.SSLContext:
    """TLS 1.2 or newer (RFC 8996), the system's authorities. Made once: it takes 25 ms."""
    return _strict(ssl.create_default_context())


def context_with(ca_file: Path, *, beside_the_systems: bool = False) -> ssl.SSLContext:
    """The same, trusting the authorities in a PEM file, and the system's or not; `BadCaFile` if it holds none."""
    problem = ""
    try:
        context = ssl.create_default_context(cafile=str(ca_file))
        if beside_the_systems:
            context.load_default_certs()
        return _strict(context)
    except ssl.SSLError:
        problem = "has no certificate in PEM form"
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
    raise BadCaFile(f"{ca_file} {problem}")


def small_read_buffers() -> None:
    """For a process that has hundreds of TLS connections open: 4 kB, read as often as it takes, in place of 256 kB.

    asyncio makes its read buffer that large and clears it for every connection, and offers no option. This holds
    for all of its TLS connections in the process, so only an entry point calls it.
    """
    SSLProtocol.max_size = 4096


def _strict(context: ssl.SSLContext) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context

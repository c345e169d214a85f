"""A small Internet on loopback: a top-level domain `test` and its children, on several NSD, one address each.

    with world(where, {"acme.test": Domain(at={"ns1": RECORDS, "ns2": RECORDS})}) as ports:
        gather(..., TOP, limits=Limits(allow=LOOPBACK, ports=ports))

`ns1` … `ns4` are servers of `combell.test`, and `ns5` one of `other.test`. A domain stands on those that it has
records `at`; the parent delegates it `to` those that it says, by default the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

from tests.support import nsd
from tests.support.zone import zone

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

SERVERS = {
    "ns1": ("ns1.combell.test", "127.0.0.11"),
    "ns2": ("ns2.combell.test", "127.0.0.12"),
    "ns3": ("ns3.combell.test", "127.0.0.13"),
    "ns4": ("ns4.combell.test", "127.0.0.14"),
    "ns5": ("ns.other.test", "127.0.0.15"),
}
REGISTRY = "127.0.0.10"

TOP = zone(
    f"test NS ns.registry.test\n ns.registry.test A {REGISTRY}\n"
    + "\n".join(f"{name} A {address}" for name, address in SERVERS.values())
)
"""What the recursive resolver knows: the top-level domain, and the addresses of servers without glue."""


@dataclass(frozen=True, slots=True)
class Domain:
    """`at`: the records on each server, as master file lines; None: configured, but cannot be loaded (SERVFAIL).

    `to`: the servers that the parent names, or names of others. `own`: those that the zone names; `serials`
    differ from 2 where they say so. `glue`: further lines in the parent's zone.
    """

    at: Mapping[str, str | None] = field(default_factory=dict)
    to: Sequence[str] | None = None
    own: Sequence[str] | None = None
    serials: Mapping[str, int] = field(default_factory=dict)
    glue: str = ""

    def delegation(self, name: str) -> str:
        hosts = [_host(server) for server in (self.at if self.to is None else self.to)]
        return "".join(f"{name}. 3600 NS {host}.\n" for host in hosts) + self.glue

    def zone(self, name: str, server: str) -> str:
        hosts = [_host(one) for one in (self.own or self.at)]
        head = (
            f"$ORIGIN {name}.\n@ 900 SOA {hosts[0]}. host {self.serials.get(server, 2)} 1800 900 604800 120\n"
        )
        return head + "".join(f"@ 900 NS {host}.\n" for host in hosts) + f"{self.at[server]}\n"


def _host(server: str) -> str:
    return SERVERS[server][0] if server in SERVERS else server


@contextmanager
def world(where: Path, domains: Mapping[str, Domain]) -> Iterator[dict[str, int]]:
    """Serve them all; gives the port at each address."""
    with ExitStack() as stack:
        registry = _zones(where, "registry", {"test": _top(domains)})
        ports = {REGISTRY: _port(stack.enter_context(nsd.serving(*registry, host=REGISTRY)))}
        for server, (_, address) in SERVERS.items():
            here = {
                name: one.zone(name, server)
                for name, one in domains.items()
                if one.at.get(server) is not None
            }
            broken = {name: None for name, one in domains.items() if one.at.get(server, "") is None}
            zones = _zones(where, server, here | broken)
            ports[address] = _port(stack.enter_context(nsd.serving(*zones, host=address)))
        yield ports


def _top(domains: Mapping[str, Domain]) -> str:
    head = "$ORIGIN test.\n@ 900 SOA ns.registry host 1 1800 900 604800 120\n@ 900 NS ns.registry\n"
    hosts = "".join(f"{name}. 900 A {address}\n" for name, address in SERVERS.values())
    delegations = "".join(one.delegation(name) for name, one in domains.items() if name.count(".") == 1)
    return f"{head}ns.registry 900 A {REGISTRY}\n{hosts}{delegations}"


def _zones(where: Path, server: str, zones: Mapping[str, str | None]) -> tuple[Path, dict[str, str]]:
    folder = where / server
    folder.mkdir()
    for name, text in zones.items():
        if text is not None:
            (folder / f"{name}.zone").write_text(text)
    return folder, {name: f"{name}.zone" for name in zones}


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])

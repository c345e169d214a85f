"""A made-up fleet of any size with the shapes of the real one, the same each time.

    python -m tests.bench.generated_fleet FOLDER --domains 300000

How often something occurs was counted in the 25,582 domains of ../shared/real (November 2026); only DMARC is
as in life, since that survey hardly asked for it. Shared services have a few heads and a long tail: one include
stands in 22 of 100, ten in 38, a hundred in 67, a thousand in 92; the rest are of one domain alone. A smaller
fleet is the beginning of a larger one.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

HEAD = "$ORIGIN .\n$TTL 300\n@ SOA ns.invalid. host.invalid. 1 1800 900 604800 300\n@ NS ns.invalid.\n"
HEAD += "ns.invalid. A 127.0.0.1\n"

Shares = Sequence[tuple[object, float]]

GROUPS = ((1, 0.216), (9, 0.162), (90, 0.296), (900, 0.251))
"""Services by size: how many there are, and what share of all includes they have together."""

SERVICES = sum(count for count, _ in GROUPS)

ENDINGS = (
    ("de", 20),
    ("com.br", 5),
    ("gov.br", 5),
    ("es", 9),
    ("at", 7),
    ("hu", 6),
    ("ca", 4),
    ("com", 4),
    ("com.mx", 3),
    ("gov.co", 3),
    ("ch", 2),
    ("org", 2),
    ("be", 10),
    ("nl", 10),
    ("fr", 10),
)
INCLUDES = ((0, 248), (1, 444), (2, 121), (3, 51), (4, 23), (5, 13), (6, 8), (7, 6), (8, 3), (9, 1), (12, 1))
EXCHANGERS = ((1, 631), (2, 188), (3, 27), (4, 66), (5, 34), (7, 25), (0, 25))
NETWORKS = ((0, 511), (1, 174), (2, 96), (3, 51), (4, 31), (5, 19), (6, 10), (8, 10))
ALLS = ((" ~all", 446), (" -all", 423), (" ?all", 31), ("", 18))
BELOW = ((0, 66), (1, 23), (2, 5), (3, 4), (4, 2))
"""Includes in the record of a service."""
POLICIES = (("none", 60), ("quarantine", 20), ("reject", 20))

INCLUDE = "_spf.service0.net"
ADDRESSES = ("100.64.0.1", "2001:db8:0:1::25")

SYLLABLES = [consonant + vowel for consonant in "bdfgklmnrstv" for vowel in "aeio"]


def write(where: Path, count: int, *, seed: int = 1, beyond: Path | None = None) -> None:
    """Write `root.zone` and `domains.txt` with `count` domains. `beyond`: the folder of a zone to be joined, whose
    domains stand among the others and count; so each beginning of the list has the same mix."""
    where.mkdir(parents=True, exist_ok=True)
    names = (beyond / "domains.txt").read_text().split()[:count] if beyond else []
    with (where / "root.zone").open("w", encoding="ascii") as zone:
        zone.write((beyond / "root.zone").read_text(encoding="ascii") if beyond else HEAD)
        zone.writelines(f"{line}\n" for line in services())
        for domain, lines in itertools.islice(domains(seed), count - len(names)):
            names.append(domain)
            zone.writelines(f"{line}\n" for line in lines)
    if beyond:
        Random(seed).shuffle(names)
    (where / "domains.txt").write_text("\n".join(names) + "\n")


def domains(seed: int) -> Iterator[tuple[str, list[str]]]:
    """One domain after the other, each with its lines for the zone. Without end."""
    random = Random(seed)
    for number in itertools.count():
        ending = _one(random, ENDINGS)
        name = "".join(SYLLABLES[int(random.random() * len(SYLLABLES))] for _ in range(3))
        domain = f"{name}-{number}.{ending}"
        yield domain, list(_records(domain, random))


def _records(domain: str, random: Random) -> Iterator[str]:
    hosts = list(_hosts(domain, _number(random, EXCHANGERS), random))
    yield f"{domain}. A {_address(random)}"
    yield from (f"{domain}. MX {10 * at} {host}." for at, host in enumerate(hosts, 1))
    yield from (f"{host}. A {_address(random)}" for host in hosts if host.endswith(domain))
    if random.random() < 0.918:
        yield from (f"{domain}. TXT {_quoted(record)}" for record in _spf(domain, random))
        yield f"own.{domain}. TXT {_quoted('v=spf1 ip4:' + _address(random) + ' -all')}"
    yield from (f'{domain}. TXT "site-verification={domain}"' for _ in range(random.random() < 0.35))
    if random.random() < 0.55:
        yield f'_dmarc.{domain}. TXT "v=DMARC1; p={_one(random, POLICIES)}; rua=mailto:dmarc@{domain}"'


def _hosts(domain: str, count: int, random: Random) -> Iterator[str]:
    """Exchangers: the domain's own, one of its own at a service, or those that a service has for everybody."""
    kind = random.random()
    service = _service(random)
    for number in range(count):
        if kind < 0.17:
            yield f"mx{number}.{domain}"
        elif kind < 0.30:
            yield f"{domain.replace('.', '-')}.mail{number}.service{service or 0}.net"
        else:
            yield f"mx{number}.service{service or 0}.net"


def _spf(domain: str, random: Random) -> Iterator[str]:
    """Its SPF record; of 200 domains one has two, and two have one that is no record, or does not parse."""
    fault = random.random()
    version = "v=spf1" if fault >= 0.005 else "v=spf1;"
    terms = [word for word, share in (("a", 0.37), ("mx", 0.47), ("ptr", 0.017)) if random.random() < share]
    if random.random() < 0.1:
        terms.append(
            f"a:own.{domain}" if random.random() < 0.5 else f"a:mx0.service{_service(random) or 0}.net"
        )
    terms += [f"ip4:{_address(random)}" for _ in range(_number(random, NETWORKS))]
    terms += [f"include:{_included(domain, random)}" for _ in range(_number(random, INCLUDES))]
    if 0.005 <= fault < 0.01:
        terms.append("ipv4:192.0.2.1")
    end = f" redirect={_included(domain, random)}" if random.random() < 0.015 else _one(random, ALLS)
    yield " ".join([version, *terms]) + str(end)
    if 0.01 <= fault < 0.015:
        yield "v=spf1 mx -all"


def _included(domain: str, random: Random) -> str:
    if random.random() < 0.02:
        return f"gone.{domain}"
    service = _service(random)
    return f"own.{domain}" if service is None else f"_spf.service{service}.net"


def _service(random: Random) -> int | None:
    """The number of a shared service, by its share; None for one that no other domain has."""
    drawn, first = random.random(), 0
    for count, share in GROUPS:
        if drawn < share:
            return first + int(count * drawn / share)
        drawn, first = drawn - share, first + count
    return None


# Services


def services() -> Iterator[str]:
    """The lines of the zone that the domains share."""
    random = Random(0)
    for number in range(SERVICES):
        name = f"service{number}.net"
        yield from (f"mx{host}.{name}. A {_address(random)}" for host in range(7))
        yield from (f"mx{host}.{name}. AAAA {_address6(number, host)}" for host in range(7))
        yield from (f"*.mail{host}.{name}. A {_address(random)}" for host in range(7))
        below = [f"_spf{part}.{name}" for part in range(_number(random, BELOW))]
        networks = [f"ip4:100.{64 + number // 256}.{number % 256}.0/24", f"ip6:2001:db8:{number:x}::/48"]
        networks += [f"ip4:{_address(random)}" for _ in range(int(random.random() * 8))]
        yield f"_spf.{name}. TXT " + _quoted(
            " ".join(("v=spf1", *networks, *(f"include:{b}" for b in below), "~all"))
        )
        for part in below:
            inside = " ".join(f"ip4:{_address(random)}" for _ in range(10))
            yield f"{part}. TXT {_quoted(f'v=spf1 {inside} ~all')}"


def _one(random: Random, shares: Shares) -> object:
    left = random.random() * sum(share for _, share in shares)
    for value, share in shares:
        left -= share
        if left < 0:
            return value
    return shares[-1][0]


def _number(random: Random, shares: Sequence[tuple[int, float]]) -> int:
    value = _one(random, shares)
    assert isinstance(value, int)
    return value


def _address(random: Random) -> str:
    """Of the network for measurements (RFC 2544)."""
    number = int(random.random() * 0x20000)
    return f"198.{18 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"


def _address6(service: int, host: int) -> str:
    return f"2001:db8:{service:x}:1::{host + 1:x}"


def _quoted(text: str) -> str:
    return " ".join(f'"{text[at : at + 255]}"' for at in range(0, len(text), 255))


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--domains", type=int, default=25_000, metavar="N")
    args = parser.parse_args(arguments)
    write(args.folder, args.domains)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

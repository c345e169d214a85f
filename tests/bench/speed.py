"""How fast, beside whom, from one run; then the same through a slow and lossy network.

Rates are by the clock of each process's own work (starting Python is not in them); CPU and memory are those of the
whole process. The sample of checkdmarc starts at the first domain, as ours do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench import dnsperf, evaluations, fleet, questions, real_fleet, relay, zone_file
from tests.bench.dnsperf import Ceiling
from tests.bench.fleet import Fleet
from tests.bench.measured import Run, run
from tests.bench.needed import cores
from tests.bench.questions import Question

DELAY, LOSS = 20, 1
"""Milliseconds for each datagram, and how many of a hundred are lost, in either direction."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured. `most`: domains, None for all. `sample`: those that checkdmarc gets. `seconds`: those
    that dnsperf has. `network`: also through the relay."""

    most: int | None = None
    sample: int = 300
    seconds: float = 5.0
    network: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the report."""

    name: str
    run: Run

    @property
    def domains(self) -> float:
        """A second; 0 where there are none."""
        return float(self.run.said.get("domains", 0) / self.run.said["seconds"])

    @property
    def queries(self) -> float:
        """A second; 0 where they are not counted."""
        return float(self.run.said.get("queries", 0) / self.run.said["seconds"])

    @property
    def unanswered(self) -> int:
        """Questions or domains for which something stayed open."""
        return int(self.run.said.get("failed", self.run.said.get("unknown", 0)))


def measure(where: Path, plan: Plan) -> None:
    """Serve a fleet, measure, and print."""
    with real_fleet.served_or_stand_in(where, most=plan.most) as made:
        print(f"{len(made.domains)} domains, {real_fleet.description()}, {cores()} cores shared with NSD\n")
        zone = zone_file.read(made.zone)
        asked = asyncio.run(questions.noted(zone, made.domains))
        made.take_in()
        _beside_the_others(made, plan, asked)
        if plan.network:
            _through_the_network(made)
    evaluations.measure(zone, made.domains, made.environment["SENDWELL_SENDING_ADDRESSES"].split(","))


# On loopback


def _beside_the_others(made: Fleet, plan: Plan, asked: Sequence[Question]) -> None:
    listed = made.where / "questions.txt"
    left_out = dnsperf.write(asked, listed)
    ours = {line.name: line for line in _shown(_ours(made))}
    theirs = {line.name: line for line in _shown(_theirs(made, plan.sample, listed))}
    ceiling = dnsperf.run(made.address, listed, plan.seconds)
    print(f"  {'dnsperf':36} {'':18} {ceiling.rate:8.0f} queries/s   {ceiling.lost} lost\n")
    _coverage(made, asked, left_out)
    _ratios(ours, theirs, ceiling)


def _ours(made: Fleet) -> Iterator[Line]:
    listed = _domains(made, "domains.txt", made.domains)
    platform = (
        *("--include", made.environment["SENDWELL_INCLUDE"]),
        *("--addresses", made.environment["SENDWELL_SENDING_ADDRESSES"]),
    )
    asked = ("--server", made.address, "--domains", str(listed), *platform)
    for processes in sorted({1, cores()}):
        how = "" if processes == 1 else f", {processes} processes"
        for what, name in (("resolve", "resolve only"), ("judge", "resolve + judge")):
            options = (what, *asked, "--processes", str(processes))
            yield Line(name + how, run("-m", "tests.bench.asking", *options))
    yield Line("whole scan, first", made.measure("data", "scan", "--json"))
    before = made.facts()
    yield Line("whole scan, again unchanged", made.measure("data", "scan", "--json"))
    print(
        f"    rows of facts that the second one wrote: {len(made.facts() - before)} of {len(before)}   (none)"
    )


def _theirs(made: Fleet, sample: int, listed: Path) -> Iterator[Line]:
    some = _domains(made, "sample.txt", made.domains[:sample])
    asked = ("tests.bench.checkdmarc_peer", "--server", made.address, "--domains", str(some))
    yield Line("checkdmarc", run("-m", *asked))
    yield Line("checkdmarc, no DNSSEC, TLSA, PTR", run("-m", *asked, "--bare"))
    asked = ("tests.bench.dnspython_peer", "--server", made.address, "--questions", str(listed))
    yield Line("dnspython, asyncio, the same queries", run("-m", *asked))


def _domains(made: Fleet, name: str, domains: Sequence[str]) -> Path:
    target = made.where / name
    target.write_text("\n".join(domains) + "\n")
    return target


def _shown(lines: Iterator[Line]) -> Iterator[Line]:
    """The same, each printed when it is there."""
    for line in lines:
        said = line.run.said
        domains = f"{line.domains:8.1f} domains/s" if "domains" in said else " " * 18
        queries = f"{line.queries:8.0f} queries/s" if "queries" in said else " " * 18
        cpu = (
            f"{1000 * line.run.cpu / said['domains']:6.2f} ms CPU a domain" if "domains" in said else " " * 22
        )
        memory = f"{line.run.peak:5.0f} MB"
        print(
            f"  {line.name:36} {domains} {queries} {cpu} {memory}  unanswered {line.unanswered}", flush=True
        )
        yield line


def _coverage(made: Fleet, asked: Sequence[Question], left_out: int) -> None:
    """How what `questions` asks compares with what the scan stored, which is all that it asked."""
    stored = {(row[0], row[1]) for row in made.facts()}
    ours = {(name, str(type)) for name, type in asked}
    counts = f"{len(ours)}, of them asked by the scan {len(ours & stored)}; the scan asked {len(stored - ours)} others"
    print(f"  questions of resolve only: {counts}; {left_out} not in the list for dnspython and dnsperf")


def _ratios(ours: dict[str, Line], theirs: dict[str, Line], ceiling: Ceiling) -> None:
    resolving = [line for name, line in ours.items() if name.startswith("resolve only")]
    resolve = max(resolving, key=lambda line: line.queries)
    scan = ours["whole scan, first"]
    dnspython = theirs["dnspython, asyncio, the same queries"]
    print(f"  resolve only / dnsperf               {resolve.queries / ceiling.rate:8.3f}   (at least 0.25)")
    print(f"  resolve only / dnspython             {resolve.queries / dnspython.queries:8.2f}")
    for name in ("checkdmarc", "checkdmarc, no DNSSEC, TLSA, PTR"):
        print(f"  whole scan / {name:32} {scan.domains / theirs[name].domains:8.1f}   (at least 50)")
    again = ours["whole scan, again unchanged"]
    print(
        f"  second scan / first scan             {again.domains / scan.domains:8.2f}   (at least 1)",
        flush=True,
    )


# Through a network


def _through_the_network(made: Fleet) -> None:
    print(f"\nThrough the relay; {DELAY} ms and {LOSS} % are for each datagram, there and back")
    rates, exports = {}, {}
    for name, options in (
        ("0 ms, 0 %", ()),
        (f"{DELAY} ms, {LOSS} %", ("--delay", str(DELAY), "--loss", str(LOSS))),
    ):
        with relay.running(made.address, *options) as way:
            carried = dnsperf.run(way.address, made.where / "questions.txt", 3, outstanding=4000)
            other = made.asking(way.address, f"relay{len(rates)}")
            other.take_in()
            (line,) = _shown(iter([Line(f"whole scan, {name}", other.measure("data", "scan", "--json"))]))
            rates[name], exports[name] = line.domains, other.export()
        print(f"    the relay carries {2 * carried.rate:.0f} packets/s of dnsperf's; in all {way.said}")
    (plain, rough), (before, after) = rates.values(), exports.values()
    print(f"  ratio of the rates                   {rough / plain:8.2f}   (at least 0.8)")
    unlike = fleet.unlike(before, after)
    print(
        f"  domains whose result differs         {len(unlike):8}   (none) {' '.join(unlike[:5])}", flush=True
    )

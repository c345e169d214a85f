"""How fast, beside whom, from one run; then the same through a slow and lossy network.

Rates are by the clock of each process's own work (starting Python is not in them); CPU and memory are those of the
whole process. The sample of checkdmarc starts at the first domain, as ours do.
"""

from __future__ import annotations

import asyncio
import os
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

ROUNDS = 2
"""Scans in each weather."""


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
        print(f"  {line.name:36} {_rates(line)}  unanswered {line.unanswered}  {_load()}", flush=True)
        yield line


def _rates(line: Line) -> str:
    said, run = line.run.said, line.run
    domains = f"{line.domains:8.1f} domains/s" if "domains" in said else ""
    queries = f"{line.queries:8.0f} queries/s" if "queries" in said else ""
    cpu = f"{1000 * _cpu(line):6.2f} ms CPU a domain" if "domains" in said else ""
    return f"{domains:18} {queries:18} {cpu:22} {run.peak:5.0f} MB"


def _cpu(line: Line) -> float:
    """Seconds a domain."""
    return line.run.cpu / float(line.run.said["domains"])


def _load() -> str:
    """How many wanted a core in the last minute, the bench itself among them."""
    return f"load {os.getloadavg()[0]:.1f}"


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
    _ratio(f"{resolve.name} / dnsperf", resolve.queries / ceiling.rate, "at least 0.25")
    _ratio(f"{resolve.name} / dnspython", resolve.queries / dnspython.queries)
    for peer in (line for name, line in theirs.items() if name.startswith("checkdmarc")):
        _ratio(f"whole scan / {peer.name}", scan.domains / peer.domains, "at least 50")
        _ratio("  the same by CPU a domain", _cpu(peer) / _cpu(scan))
    again = ours["whole scan, again unchanged"]
    _ratio("second scan / first scan", again.domains / scan.domains, "at least 1")


def _ratio(name: str, ratio: float, wanted: str = "") -> None:
    print(f"  {name:48} {ratio:10.3f}   {f'({wanted})' if wanted else ''}", flush=True)


# Through a network


def _through_the_network(made: Fleet) -> None:
    """Fair and rough weather in turn, twice: other work on the machine only makes slower, so the best rates count."""
    print(f"\nThrough the relay; {DELAY} ms and {LOSS} % are for each datagram, there and back")
    rough = ("--delay", str(DELAY), "--loss", str(LOSS))
    rates: dict[str, list[float]] = {"fair": [], "rough": []}
    exports = []
    for number in range(2 * ROUNDS):
        weather, options = ("rough", rough) if number % 2 else ("fair", ())
        rate, export = _through(made, f"whole scan, {weather}", f"relay{number}", options)
        rates[weather].append(rate)
        exports.append(export)
    _ratio(
        f"rate with {DELAY} ms, {LOSS} % / with none",
        max(rates["rough"]) / max(rates["fair"]),
        "at least 0.8",
    )
    unlike = sorted({id for export in exports[1:] for id in fleet.unlike(exports[0], export)})
    print(
        f"  {'domains whose result differs':48} {len(unlike):6}       (none) {' '.join(unlike[:5])}",
        flush=True,
    )


def _through(
    made: Fleet, name: str, store: str, options: Sequence[str]
) -> tuple[float, list[dict[str, str]]]:
    """One scan into an empty store: domains a second, and the export."""
    with relay.running(made.address, *options) as way:
        carried = dnsperf.run(way.address, made.where / "questions.txt", 3, outstanding=4000)
        other = made.asking(way.address, store)
        other.take_in()
        (line,) = _shown(iter([Line(name, other.measure("data", "scan", "--json"))]))
        export = other.export()
    print(f"    the relay carries {2 * carried.rate:.0f} packets/s of dnsperf's; in all {way.said}")
    return line.domains, export

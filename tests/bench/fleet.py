"""A fleet on NSD: a zone, a company file, and the commands run on them."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import dns.exception
import dns.message
import dns.query

from tests.bench import measured
from tests.bench.measured import Run
from tests.bench.needed import ROOT
from tests.support import nsd

PATIENCE = 600
"""Seconds that NSD has to read a zone."""

TIMES = ("since", "checked_at")
"""The columns of an export that two scans of the same records may differ in."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """A served fleet. `companies`: the file to import; `environment`: what the commands need to be told."""

    where: Path
    zone: Path
    domains: tuple[str, ...]
    companies: Path
    environment: dict[str, str]

    @property
    def address(self) -> str:
        """`IP:port` of the name server."""
        return self.environment["SENDWELL_NAMESERVERS"]

    def asking(self, address: str, store: str) -> Fleet:
        """The same fleet by way of another name server, in a database of its own."""
        database = f"sqlite:///{self.where / f'{store}.db'}"
        changed = {"SENDWELL_NAMESERVERS": address, "SENDWELL_DATABASE": database}
        return replace(self, environment=self.environment | changed)

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return Path(self.environment["SENDWELL_DATABASE"].removeprefix("sqlite:///"))

    def forget(self) -> None:
        """Delete the database."""
        for suffix in ("", "-wal", "-shm"):
            self.database.with_name(self.database.name + suffix).unlink(missing_ok=True)

    def facts(self) -> set[tuple[object, ...]]:
        """Every stored look-up as it stands in the database; the first two are name and type."""
        with closing(sqlite3.connect(self.database)) as database:
            return set(database.execute("SELECT name, type, * FROM observations"))

    def run(self, *arguments: str, status: Sequence[int] = (0,)) -> str:
        """Run `python -m …` and give its standard output; SystemExit when it ends otherwise than expected."""
        done = self.start(*arguments)
        out, error = done.communicate()
        if done.returncode not in status:
            raise SystemExit(f"python -m {' '.join(arguments)}: exit {done.returncode}\n{error}")
        return out

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=ROOT,
            env=os.environ | self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def measure(self, *arguments: str) -> Run:
        """Run `python -m …`, which prints a JSON object, and measure it."""
        return measured.run("-m", *arguments, environment=self.environment)

    def export(self) -> list[dict[str, str]]:
        """The export's rows."""
        target = self.where / "export.csv"
        self.run("data", "export", str(target))
        with target.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def take_in(self) -> None:
        """Import the company file."""
        self.run("data", "import", str(self.companies))

    def scan(self) -> dict[str, Any]:
        """Scan everything; the summary of interfaces.md."""
        summary: dict[str, Any] = json.loads(self.run("data", "scan", "--json"))
        return summary


@contextmanager
def served(
    where: Path, made: Path, include: str, addresses: Sequence[str], *, most: int | None = None
) -> Iterator[Fleet]:
    """`made` holds `root.zone` and `domains.txt`: all of it on NSD; a company for each of the first `most` domains,
    sending as itself."""
    names = tuple((made / "domains.txt").read_text().split()[:most])
    with nsd.serving(made, {".": "root.zone"}, patience=PATIENCE) as address:
        _until_it_answers(address)
        environment = {
            "SENDWELL_DATABASE": f"sqlite:///{where / f'{include}.db'}",
            "SENDWELL_NAMESERVERS": address,
            "SENDWELL_INCLUDE": include,
            "SENDWELL_SENDING_ADDRESSES": ",".join(addresses),
            "SENDWELL_DOMAIN": "",
        }
        yield Fleet(where, made / "root.zone", names, write_companies(where, names), environment)


def _until_it_answers(address: str) -> None:
    """NSD listens before it has read a large zone."""
    host, _, port = address.rpartition(":")
    for _ in range(PATIENCE):
        with suppress(dns.exception.Timeout):
            dns.query.udp(dns.message.make_query(".", "SOA"), host, port=int(port), timeout=1)
            return
    raise SystemExit(f"NSD at {address} answers nothing")


def write_companies(where: Path, names: Sequence[str]) -> Path:
    """A company file, one for each domain."""
    companies = where / "companies.csv"
    with companies.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("company_id", "name", "email", "email_validated_at", "sending_method"))
        rows.writerows((n, n, f"postmaster@{n}", "2026-01-01T00:00:00Z", "own_address") for n in names)
    return companies


def unlike(some: Sequence[dict[str, str]], others: Sequence[dict[str, str]]) -> list[str]:
    """The ids of companies whose exported rows differ in more than times, or stand in one export alone."""
    here, there = ({row["company_id"]: _timeless(row) for row in rows} for rows in (some, others))
    return sorted(id for id in here.keys() | there.keys() if here.get(id) != there.get(id))


def _timeless(row: dict[str, str]) -> dict[str, str]:
    return {column: value for column, value in row.items() if column not in TIMES}

"""The real domains of ../shared/real as a fleet: a zone on NSD, a company file, and the commands run on them."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import nsd
from tests.support.shared import SHARED

ROOT = Path(__file__).resolve().parents[2]
RECORDS = SHARED / "real" / "records.jsonl.gz"
MAKE_ZONE = SHARED / "tools" / "make_zone.py"


@dataclass(frozen=True, slots=True)
class Fleet:
    """A served fleet. `companies`: the file to import; `environment`: what the commands need to be told."""

    where: Path
    zone: Path
    companies: Path
    environment: dict[str, str]

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

    def export(self) -> list[dict[str, str]]:
        """The export's rows."""
        target = self.where / "export.csv"
        self.run("data", "export", str(target))
        with target.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def scan(self) -> dict[str, Any]:
        """Scan everything; the summary of interfaces.md."""
        summary: dict[str, Any] = json.loads(self.run("data", "scan", "--json"))
        return summary


@contextmanager
def served(
    where: Path, include: str, addresses: Sequence[str], *, most: int | None = None
) -> Iterator[Fleet]:
    """The whole real fleet on NSD, or its first `most` domains; a company a domain, sending as itself."""
    made = where / "zone"
    if not (made / "root.zone").exists():
        subprocess.run(
            [sys.executable, str(MAKE_ZONE), str(RECORDS), str(made)], check=True, capture_output=True
        )
    names = (made / "domains.txt").read_text().split()[:most]
    companies = where / "companies.csv"
    with companies.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("company_id", "name", "email", "email_validated_at", "sending_method"))
        rows.writerows((n, n, f"postmaster@{n}", "2026-01-01T00:00:00Z", "own_address") for n in names)
    with nsd.serving(made, {".": "root.zone"}) as address:
        environment = {
            "SENDWELL_DATABASE": f"sqlite:///{where / f'{include}.db'}",
            "SENDWELL_NAMESERVERS": address,
            "SENDWELL_INCLUDE": include,
            "SENDWELL_SENDING_ADDRESSES": ",".join(addresses),
            "SENDWELL_DOMAIN": "",
        }
        yield Fleet(where, made / "root.zone", companies, environment)

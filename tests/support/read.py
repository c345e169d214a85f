"""What is told, beside what a person read when it was last meant to change."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path


def as_read(told: Mapping[str, object], path: Path) -> None:
    """Assert that all is told as it stands in the file. `SENDWELL_WRITE_TOLD=1` writes it anew."""
    if os.environ.get("SENDWELL_WRITE_TOLD") == "1":
        path.write_text(json.dumps(told, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
    known = json.loads(path.read_text(encoding="utf-8"))
    assert sorted(told) == sorted(known)
    for name, said in told.items():
        assert said == known[name], name

"""`CONTRIBUTING.md` is true: who does what it says has a check that is found, told and proved."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parent.parent
RULES, CATALOGUE = "checks/mx/rules.py", "tests/checks/test_catalogue.py"
LEFT_OUT = shutil.ignore_patterns("__pycache__", "browser", "dashboard", "data")


def put_before(path: Path, line: str, text: str) -> None:
    """Add to a file, in front of the only place where `line` stands."""
    before, behind = path.read_text(encoding="utf-8").split(line)
    path.write_text(before + text + line + behind, encoding="utf-8")


def test_a_check_is_added_in_its_four_steps(tmp_path: Path) -> None:
    for room in ("checks", "data", "tests"):
        shutil.copytree(PROJECT / room, tmp_path / room, ignore=LEFT_OUT)
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    page = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rule, judging, test, scenario = re.findall(r"```python\n(.*?)```", page, re.DOTALL)

    put_before(tmp_path / RULES, "RULES: tuple[Rule, ...] = (\n", rule)
    put_before(tmp_path / RULES, "    DOMAIN_DOES_NOT_EXIST,\n", "    EXCHANGER_IS_LOCALHOST,\n")
    put_before(tmp_path / RULES, "        if exchanger.aliases:\n", judging)
    put_before(tmp_path / CATALOGUE, '    "null with a preference"', scenario)
    (tmp_path / "tests/checks/mx/test_localhost.py").write_text(test, encoding="utf-8")

    command = [sys.executable, "-m", "pytest", "-q", "tests/checks/mx/test_localhost.py", CATALOGUE]
    done = subprocess.run(
        [*command, "tests/checks/test_told.py"],
        cwd=tmp_path,
        env={**os.environ, "SENDWELL_WRITE_TOLD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    told = (tmp_path / "tests/checks/told.json").read_text(encoding="utf-8").splitlines()
    known = (PROJECT / "tests/checks/told.json").read_text(encoding="utf-8").splitlines()
    new = [line for line in told if line not in known]
    assert [line for line in known if line not in told] == []
    assert any("MX_EXCHANGER_IS_LOCALHOST" in line for line in new)

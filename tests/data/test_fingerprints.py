"""Fingerprints: the same credential has the same one, and without the key nobody makes or compares them."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from data import fingerprints
from data.engine import writing
from data.fingerprints import Fingerprints
from data.schema import SecretRow
from data.secrets import Secrets

PROJECT = Path(__file__).parents[2]
HERE = Fingerprints(b"k" * 32)


def loaded(engine: Engine, secrets: Secrets) -> Fingerprints | None:
    with writing(engine) as session:
        return fingerprints.load(session, secrets)


def token(engine: Engine) -> bytes | None:
    with Session(engine) as session:
        return session.scalar(select(SecretRow.token))


@pytest.mark.parametrize("host", ["SMTP.Acme.BE", "smtp.acme.be.", "smtp.acme.be"])
def test_a_host_has_one_spelling(host: str) -> None:
    assert HERE.credential(host, "jan", "hemlig") == HERE.credential("smtp.acme.be", "jan", "hemlig")
    assert HERE.mailbox(host, "jan") == HERE.mailbox("smtp.acme.be", "jan")


def test_whatever_is_typed_as_a_host_has_a_fingerprint() -> None:
    made = {HERE.credential(host, "jan", "hemlig") for host in ("", "192.0.2.1", "\ud800", "a b", "x" * 500)}
    assert len(made) == 5
    assert HERE.credential(" A B ", "", "") == HERE.credential("a b", "", "")


def test_each_part_counts_and_none_runs_into_the_next() -> None:
    made = [
        HERE.credential("a.be", "jan", "hemlig"),
        HERE.credential("b.be", "jan", "hemlig"),
        HERE.credential("a.be", "janh", "emlig"),
        HERE.credential("a.be", "Jan", "hemlig"),
        HERE.credential("a.be", "jan", "Hemlig"),
        HERE.credential("a.be", "jan", "hemlig "),
        HERE.credential("a.be", "jan", ""),
        HERE.mailbox("a.be", "jan"),
        HERE.mailbox("b.be", "jan"),
        HERE.mailbox("a.be", "piet"),
        Fingerprints(b"l" * 32).credential("a.be", "jan", "hemlig"),
    ]
    assert len(set(made)) == len(made)
    assert {len(one) for one in made} == {64}


def test_a_mailbox_is_the_same_however_its_name_is_written() -> None:
    assert HERE.mailbox("a.be", "Jan@A.be") == HERE.mailbox("a.be", "jan@a.be")


def test_they_show_nothing_of_their_key() -> None:
    assert repr(HERE) == "Fingerprints(…)"
    with pytest.raises(TypeError):
        pickle.dumps(HERE)


def test_the_key_is_made_once_and_stays(store: Engine) -> None:
    secrets = Secrets()
    first, second = loaded(store, secrets), loaded(store, secrets)
    assert first
    assert second
    assert first.mailbox("a.be", "jan") == second.mailbox("a.be", "jan")


def test_it_stands_encrypted_in_the_database(store: Engine) -> None:
    key = Fernet.generate_key().decode()
    loaded(store, Secrets([key]))
    assert len(bytes.fromhex(Secrets([key]).decrypt(token(store) or b""))) == 32


def test_a_key_that_nothing_opens_is_kept_and_gives_none(store: Engine) -> None:
    loaded(store, Secrets())
    before = token(store)
    assert loaded(store, Secrets()) is None
    assert token(store) == before


def test_a_key_that_is_renewed_is_another_one(store: Engine) -> None:
    secrets = Secrets()
    first = loaded(store, secrets)
    with writing(store) as session:
        fingerprints.renew(session, secrets)
    second = loaded(store, secrets)
    assert first
    assert second
    assert first.mailbox("a.be", "jan") != second.mailbox("a.be", "jan")


def test_processes_that_start_at_once_share_one_key(store: Engine, url: str) -> None:
    key = Fernet.generate_key().decode()
    code = f"""
from data import fingerprints
from data.engine import connect, writing
from data.secrets import Secrets
with writing(connect({url!r})) as session:
    print(fingerprints.load(session, Secrets([{key!r}])).mailbox("a.be", "jan"))
"""
    starts = [
        subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT, stdout=subprocess.PIPE) for _ in range(4)
    ]
    made = [start.communicate(timeout=60)[0].strip() for start in starts]
    ours = loaded(store, Secrets([key]))
    assert ours
    assert {one.decode() for one in made} == {ours.mailbox("a.be", "jan")}

"""`checks login` and `checks server` as a person or a program calls them."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.__main__ import main
from checks.command import Stop
from data.demo.certificates import Authority, Pair
from tests.support.dns_server import DnsServer
from tests.support.dns_server import serving as serving_dns
from tests.support.smtp_server import Script, polite, serving
from tests.support.zone import parse

ROOT = Path(__file__).resolve().parents[2]
ZONE = """
    mail.acme.be A 127.0.0.1
    inside.acme.be A 10.0.0.1
    acme.be MX 10 acme-be.mail.protection.outlook.com
    forward.be MX 10 route1.mx.cloudflare.net
    behind.be MX 10 d1.ess.barracudanetworks.com
    behind.be TXT v=spf1 include:spf.protection.outlook.com -all
"""
OBJECT = {"result", "code", "enhanced_code", "cause", "text", "attempts", "tls"}

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    records, _ = parse(ZONE)
    with serving_dns(DnsServer(records, {"dark.be": "servfail", "mail.dark.be": "servfail"})) as dns:
        yield {"SENDWELL_NAMESERVERS": dns.address, "SENDWELL_EHLO_NAME": "probe.sendwell.example"}


@pytest.fixture(scope="module")
def pair(authority: Authority) -> Pair:
    return authority.issue("mail.acme.be", "127.0.0.1", "localhost")


def run(
    environment: dict[str, str], *arguments: str, given: bytes = b"correct horse\n"
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "checks", *arguments],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if not k.startswith("SENDWELL_")} | environment,
        input=given,
        capture_output=True,
        timeout=60,
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def login(
    environment: dict[str, str],
    port: int,
    *more: str,
    host: str = "mail.acme.be",
    security: str = "starttls",
    given: bytes = b"correct horse\n",
) -> subprocess.CompletedProcess[str]:
    where = ("--host", host, "--port", str(port), "--security", security, "--username", "jan@acme.be")
    return run(environment, "login", *where, *more, given=given)


@pytest.mark.parametrize(
    ("script", "status", "said"),
    [
        (polite(), 0, ("ok", 235, "2.7.0", "", 1)),
        (
            polite(answer="535 5.7.8 Error: authentication failed: no"),
            1,
            ("refused", 535, "5.7.8", "SMTP_WRONG_PASSWORD", 1),
        ),
        (polite(starttls=False), 1, ("insecure", None, "", "SMTP_STARTTLS_MISSING", 0)),
        (polite(greeting="554 5.7.1 no"), 3, ("unreachable", 554, "5.7.1", "SMTP_TURNED_AWAY", 0)),
        (polite(answer="454 4.7.0 later"), 3, ("unknown", 454, "4.7.0", "SMTP_TEMPORARY_FAULT", 1)),
    ],
    ids=["ok", "refused", "insecure", "unreachable", "unknown"],
)
def test_login_prints_the_object_of_the_interface(
    script: Script,
    status: int,
    said: tuple[object, ...],
    environment: dict[str, str],
    authority: Authority,
    pair: Pair,
) -> None:
    with serving(script, pair) as server:
        done = login(
            environment, server.port, "--json", "--ca-file", str(authority.file), "--allow", "127.0.0.0/8"
        )
    found = json.loads(done.stdout)
    assert set(found) >= OBJECT
    assert (found["result"], found["code"], found["enhanced_code"], found["cause"], found["attempts"]) == said
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (status, "", 1)
    assert all(
        line == "EHLO probe.sendwell.example" for line in server.heard[0].lines if line.startswith("EHLO")
    )


def test_login_takes_the_network_from_the_settings_and_implicit_tls(
    environment: dict[str, str], authority: Authority, pair: Pair
) -> None:
    with serving(polite(implicit=True), pair) as server:
        allowed = environment | {"SENDWELL_SMTP_ALLOW": "127.0.0.0/8"}
        done = login(allowed, server.port, "--json", "--ca-file", str(authority.file), security="implicit")
    assert json.loads(done.stdout)["tls"].startswith("TLSv1.")


def test_login_trusts_the_authorities_of_the_settings(
    environment: dict[str, str], authority: Authority, pair: Pair
) -> None:
    with serving(polite(), pair) as server:
        trusting = environment | {"SENDWELL_SMTP_CA_FILE": str(authority.file)}
        done = login(trusting, server.port, "--json", "--allow", "127.0.0.0/8")
    assert (done.returncode, json.loads(done.stdout)["result"]) == (0, "ok")


def test_authorities_of_the_settings_are_trusted_beside_the_systems(
    tmp_path: Path, environment: dict[str, str], authority: Authority, pair: Pair
) -> None:
    with serving(polite(), pair) as server:
        others = {
            "SENDWELL_SMTP_CA_FILE": str(Authority(tmp_path).file),
            "SSL_CERT_FILE": str(authority.file),
        }
        done = login(environment | others, server.port, "--json", "--allow", "127.0.0.0/8")
    assert (done.returncode, json.loads(done.stdout)["result"]) == (0, "ok")


def test_authorities_of_the_command_are_trusted_alone(
    tmp_path: Path, environment: dict[str, str], authority: Authority, pair: Pair
) -> None:
    with serving(polite(), pair) as server:
        trusting = environment | {"SENDWELL_SMTP_CA_FILE": str(authority.file)}
        others = ("--ca-file", str(Authority(tmp_path).file))
        done = login(trusting, server.port, "--json", "--allow", "127.0.0.0/8", *others)
    assert json.loads(done.stdout)["cause"] == "SMTP_CERTIFICATE_UNKNOWN_ISSUER"


def test_authorities_of_the_settings_that_cannot_be_read_are_told(environment: dict[str, str]) -> None:
    done = login(environment | {"SENDWELL_SMTP_CA_FILE": "/nowhere.pem"}, 587)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "SENDWELL_SMTP_CA_FILE: /nowhere.pem cannot be read: No such file or directory\n"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_login_at_an_address_that_is_let_through_for_tests(
    host: str, environment: dict[str, str], authority: Authority, pair: Pair
) -> None:
    with serving(polite(), pair) as server:
        options = ("--json", "--ca-file", str(authority.file), "--allow", "127.0.0.0/8")
        done = login(environment, server.port, *options, host=host)
    assert (done.returncode, json.loads(done.stdout)["result"]) == (0, "ok")


def test_login_does_not_trust_an_authority_that_nobody_named(environment: dict[str, str], pair: Pair) -> None:
    with serving(polite(), pair) as server:
        done = login(environment, server.port, "--json", "--allow", "127.0.0.0/8")
    assert json.loads(done.stdout)["cause"] == "SMTP_CERTIFICATE_UNKNOWN_ISSUER"
    assert server.auths == []


def test_login_for_people_says_what_to_do_and_that_it_is_one_try(
    environment: dict[str, str], authority: Authority, pair: Pair
) -> None:
    with serving(polite(answer="535 5.7.8 Error: authentication failed: \x1b[31m"), pair) as server:
        done = login(environment, server.port, "--ca-file", str(authority.file), "--allow", "127.0.0.0/8")
    assert done.returncode == 1
    assert "✗ refused" in done.stdout
    assert "What to do: Enter user name" in done.stdout
    assert "→ AUTH PLAIN [user name and secret]" in done.stdout
    assert "\x1b" not in done.stdout
    assert (
        done.stderr == "One try, counted nowhere: many of them lock an account or get our address banned.\n"
    )


@pytest.mark.parametrize(
    ("options", "cause", "status"),
    [
        (("inside.acme.be", 587), "SMTP_ADDRESS_NOT_PUBLIC", 1),
        (("mail.acme.be", 25), "SMTP_PORT_NOT_ALLOWED", 1),
        (("192.0.2.1", 587), "SMTP_HOST_IS_ADDRESS", 1),
        (("no name", 587), "SMTP_HOST_MALFORMED", 1),
        (("gone.acme.be", 587), "SMTP_HOST_UNKNOWN", 3),
        (("mail.dark.be", 587), "SMTP_LOOKUP_FAILED", 3),
    ],
)
def test_login_goes_nowhere_that_it_must_not(
    options: tuple[str, int], cause: str, status: int, environment: dict[str, str]
) -> None:
    host, port = options
    done = login(environment, port, "--json", host=host)
    found = json.loads(done.stdout)
    assert (found["cause"], found["attempts"], done.returncode) == (cause, 0, status)


@pytest.mark.parametrize(
    ("more", "given", "why"),
    [
        ((), b"", "the password is empty"),
        ((), b"\n", "the password is empty"),
        ((), b"geheim\nzwei", "line break"),
        ((), b"geheim\0", "NUL"),
        ((), b"geh\xff\n", "not UTF-8"),
        (("--token",), b"", "the token is empty"),
        ((), b"g" * 5000, "longer than"),
        (("--allow", "127.0.0.1/8"), b"x", "--allow"),
        (("--ca-file", "/nowhere.pem"), b"x", "cannot be read"),
        (("--ca-file", __file__), b"x", "no certificate"),
        (("--port", "0"), b"x", "not a port"),
        (("--port", "submission"), b"x", "--port"),
        (("--security", "none"), b"x", "invalid choice"),
    ],
)
def test_login_wrongly_used_ends_with_2_and_one_line(
    more: tuple[str, ...], given: bytes, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(given)))
    where = ("--host", "mail.acme.be", "--port", "587", "--security", "starttls", "--username", "jan@acme.be")
    with pytest.raises(Stop, match=why) as stopped:
        main(["login", *where, *more])
    assert stopped.value.status == 2
    assert "geh" not in str(stopped.value)


def test_wrong_usage_is_one_line_on_standard_error(environment: dict[str, str]) -> None:
    done = login(environment, 587, given=b"geheim\nzwei")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "geh" not in done.stderr


def test_server_prints_one_object(environment: dict[str, str]) -> None:
    done = run(environment, "server", "jan@acme.be", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {
        "address": "jan@acme.be",
        "domain": "acme.be",
        "provider": "Microsoft 365",
        "servers": [
            {
                "host": "smtp.office365.com",
                "port": 587,
                "security": "starttls",
                "username": "jan@acme.be",
                "source": "mx",
                "confidence": "sure",
                "provider": "Microsoft 365",
                "secret": "password",
                "answered": None,
                "cause": "",
            }
        ],
        "notes": [],
    }


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("jan@gmail.com", 0, "smtp.gmail.com:465 implicit"),
        ("jan@behind.be", 0, "Barracuda (probably Microsoft 365)"),
        ("jan@forward.be", 1, "only forwarded"),
        ("jan@gone.be", 1, "knows no such domain"),
        ("jan@dark.be", 3, "Not everything could be looked up"),
    ],
)
def test_server_for_people(address: str, status: int, said: str, environment: dict[str, str]) -> None:
    done = run(environment, "server", address)
    assert (done.returncode, done.stderr) == (status, "")
    assert said in done.stdout


def test_server_of_no_address_ends_with_2(environment: dict[str, str]) -> None:
    done = run(environment, "server", "nobody")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)

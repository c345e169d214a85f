"""The resolver over TLS, to a server that has the right certificate, and to others."""

import datetime
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from checks.lookup import Answer, FailureReason, LookupFailed, RecordType, txt
from checks.resolver import LiveResolver
from checks.resolver.stream import _context
from tests.support.dns_server import DnsServer

pytestmark = pytest.mark.integration

NAME = "dns.example"
ZONE = {(f"{number}.test", RecordType.TXT): [txt("v=spf1 -all")] for number in range(30)}


@dataclass(frozen=True, slots=True)
class Certificate:
    file: Path
    server: ssl.SSLContext


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate for `NAME` that is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    directory = tmp_path_factory.mktemp("tls")
    pem, key_file = directory / "server.pem", directory / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem, key_file)
    return Certificate(pem, server)


@pytest.fixture
def trusted(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> Iterator[Certificate]:
    """The system trusts it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    _context.cache_clear()
    yield certificate
    _context.cache_clear()


async def test_all_questions_go_over_one_connection_and_none_over_udp(trusted: Certificate) -> None:
    async with (
        DnsServer(ZONE, tls=trusted.server) as server,
        LiveResolver([f"tls://{NAME}@{server.address}"]) as resolver,
    ):
        results = [await resolver.lookup(f"{number}.test", RecordType.TXT) for number in range(30)]
        assert [type(result) for result in results] == [Answer] * 30
    assert server.connections == 1
    assert all(asked.tcp for asked in server.asked)


async def test_a_server_with_another_name_is_not_believed(trusted: Certificate) -> None:
    async with DnsServer(ZONE, tls=trusted.server) as server:
        named = f"tls://other.example@{server.address}"
        async with LiveResolver([named]) as resolver:
            result = await resolver.lookup("0.test", RecordType.TXT)
    assert result == LookupFailed("0.test", RecordType.TXT, FailureReason.UNREACHABLE, named)
    assert server.asked == []


async def test_a_certificate_that_nobody_vouches_for_is_not_believed(certificate: Certificate) -> None:
    _context.cache_clear()
    async with (
        DnsServer(ZONE, tls=certificate.server) as server,
        LiveResolver([f"tls://{NAME}@{server.address}"]) as resolver,
    ):
        result = await resolver.lookup("0.test", RecordType.TXT)
    assert isinstance(result, LookupFailed)
    assert (result.reason, server.asked) == (FailureReason.UNREACHABLE, [])


async def test_a_server_that_speaks_no_tls_is_not_asked_in_the_open(trusted: Certificate) -> None:
    async with (
        DnsServer(ZONE) as server,
        LiveResolver([f"tls://{NAME}@{server.address}"], timeout=0.5, attempts=2) as resolver,
    ):
        result = await resolver.lookup("0.test", RecordType.TXT)
    assert isinstance(result, LookupFailed)
    assert server.asked == []

"""Settings: where they come from, which wins, and what is said about one that cannot be used."""

import base64
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

import settings
from settings import Settings, SettingsError

PROJECT = Path(__file__).parent.parent
KEY = base64.urlsafe_b64encode(b"a" * 32).decode()
OLDER_KEY = base64.urlsafe_b64encode(b"b" * 32).decode()


def with_file(directory: Path, text: str, **environ: str) -> Settings:
    (directory / "sendwell.toml").write_text(text, encoding="utf-8")
    return settings.load(environ, directory)


def complaint(directory: Path, text: str | None = None, **environ: str) -> str:
    if text is not None:
        (directory / "sendwell.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as raised:
        settings.load(environ, directory)
    said = str(raised.value)
    assert "\n" not in said
    return said


def test_nothing_given_leaves_the_defaults(tmp_path: Path) -> None:
    found = settings.load({}, tmp_path)
    assert found == Settings(directory=tmp_path, database=f"sqlite:///{tmp_path}/var/sendwell.db")
    assert (found.include, found.sending_addresses, found.domain) == (None, (), None)
    assert (found.envelope, found.dkim, found.fallback) == ("tenant", "none", "none")
    assert (found.host, found.port, found.var) == ("127.0.0.1", 8501, tmp_path / "var")


def test_every_setting_comes_from_the_environment(tmp_path: Path) -> None:
    environ = {
        "SENDWELL_DATABASE": "postgresql://sendwell:hush@db/sendwell",
        "SENDWELL_NAMESERVERS": "192.0.2.53, 192.0.2.54:5353,2001:db8::53,[2001:db8::54]:5353,"
        "tls://dns.example@192.0.2.55, tls://dns.example@[2001:db8::55]:8853",
        "SENDWELL_QUERIES_PER_SECOND": "2000",
        "SENDWELL_INCLUDE": "spf.example.com",
        "SENDWELL_SENDING_ADDRESSES": "192.0.2.1, 2001:db8::1",
        "SENDWELL_DOMAIN": "example.com",
        "SENDWELL_ENVELOPE": "bounce.{domain}",
        "SENDWELL_DKIM": "Tenant",
        "SENDWELL_FALLBACK": "platform",
        "SENDWELL_SECRET_KEYS": f"{KEY},{OLDER_KEY}",
        "SENDWELL_SMTP_ALLOW": "127.0.0.0/8, ::1",
        "SENDWELL_SMTP_CA_FILE": "/etc/ssl/ours.pem",
        "SENDWELL_PUBLIC_RESOLVERS": "Google=8.8.8.8, Google = [2001:4860:4860::8888]:53,Ours=192.0.2.53:5353",
        "SENDWELL_HOST": "0.0.0.0",
        "SENDWELL_PORT": "8600",
    }
    assert settings.load(environ, tmp_path) == Settings(
        directory=tmp_path,
        database="postgresql://sendwell:hush@db/sendwell",
        nameservers=(
            *("192.0.2.53", "192.0.2.54:5353", "2001:db8::53", "[2001:db8::54]:5353"),
            *("tls://dns.example@192.0.2.55", "tls://dns.example@[2001:db8::55]:8853"),
        ),
        queries_per_second=2000,
        include="spf.example.com",
        sending_addresses=(ip_address("192.0.2.1"), ip_address("2001:db8::1")),
        domain="example.com",
        envelope="bounce.{domain}",
        dkim="tenant",
        fallback="platform",
        secret_keys=(KEY, OLDER_KEY),
        smtp_allow=(ip_network("127.0.0.0/8"), ip_network("::1/128")),
        smtp_ca_file=Path("/etc/ssl/ours.pem"),
        public_resolvers=("Google=8.8.8.8", "Google=[2001:4860:4860::8888]:53", "Ours=192.0.2.53:5353"),
        host="0.0.0.0",
        port=8600,
    )


@pytest.mark.parametrize("key", ["include", "INCLUDE", "SENDWELL_INCLUDE", "sendwell_include"])
def test_a_key_in_the_file_is_the_name_with_or_without_prefix_in_any_case(tmp_path: Path, key: str) -> None:
    assert with_file(tmp_path, f'{key} = "spf.example.com"').include == "spf.example.com"


@pytest.mark.parametrize(
    "value", ['["192.0.2.1", "192.0.2.2"]', '"192.0.2.1, 192.0.2.2"', '" 192.0.2.1,192.0.2.2,"']
)
def test_a_list_in_the_file_is_an_array_or_a_text_with_commas(tmp_path: Path, value: str) -> None:
    found = with_file(tmp_path, f"sending_addresses = {value}")
    assert found.sending_addresses == (ip_address("192.0.2.1"), ip_address("192.0.2.2"))


def test_a_number_in_the_file_may_stand_without_quotes(tmp_path: Path) -> None:
    assert with_file(tmp_path, "port = 8600").port == 8600


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    found = with_file(tmp_path, 'domain = "file.example"\ndkim = "platform"', SENDWELL_DOMAIN="env.example")
    assert (found.domain, found.dkim) == ("env.example", "platform")


def test_an_empty_value_counts_as_not_given(tmp_path: Path) -> None:
    found = with_file(tmp_path, 'domain = "file.example"\ninclude = ""', SENDWELL_DOMAIN=" ")
    assert (found.domain, found.include) == ("file.example", None)


def test_public_resolvers_are_the_well_known_ones_unless_others_or_none_are_named(tmp_path: Path) -> None:
    assert settings.load({}, tmp_path).public_resolvers == settings.PUBLIC_RESOLVERS
    assert settings.load({"SENDWELL_PUBLIC_RESOLVERS": "none"}, tmp_path).public_resolvers == ()


def test_a_byte_order_mark_in_the_file_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "sendwell.toml").write_bytes(b'\xef\xbb\xbfdkim = "tenant"\r\n')
    assert settings.load({}, tmp_path).dkim == "tenant"


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("sqlite:///other.db", "sqlite:///{0}/other.db"),
        ("sqlite+pysqlite:///var/a b.db?timeout=5", "sqlite+pysqlite:///{0}/var/a b.db?timeout=5"),
        ("sqlite:////srv/sendwell.db", "sqlite:////srv/sendwell.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("sqlite://", "sqlite://"),
        ("postgresql+psycopg://db/name", "postgresql+psycopg://db/name"),
    ],
)
def test_a_relative_sqlite_file_lies_in_the_project(tmp_path: Path, url: str, meant: str) -> None:
    assert settings.load({"SENDWELL_DATABASE": url}, tmp_path).database == meant.format(tmp_path)


def test_a_relative_file_of_authorities_lies_in_the_project(tmp_path: Path) -> None:
    found = with_file(tmp_path, 'smtp_ca_file = "var/authorities.pem"')
    assert found.smtp_ca_file == tmp_path / "var/authorities.pem"


def test_a_relative_directory_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert settings.load({}, Path()).database == f"sqlite:///{tmp_path}/var/sendwell.db"


@pytest.mark.parametrize("domain", ["bücher.example", "_spf.example.com.", "EXAMPLE.com", "例え.テスト"])
def test_a_domain_may_have_every_form_that_people_write(tmp_path: Path, domain: str) -> None:
    assert settings.load({"SENDWELL_DOMAIN": domain}, tmp_path).domain == domain


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "85o1", "'85o1' is not a port: write a whole number from 1 to 65535"),
        ("PORT", "0", "is not a port"),
        ("PORT", "٨", "is not a port"),
        (
            "INCLUDE",
            "include:spf.example.com",
            "is not a domain name: write the domain alone, such as example.com",
        ),
        ("INCLUDE", "example", "is not a domain name"),
        ("INCLUDE", "a b.example", "is not a domain name"),
        ("DOMAIN", "192.0.2.1", "is an IP address: write the domain alone"),
        ("SENDING_ADDRESSES", "192.0.2.1,192.0.2.999", "'192.0.2.999' is not an IP address"),
        ("SENDING_ADDRESSES", "192.0.2.0/24", "list single addresses, not networks"),
        ("NAMESERVERS", "ns1.example.com", "is not a name server's IP address"),
        ("NAMESERVERS", "192.0.2.1:99999", "is not a port"),
        ("NAMESERVERS", "tls://192.0.2.1", "does not name the server as its certificate does"),
        ("NAMESERVERS", "tls://dns.example@ns", "is not a name server's IP address"),
        ("QUERIES_PER_SECOND", "many", "is not a number of queries"),
        ("QUERIES_PER_SECOND", "-1", "is not a number of queries"),
        ("NAMESERVERS", "[2001:db8::1", "is not a name server's IP address"),
        ("ENVELOPE", "bounce.example.com", "write tenant, platform, or a pattern such as bounce.{domain}"),
        ("ENVELOPE", "{domain}.{domain}", "is no envelope"),
        ("ENVELOPE", "bounce.{company}", "is no envelope"),
        ("DKIM", "yes", "'yes' is not one of the choices: write none, platform or tenant"),
        ("FALLBACK", "tenant", "write none or platform"),
        ("SMTP_ALLOW", "127.0.0.1/8", "has bits set behind its prefix: write it as"),
        ("SMTP_ALLOW", "localhost", "is not an IP network"),
        ("SMTP_CA_FILE", "a\0b.pem", "is not the path of a file: write it as"),
        ("PUBLIC_RESOLVERS", "8.8.8.8", "is not a public resolver: write a name and its address"),
        ("PUBLIC_RESOLVERS", "Google=dns.google", "is not a name server's IP address"),
        ("DATABASE", "var/sendwell.db", "is not a database URL: write sqlite:///file.db"),
        ("DATABASE", "postgres://db/name", "write postgresql://"),
        ("DATABASE", "sqlite:///a\0b.db", "is not a database URL"),
        ("HOST", "my host", "is not an address to listen at"),
    ],
)
def test_a_bad_value_is_told_with_its_name_place_and_mend(
    tmp_path: Path, name: str, value: str, said: str
) -> None:
    message = complaint(tmp_path, **{f"SENDWELL_{name}": value})
    assert message.startswith(f"SENDWELL_{name} (environment): ")
    assert said in message


def test_a_bad_value_in_the_file_names_the_file(tmp_path: Path) -> None:
    assert complaint(tmp_path, 'dkim = "on"').startswith("SENDWELL_DKIM (sendwell.toml): 'on' is not")


def test_a_hostile_value_is_shown_in_one_short_line(tmp_path: Path) -> None:
    assert len(complaint(tmp_path, SENDWELL_INCLUDE="a\n\x1b[2J" + "b" * 9000)) < 300


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'dkim = "none"\ninclude = spf.example.com',
            "sendwell.toml is not valid TOML: Invalid value (at line 2",
        ),
        ('inclde = "spf.example.com"', "there is no setting 'inclde': did you mean include?"),
        ('colour = "red"', "there is no setting 'colour': sendwell.example.toml lists the settings"),
        ('[sendwell]\ninclude = "spf.example.com"', "there is no setting 'sendwell'"),
        (
            'include = "a.example"\nSENDWELL_INCLUDE = "b.example"',
            "SENDWELL_INCLUDE (sendwell.toml): is given twice",
        ),
        ("include = true", "the value is neither text nor a number"),
        ("sending_addresses = [[1]]", "the value is neither text nor a number"),
        ('include = ["a.example", "b.example"]', "a list is given: give one value"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, text: str, said: str) -> None:
    assert said in complaint(tmp_path, text)


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / "sendwell.toml").write_bytes('domain = "bücher.example"'.encode("cp1252"))
    assert complaint(tmp_path) == "sendwell.toml is not UTF-8 text: save it as UTF-8"


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "sendwell.toml").mkdir()
    assert complaint(tmp_path).startswith("sendwell.toml cannot be read (Is a directory)")


def test_secrets_show_neither_in_repr_nor_in_a_complaint(tmp_path: Path) -> None:
    environ = {"SENDWELL_SECRET_KEYS": KEY, "SENDWELL_DATABASE": "postgresql://sendwell:hush@db/sendwell"}
    shown = repr(settings.load(environ, tmp_path))
    assert KEY not in shown
    assert "hush" not in shown
    assert "hush" not in complaint(tmp_path, SENDWELL_SECRET_KEYS=f"{KEY},hush")
    assert "hush" not in complaint(tmp_path, SENDWELL_DATABASE="postgres://sendwell:hush@db/sendwell")


def test_the_example_names_every_setting_and_can_be_used_as_it_stands(tmp_path: Path) -> None:
    lines = (PROJECT / "sendwell.example.toml").read_text(encoding="utf-8").splitlines()
    shown = [line.removeprefix("# ") for line in lines if " = " in line]
    assert [line.split(" = ")[0].upper() for line in shown] != []
    assert {line.split(" = ")[0].upper() for line in shown} == set(settings._NAMES)
    with_file(tmp_path, "\n".join(shown))
    with_file(tmp_path, "\n".join(lines))

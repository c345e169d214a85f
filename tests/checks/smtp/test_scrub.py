"""What a server says is kept without the credentials, however it repeats them."""

from __future__ import annotations

import base64
import html
import json
import secrets
import string
import unicodedata
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.smtp import replies
from checks.smtp.credentials import MAX_OCTETS, BadCredentials, Credentials, SecretKind
from checks.smtp.result import printable
from checks.smtp.scrub import HIDDEN, Scrubber

USER = "jan.peeters@acme.example"
SECRET = "Tr0ub4dor&3-correct"


def scrubbed(text: str, secret: str = SECRET, user: str = USER) -> str:
    return Scrubber(Credentials(user, secret), replies.built_in().words)(text)


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


ECHOES = {
    "raw": SECRET,
    "base64": b64(SECRET),
    "url-safe base64": base64.urlsafe_b64encode(SECRET.encode()).decode(),
    "the message of PLAIN": b64(f"\0{USER}\0{SECRET}"),
    "the message of PLAIN with an identity": b64(f"{USER}\0{USER}\0{SECRET}"),
    "the message of XOAUTH2": b64(f"user={USER}\x01auth=Bearer {SECRET}\x01\x01"),
    "base64 inside another message": b64(f"password={SECRET};"),
    "base64 inside another message, shifted": b64(f"passwords={SECRET};"),
    "upper case": SECRET.upper(),
    "hexadecimal": SECRET.encode().hex(),
    "percent-encoded": quote(SECRET),
    "JSON": json.dumps(SECRET),
    "HTML": html.escape(SECRET),
    "quoted": f'"{SECRET}"',
    "in two lines": f"{SECRET[:9]}\n{SECRET[9:]}",
    "spread by blanks": " ".join(SECRET),
    "spread by hyphens": "-".join(SECRET),
    "the first half": SECRET[: len(SECRET) // 2],
    "the second half": SECRET[len(SECRET) // 2 :],
    "the first half of its base64": b64(SECRET)[:12],
    "inside a word": f"login={SECRET}@mail",
}


@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES.keys())
def test_an_echo_is_hidden(echo: str) -> None:
    said = scrubbed(f"535 5.7.8 Error: no login for {echo} here, sorry")
    assert HIDDEN in said
    assert said.startswith("535 5.7.8 Error: no login for ")
    assert said.endswith(" here, sorry")
    left = said.replace(HIDDEN, "").lower()
    assert not any(SECRET.lower()[at : at + 4] in left for at in range(len(SECRET) - 3))


FOREIGN = "süßwärmé9æb"
SPOILT = {
    "read as Latin-1": FOREIGN.encode().decode("latin-1"),
    "read as Windows-1252": FOREIGN.encode().decode("cp1252"),
    "sent as Latin-1": FOREIGN.encode("latin-1").decode("utf-8", "surrogateescape"),
    "with question marks": FOREIGN.encode("ascii", "replace").decode(),
    "taken apart": unicodedata.normalize("NFD", FOREIGN),
    "without accents": unicodedata.normalize("NFKD", FOREIGN).encode("ascii", "ignore").decode(),
    "HTML": FOREIGN.encode("ascii", "xmlcharrefreplace").decode(),
    "backslashes": ascii(FOREIGN),
}


@pytest.mark.parametrize("echo", SPOILT.values(), ids=SPOILT.keys())
def test_an_echo_of_a_server_that_knows_no_utf_8_is_hidden(echo: str) -> None:
    assert scrubbed(f"535 no login for {printable(echo)} here", FOREIGN) == f"535 no login for {HIDDEN} here"


def test_what_is_left_of_a_secret_without_ascii_hides_nothing_else() -> None:
    assert scrubbed("535 a b c ab bc abc", "äabßö") == "535 a b c ab bc abc"


def test_the_auth_line_is_hidden_whoevers_it_is() -> None:
    assert scrubbed("500 unknown: AUTH PLAIN AGFub3RoZXIAcGFzcw==") == f"500 unknown: AUTH PLAIN {HIDDEN}"


def test_an_offer_of_mechanisms_is_no_auth_line() -> None:
    assert scrubbed("250 AUTH PLAIN CRAM-MD5 DIGEST-MD5") == "250 AUTH PLAIN CRAM-MD5 DIGEST-MD5"


def test_words_that_servers_say_to_everybody_are_left_so_that_nothing_is_told_by_hiding_them() -> None:
    text = "535 5.7.8 Username and Password not accepted."
    assert scrubbed(text, "xPassword9accepted") == text


def test_a_whole_secret_is_hidden_even_if_servers_say_it() -> None:
    assert "accepted" not in scrubbed("535 Username and Password not accepted.", "accepted")


def test_a_secret_of_two_letters_is_hidden_where_it_stands_alone() -> None:
    assert scrubbed("535 no entry for qz at quiz", "qz") == f"535 no entry for {HIDDEN} at quiz"


def test_a_secret_without_letters_hides_nothing_else() -> None:
    assert "!!!!a" not in scrubbed("535 5.7.8 bad !!!!a", "!!!!a")
    assert scrubbed("535 a plain answer", "!!!!a") == "535 a plain answer"


def test_the_user_name_stays() -> None:
    assert scrubbed(f"535 5.7.8 {USER}: no such user") == f"535 5.7.8 {USER}: no such user"


def test_the_scrubber_shows_nothing_of_itself() -> None:
    assert repr(Scrubber(Credentials(USER, SECRET))) == "Scrubber()"


letters = st.text(string.ascii_letters + string.digits + "!#%&/=?+*-_äéß€密", min_size=6, max_size=40)


@given(secret=letters, before=st.text(max_size=30), after=st.text(max_size=30))
def test_no_whole_secret_survives(secret: str, before: str, after: str) -> None:
    for form in (secret, b64(secret), b64(f"\0{USER}\0{secret}")):
        said = scrubbed(f"{before} {form} {after}", secret)
        assert form not in said


@given(st.text(max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    assert isinstance(scrubbed(text), str)


def test_a_random_text_is_rarely_touched() -> None:
    text = "554 5.7.1 The host mx27 cannot serve you because of a rule that its owner made on Tuesday"
    touched = sum(scrubbed(text, secrets.token_urlsafe(16)) != text for _ in range(200))
    assert touched <= 10


# Credentials


@pytest.mark.parametrize("bad", ["", "a\0b", "a\rb", "a\nb", "a\udc80b", "x" * (MAX_OCTETS + 1)])
def test_what_cannot_be_sent_is_refused_at_entry_and_not_told(bad: str) -> None:
    for user, secret in ((bad, SECRET), (USER, bad)):
        with pytest.raises(BadCredentials) as refused:
            Credentials(user, secret)
        assert refused.value.__cause__ is None
        assert refused.value.__context__ is None
        assert SECRET not in str(refused.value)
        if len(bad) > 3:
            assert bad not in str(refused.value)


def test_the_secret_shows_in_no_repr() -> None:
    for kind in SecretKind:
        made = Credentials(USER, SECRET, kind)
        assert SECRET not in f"{made!r} {made}"
        assert USER in repr(made)

"""Names as the checks write them, and as the wire has them."""

import pytest

from checks.resolver.names import lower, to_labels, to_text


def test_labels_stand_between_dots_in_ascii_lower_case() -> None:
    assert to_labels("_DMARC.Example.COM") == (b"_dmarc", b"example", b"com")


@pytest.mark.parametrize(
    "name", ["", ".", "example.com.", "a..b", "a" * 64 + ".com", ".com", "a." * 126 + "ab"]
)
def test_what_no_query_can_carry_has_no_labels(name: str) -> None:
    assert to_labels(name) is None


def test_the_limits_count_octets_and_not_letters() -> None:
    assert to_labels("é" * 31 + ".com") is not None
    assert to_labels("é" * 32 + ".com") is None
    assert to_labels(".".join(["é" * 30] * 5)) is None  # 154 letters, 306 octets


def test_the_longest_name_has_labels() -> None:
    name = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61])
    assert len(name) == 253
    assert to_labels(name) is not None


def test_backslashes_and_quotes_are_themselves() -> None:
    assert to_labels(r'a\046b."q".com') == (rb"a\046b", b'"q"', b"com")


def test_surrogate_escapes_become_the_octets_they_stand_for() -> None:
    local_part = b"\xff\xfe".decode("utf-8", "surrogateescape")
    assert to_labels(f"{local_part}.com") == (b"\xff\xfe", b"com")
    assert to_labels("\ud800.com") is None


def test_only_ascii_letters_are_folded() -> None:
    assert lower("ÀKelvin\u212a") == "Àkelvin\u212a"


def test_a_name_from_an_answer_is_plain_text() -> None:
    assert to_text((b"_spf", b"example", b"com")) == "_spf.example.com"
    assert to_text(()) == ""


def test_names_that_differ_never_look_the_same() -> None:
    names = [(b"a.b",), (b"a", b"b"), (rb"a\046b",), (rb"a\.b",), (b"a\0b",), ("é".encode(),), (b"a b",)]
    texts = [to_text(name) for name in names]
    assert texts[:3] == [r"a\046b", "a.b", r"a\092046b"]
    assert len(set(texts)) == len(names)
    assert all(text.isascii() and text.isprintable() and " " not in text for text in texts)

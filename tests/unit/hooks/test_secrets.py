from __future__ import annotations

from base64 import b64decode, b64encode

import pytest

from flowforge_provider.hooks.secrets import SecretValues


def test_secrets_are_hidden_wherever_they_stand() -> None:
    secrets = SecretValues()
    secrets.add("s3cret/key", "abcdef", "abcdefgh")
    value = {
        "text": "Bearer s3cret/key!",
        "url": "https://a/?key=s3cret%2Fkey",
        "s3cret/key": [1, None, True, {"n": "abcdefgh abcdef"}],
        "kept": "nothing here",
    }
    assert secrets.hide(value) == {
        "text": "Bearer ***!",
        "url": "https://a/?key=***",
        "***": [1, None, True, {"n": "*** ***"}],
        "kept": "nothing here",
    }
    assert value["url"] == "https://a/?key=s3cret%2Fkey"


def test_basic_credentials_are_hidden_as_they_are_sent() -> None:
    secrets = SecretValues()
    secrets.add_basic("ann", "pässword")
    sent = b64encode("ann:pässword".encode()).decode()
    sent_old = b64encode("ann:pässword".encode("latin-1")).decode()
    assert secrets.hide([f"Basic {sent}", f"Basic {sent_old}", "ann"]) == ["Basic ***", "Basic ***", "ann"]


def test_the_content_of_a_file_stays_whole() -> None:
    secrets = SecretValues()
    secrets.add("AAAAA")
    file = {"filename": "AAAAA.bin", "content_type": "x/y", "size": 6, "base64": "AAAAAAAA"}
    assert secrets.hide({"body": [file]}) == {"body": [{**file, "filename": "***.bin"}]}


@pytest.mark.parametrize("before", ["", "a", "ab"])
def test_a_secret_inside_a_file_is_hidden_whatever_its_place_in_base64(before: str) -> None:
    secrets = SecretValues()
    secrets.add("s3cret-pässword")
    content = f"{before}: s3cret-pässword.".encode() + b"\xff\x00"
    file = {"filename": "echo.bin", "size": len(content), "base64": b64encode(content).decode()}
    hidden = secrets.hide({"body": file})["body"]
    clean = f"{before}: ***.".encode() + b"\xff\x00"
    assert b64decode(hidden["base64"]) == clean
    assert hidden["size"] == len(clean)
    assert secrets.hide({"base64": "no base64: s3cret-pässword"}) == {"base64": "no base64: ***"}


def test_what_is_too_short_cannot_be_told_from_text() -> None:
    secrets = SecretValues()
    secrets.add("", None, "abcd")
    value = {"a": "abcd"}
    assert secrets.hide(value) == value


def test_airflows_masker_knows_them_too() -> None:
    from airflow.sdk._shared.secrets_masker import redact

    SecretValues().add("a-very-own-secret")
    assert redact("x a-very-own-secret y") == "x *** y"

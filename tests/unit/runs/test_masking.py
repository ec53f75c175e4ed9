from __future__ import annotations

from flowforge_provider.runs.masking import mask


def test_texts_under_sensitive_names_are_hidden_at_any_depth() -> None:
    value = {"user": "ann", "items": [{"password": "pw", "deep": {"access_token": "t", "n": 1}}]}
    assert mask(value) == {
        "user": "ann",
        "items": [{"password": "***", "deep": {"access_token": "***", "n": 1}}],
    }


def test_headers_and_cookies_are_hidden() -> None:
    value = {"set-cookie": "session=1", "X-Api-Key": "k", "content-type": "text/plain"}
    assert mask(value) == {"set-cookie": "***", "X-Api-Key": "***", "content-type": "text/plain"}


def test_numbers_and_empty_texts_stay() -> None:
    value = {"token_count": 12, "password": "", "secret": None, "passphrase": True}
    assert mask(value) == value


def test_the_original_is_left_alone() -> None:
    value = {"password": "pw"}
    mask(value)
    assert value == {"password": "pw"}

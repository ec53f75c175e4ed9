"""Secrets in records."""

from __future__ import annotations

from airflow.sdk.log import mask_secret

from flowforge_provider.operators.masking import mask


def test_names_that_sound_secret_hide_their_values() -> None:
    assert mask(
        {"headers": [{"name": "Authorization", "value": "Bearer x"}, {"name": "Accept", "value": "y"}]}
    ) == {"headers": [{"name": "Authorization", "value": "***"}, {"name": "Accept", "value": "y"}]}
    assert mask({"body": {"password": "x", "user": "y"}}) == {"body": {"password": "***", "user": "y"}}
    assert mask([{"name": "X-Api-Key", "value": ["a"]}]) == [{"name": "X-Api-Key", "value": "***"}]


def test_headers_and_cookies_hide_their_values() -> None:
    headers = {"set-cookie": "session=1", "x-api-key": "k", "content-type": "text/plain"}
    assert mask({"headers": headers}) == {
        "headers": {"set-cookie": "***", "x-api-key": "***", "content-type": "text/plain"}
    }
    assert mask([{"name": "Cookie", "value": "session=1"}]) == [{"name": "Cookie", "value": "***"}]


def test_what_nobody_has_set_is_no_secret() -> None:
    value = {"proxy": "", "password": None, "rows": [{"token": ""}, {"token": "t"}]}
    assert mask(value) == {"proxy": "", "password": None, "rows": [{"token": ""}, {"token": "***"}]}


def test_values_that_airflow_knows_are_hidden_however_deep() -> None:
    mask_secret("correct horse battery staple")
    value: object = "say correct horse battery staple"
    for _ in range(20):
        value = {"in": [value]}
    assert "correct horse" not in repr(mask(value))


def test_the_original_is_left_alone() -> None:
    value = {"password": "x"}
    mask(value)
    assert value == {"password": "x"}

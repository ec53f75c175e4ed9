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

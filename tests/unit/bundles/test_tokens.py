"""Tokens for pinned files: what opens what, and for how long."""

from __future__ import annotations

import time

import jwt
import pytest

from flowforge_provider.bundles.tokens import (
    ALL_WORKFLOWS,
    BundleTokenError,
    sign_file_token,
    sign_token,
    signing_key,
    verify_file_token,
    verify_token,
)


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "a-secret-of-the-tests-that-is-long-enough")
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__BUNDLE_TOKEN_LIFETIME_S", "60")


def test_opens_the_file_it_names() -> None:
    verify_token(sign_token(workflow_id="orders", version="7"), workflow_id="orders", version="7")


@pytest.mark.parametrize(("workflow_id", "version"), [("sales", "7"), ("orders", "8"), (ALL_WORKFLOWS, "7")])
def test_opens_nothing_else(workflow_id: str, version: str) -> None:
    token = sign_token(workflow_id="orders", version="7")

    with pytest.raises(BundleTokenError, match="another file"):
        verify_token(token, workflow_id=workflow_id, version=version)


def test_the_list_opens_no_file() -> None:
    token = sign_token(workflow_id=ALL_WORKFLOWS, version="7")

    with pytest.raises(BundleTokenError):
        verify_token(token, workflow_id="orders", version="7")


@pytest.mark.parametrize("late_s", [-200, 200])
def test_lives_for_seconds(monkeypatch: pytest.MonkeyPatch, late_s: int) -> None:
    now = time.time()
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: now - late_s)
        token = sign_token(workflow_id="orders", version="7")

    with pytest.raises(BundleTokenError, match="clocks") as caught:
        verify_token(token, workflow_id="orders", version="7")

    assert caught.value.error_code == "bundle-token-expired"


@pytest.mark.parametrize("late_s", [-30, 30])
def test_small_differences_of_clocks_do_not_matter(monkeypatch: pytest.MonkeyPatch, late_s: int) -> None:
    now = time.time()
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: now - late_s)
        token = sign_token(workflow_id="orders", version="7")

    verify_token(token, workflow_id="orders", version="7")


def test_another_secret_is_named_as_the_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    token = sign_token(workflow_id="orders", version="7")
    monkeypatch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "another-secret-that-is-just-as-long-as-it")

    with pytest.raises(BundleTokenError, match="same value on workers") as caught:
        verify_token(token, workflow_id="orders", version="7")

    assert caught.value.error_code == "bundle-token-signature"


def test_its_own_secret_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signing_key()
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__BUNDLE_SECRET", "for bundles alone")

    assert signing_key() != before


def test_the_key_opens_nothing_else_in_airflow() -> None:
    """The key is derived, so a leaked one does not sign Airflow's own tokens."""
    assert signing_key() != b"a-secret-of-the-tests-that-is-long-enough"


@pytest.mark.parametrize("claims", [{}, {"sub": "orders", "version": "7"}])
def test_refuses_tokens_that_lack_claims(claims: dict[str, str]) -> None:
    token = jwt.encode(claims, signing_key(), algorithm="HS256")

    with pytest.raises(BundleTokenError):
        verify_token(token, workflow_id="orders", version="7")


def test_refuses_an_unsigned_token() -> None:
    claims = jwt.decode(sign_token(workflow_id="orders", version="7"), options={"verify_signature": False})
    token = jwt.encode(claims, "", algorithm="none")

    with pytest.raises(BundleTokenError):
        verify_token(token, workflow_id="orders", version="7")


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é"])
def test_refuses_what_is_no_token(token: str) -> None:
    with pytest.raises(BundleTokenError):
        verify_token(token, workflow_id="orders", version="7")


def test_refuses_airflows_own_tokens() -> None:
    token = jwt.encode({"aud": "apache-airflow", "sub": "1"}, "a-secret-of-the-tests-that-is-long-enough")

    with pytest.raises(BundleTokenError):
        verify_token(token, workflow_id="orders", version="7")


def test_a_file_that_came_in_has_tokens_of_its_own() -> None:
    verify_file_token(sign_file_token("a" * 32), file_id="a" * 32)
    with pytest.raises(BundleTokenError):
        verify_file_token(sign_file_token("a" * 32), file_id="b" * 32)
    with pytest.raises(BundleTokenError):
        verify_file_token(sign_token(workflow_id="a" * 32, version="7"), file_id="a" * 32)
    with pytest.raises(BundleTokenError):
        verify_token(sign_file_token("orders"), workflow_id="orders", version="7")

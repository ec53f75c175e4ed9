from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from flowforge_provider.runs.explanation import FailureCategory, categorize, explain
from flowforge_provider.runs.explanation_texts import ADVICE, ADVICE_OF_CODE, TITLES, TRIED


def test_each_category_has_a_title_and_advice_in_both_languages() -> None:
    wanted = {*get_args(FailureCategory), "run"}
    assert set(TITLES) == wanted
    assert set(ADVICE) == wanted
    for texts in (TITLES, ADVICE, ADVICE_OF_CODE, TRIED):
        for english, russian in texts.values():
            assert english.isascii()
            assert not russian.isascii()


def test_advice_is_for_codes_that_there_are() -> None:
    documented = Path("docs/errors.md").read_text(encoding="utf-8")
    for code in ADVICE_OF_CODE:
        assert f"### `{code}`" in documented


@pytest.mark.parametrize(
    ("error", "category"),
    [
        ({"code": "http-connection"}, "connection"),
        ({"code": "http-timeout"}, "timeout"),
        ({"code": "step-timeout"}, "timeout"),
        ({"code": "telegram-rate-limit"}, "rate_limit"),
        ({"code": "http-status", "detail": {"status": 401}}, "sign_in"),
        ({"code": "http-status", "detail": {"status": 404}}, "not_found"),
        ({"code": "http-status", "detail": {"status": 422}}, "refused"),
        ({"code": "http-status", "detail": {"status": 429}}, "rate_limit"),
        ({"code": "http-status", "detail": {"status": 502}}, "service"),
        ({"code": "smtp-tls"}, "certificate"),
        ({"code": "postgres-constraint"}, "data"),
        ({"code": "postgres-conflict"}, "database"),
        ({"code": "expression-value"}, "expression"),
        ({"code": "output-too-large"}, "size"),
        ({"code": "workflow-failed"}, "child"),
        ({"code": "missing-connection"}, "settings"),
        ({"code": "step-error"}, "unexpected"),
        ({"code": "merge-input"}, "data"),
        ({}, "worker"),
    ],
)
def test_categories(error: dict[str, Any], category: str) -> None:
    assert categorize(error) == category


def test_an_explanation_names_the_step_and_how_often_it_was_tried() -> None:
    error = {"code": "http-connection", "message": "No route to shop.example.com."}
    told = explain(error, step="Get the product", tries=3, max_tries=3)
    assert told.title == '"Get the product" could not reach the service'
    assert told.message == "No route to shop.example.com."
    assert told.tried == "All 3 tries have failed."
    russian = explain(error, step="Товар", tries=1, max_tries=3, language="ru")
    assert russian.title == "Шаг «Товар» не смог соединиться с сервисом"
    assert russian.tried.startswith("Попыток: 1 из 3.")


def test_a_run_can_fail_without_a_step() -> None:
    told = explain(None, step=None)
    assert (told.code, told.title, told.tried) == ("run-failed", "The run failed, although no step did", "")


def test_names_with_braces_are_no_formats() -> None:
    assert explain({"code": "step-error"}, step="{0} {x}").title == '"{0} {x}" met an unforeseen error'

"""What steps report is told in Russian to those who read Russian."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.exceptions import AirflowTaskTimeout

from flowforge_provider.exceptions import ERROR_KINDS, StepError
from flowforge_provider.hooks.http_errors import explain_status
from flowforge_provider.operators.failure import describe
from flowforge_provider.operators.retry import StepRetryPolicy
from flowforge_provider.retry_reasons import in_russian
from flowforge_provider.runs.report_texts import RUSSIAN, RUSSIAN_ALONE, RUSSIAN_OF_DETAIL
from flowforge_provider.runs.reports import tell_error, tell_message, tell_retry_reason

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
TOLD = {*RUSSIAN, *RUSSIAN_ALONE}
# Under "Steps" in docs/errors.md, and no step's: what mailboxes, alerts and live views report.
_NO_STEPS = re.compile(r"mailbox-|email-(unreadable|too-large)$|alerts-failing$|too-many-viewers$")


def _codes_in_source() -> Iterator[tuple[str, str]]:
    """Each code that is given to a StepError where steps do their work, and where."""
    for folder in ("hooks", "operators", "transforms", "triggers"):
        for path in (ROOT / "flowforge_provider" / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "StepError":
                    for keyword in node.keywords:
                        if keyword.arg == "code" and isinstance(keyword.value, ast.Constant):
                            yield str(keyword.value.value), path.name


def test_every_code_of_a_step_has_a_russian_text() -> None:
    documented = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    steps = documented.split("\n## Steps\n")[1].split("\n## ")[0]
    named = {
        code for code in re.findall(r"^### `([a-z-]+)`", steps, re.MULTILINE) if not _NO_STEPS.match(code)
    }
    raised = set(_codes_in_source())
    assert len(named) > 80
    assert len(raised) > 50
    assert named - TOLD == set()
    assert {(code, path) for code, path in raised if code not in TOLD} == set()


def test_texts_are_russian_and_each_code_has_one() -> None:
    assert set(RUSSIAN) & set(RUSSIAN_ALONE) == set()
    assert set(RUSSIAN_OF_DETAIL) <= TOLD
    for text in (*RUSSIAN.values(), *RUSSIAN_ALONE.values(), *RUSSIAN_OF_DETAIL.values()):
        assert re.search("[а-яё]", text)
        assert text.endswith(".")


def test_facts_stay_in_the_steps_own_words() -> None:
    error = {"code": "http-timeout", "message": "shop.example.com sent nothing within 10 s."}
    assert tell_message(error, language="en") == error["message"]
    told = tell_message(error, language="ru")
    assert told.startswith("Сервис не уложился")
    assert told.endswith("(shop.example.com sent nothing within 10 s.)")
    assert tell_message({"code": "step-stopped", "message": "The statement was stopped."}, language="ru") == (
        "Шаг остановили."
    )
    assert tell_message({"code": "of-a-plugin", "message": "Its own."}, language="ru") == "Its own."


def test_what_a_service_answered_is_a_sentence_of_its_own() -> None:
    failed = explain_status("GET", 503, url="https://shop.example.com/7", headers={})
    record = describe(failed, try_number=1)
    assert tell_message(record, language="ru").startswith(
        "https://shop.example.com/7 ответил со статусом 503."
    )
    # One that was cut has not all of it.
    told = tell_message({**record, "detail": {"status": 503}}, language="ru")
    assert told.startswith("Сервис ответил статусом")
    assert "answered with status 503" in told


def test_an_error_keeps_all_else() -> None:
    record: dict[str, Any] = {"code": "step-died", "message": "It died.", "detail": None, "try_number": 2}
    told = tell_error(record, language="ru")
    assert {**told, "message": ""} == {**record, "message": ""}
    assert record["message"] == "It died."
    assert tell_error(None, language="ru") is None
    assert tell_error("text", language="ru") == "text"


@pytest.mark.parametrize(
    ("error", "rules", "told"),
    [
        (StepError("No.", retryable=False), {}, "Ещё одна попытка закончилась бы так же."),
        (StepError("No.", code="http-tls"), {"never_on": ["http-tls"]}, "Настройки узла запрещают повтор"),
        (
            StepError("No.", code="http-tls"),
            {"retry_on": ["5xx"]},
            "Настройки узла не предусматривают повтора",
        ),
        (StepError("No.", kind="rate_limit", retry_after_s=1.5), {}, "Сервис попросил подождать 1.5 с"),
        (AirflowTaskTimeout("Too long."), {}, "Ещё одна попытка может помочь (step-timeout, время вышло)."),
        (ValueError("No."), {}, "Ещё одна попытка может помочь (непредвиденная ошибка)."),
    ],
)
def test_every_reason_of_the_retry_policy_is_known_again(
    error: Exception, rules: dict[str, Any], told: str
) -> None:
    reason = StepRetryPolicy(**rules).evaluate(error, 1, 3).reason
    assert reason is not None
    assert reason.isascii()
    assert tell_retry_reason(reason, language="en") == reason
    assert in_russian(reason).startswith(told)


def test_each_kind_of_error_has_a_russian_name() -> None:
    for kind in ERROR_KINDS:
        assert kind not in in_russian(f"Another try may help ({kind}).")


def test_reasons_of_others_stay_as_they_are() -> None:
    assert tell_retry_reason("Said by a policy of somebody else.", language="ru") == (
        "Said by a policy of somebody else."
    )
    assert tell_retry_reason(None, language="ru") is None

"""What messages say, in both languages."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.alerts.facts import public_text
from flowforge_provider.alerts.messages import Group, write_message, write_test
from flowforge_provider.alerts.texts import TEXTS, duration, plural, text
from tests.support.alerts import now

if TYPE_CHECKING:
    from flowforge_provider.alerts.kinds import Language

PLACE = re.compile(r"\{\w+\}")
KINDS = ("failure", "recovery", "retry", "long_run", "no_run", "dead_letters", "channel")


def make_group(kind: str = "failure", count: int = 1, **facts: Any) -> Group:
    known: dict[str, Any] = {
        "workflow_name": "Orders",
        "step": "Charge",
        "code": "http-status",
        "status": 503,
        "channel": "Ops",
    }
    return Group(
        kind=kind,
        workflow_id=None if kind == "channel" else "orders",
        run_id="manual__1" if kind in {"failure", "retry", "long_run", "recovery"} else None,
        count=count,
        facts={**known, "limit_s": 3600, "failures": 5, **facts},
        first_at=now() - timedelta(minutes=10),
        last_at=now(),
    )


def test_both_languages_say_the_same_things() -> None:
    assert TEXTS["en"].keys() == TEXTS["ru"].keys()
    for key, english in TEXTS["en"].items():
        assert sorted(PLACE.findall(english)) == sorted(PLACE.findall(TEXTS["ru"][key])), key


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("count", [1, 12])
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_a_title_without_gaps(kind: str, count: int, language: Language) -> None:
    message = write_message(
        "id", [make_group(kind, count)], language=language, base_url="https://airflow.example"
    )
    assert message["title"]
    assert not PLACE.search(message["title"] + message["text"])
    assert message["links"]
    assert message["count"] == count
    assert all(
        link["url"].startswith("https://airflow.example/plugin/flowforge/") for link in message["links"]
    )
    if language == "ru":
        assert re.search("[а-я]", message["title"])


def test_twelve_failures_of_one_cause() -> None:
    message = write_message("id", [make_group(count=12)], language="en", base_url="")
    assert message["title"] == "Orders: 12 failures of the same cause in 10 min"
    assert message["links"] == []
    assert write_message("id", [make_group(count=12)], language="ru", base_url="")["title"] == (
        "Orders: 12 ошибок по одной причине за 10 мин"
    )


def test_what_a_step_said_is_told_in_the_channels_language() -> None:
    group = make_group(code="http-timeout", message="No answer within 30 s.")
    assert "No answer within 30 s." in write_message("id", [group], language="en", base_url="")["text"]
    assert re.search(
        r"[а-я]\.? \(No answer within 30 s\.\)",
        write_message("id", [group], language="ru", base_url="")["text"],
    )


def test_what_others_have_written_fills_in_no_places() -> None:
    group = make_group(workflow_name="{count} {step}", step="{workflow}")
    assert write_message("id", [group], language="en", base_url="")["title"] == (
        '{count} {step}: step "{workflow}" failed'
    )
    assert text("label.step", "en") == "Step"


def test_long_names_and_reports_are_cut() -> None:
    group = make_group(workflow_name="x" * 500, message="y" * 5000)
    message = write_message("id", [group], language="en", base_url="")
    assert len(message["title"]) < 200
    assert len(message["text"]) < 1500


@pytest.mark.parametrize(
    ("seconds", "english", "russian"),
    [
        (0, "1 s", "1 с"),
        (59, "59 s", "59 с"),
        (600, "10 min", "10 мин"),
        (5400, "1 h 30 min", "1 ч 30 мин"),
        (90_061, "1 d 1 h", "1 д 1 ч"),
        (86_460, "1 d", "1 д"),
    ],
)
def test_lengths_of_time(seconds: int, english: str, russian: str) -> None:
    assert (duration(seconds, "en"), duration(seconds, "ru")) == (english, russian)


@pytest.mark.parametrize(
    ("count", "word"),
    [(1, "ошибка"), (2, "ошибки"), (5, "ошибок"), (11, "ошибок"), (21, "ошибка"), (112, "ошибок")],
)
def test_russian_counts(count: int, word: str) -> None:
    assert plural(count, "ru") == word


def test_addresses_lose_what_may_be_secret() -> None:
    told = public_text(
        "GET https://ann:secret@pay.example/v1/a?token=abc&x=1 answered; see 'https://b.example?q=2'."
    )
    assert told == "GET https://***@pay.example/v1/a?… answered; see 'https://b.example?…'."


def test_a_test_message_names_who_tries() -> None:
    message = write_test("id", user="Ann", language="en", base_url="https://airflow.example")
    assert "Ann" in message["text"]
    assert message["kind"] == "test"

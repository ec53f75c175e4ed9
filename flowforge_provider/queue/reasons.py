"""Why something waits: stable codes, and texts in English and Russian."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = ["ALL_REASONS", "Reason", "Why"]

Why = Literal[
    "paused",
    "paused-workflow",
    "paused-in-airflow",
    "held",
    "offline",
    "not-before",
    "rate-limit",
    "concurrency-limit",
    "concurrency-key",
    "batch",
    "debounce",
    "delivery-failing",
    "dispatcher-backlog",
    "pool-full",
    "pool-missing",
    "step-limit",
    "no-slot",
    "no-worker",
    "retry-delay",
    "approval",
    "deferred",
    "scheduler-down",
    "triggerer-down",
    "next-turn",
]

ALL_REASONS: tuple[str, ...] = get_args(Why)

# Code -> (English, Russian); names in braces are facts of the reason.
_TEXTS: Mapping[str, tuple[str, str]] = {
    "paused": ("All workflows are paused by {who}{why}.", "Все процессы приостановлены: {who}{why}."),
    "paused-workflow": (
        "The workflow is paused by {who}{why}.",
        "Процесс приостановлен: {who}{why}.",
    ),
    "paused-in-airflow": ("The workflow is paused in Airflow.", "Процесс приостановлен в Airflow."),
    "held": (
        "It is held while another execution of the workflow is let through.",
        "Ждёт, пока пропускают другое выполнение этого процесса.",
    ),
    "offline": ("The workflow was taken offline.", "Процесс снят с публикации."),
    "not-before": ("It is not to begin before {until}.", "Начнётся не раньше {until}."),
    "rate-limit": (
        "The rate limit of its trigger lets it begin at {until}.",
        "По ограничению частоты в триггере начнётся в {until}.",
    ),
    "concurrency-limit": (
        "{running} of at most {limit} executions of the workflow run already.",
        "Уже идёт выполнений процесса: {running}, а одновременно можно {limit}.",
    ),
    "concurrency-key": (
        "Others with the same key run; it waits for its turn.",
        "Идут выполнения с тем же ключом; ждёт своей очереди.",
    ),
    "batch": (
        "It is gathered with others into one execution, at {until} at the latest.",
        "Собирается с другими в одно выполнение, не позже {until}.",
    ),
    "debounce": (
        "It waits whether another delivery follows, until {until}.",
        "Ждёт, не придёт ли следующая доставка, до {until}.",
    ),
    "delivery-failing": (
        "It could not be started yet: {error} It is tried again.",
        "Пока не удалось запустить: {error} Попытка повторится.",
    ),
    "dispatcher-backlog": (
        "The dispatcher has not come to it yet.",
        "До неё ещё не дошла очередь у диспетчера.",
    ),
    "pool-full": (
        'No slot is free in pool {pool} of {slots} (step "{name}").',
        "В пуле {pool} нет свободных мест, всего {slots} (шаг «{name}»).",
    ),
    "pool-missing": (
        'There is no pool {pool}, which step "{name}" is to run in.',
        "Нет пула {pool}, в котором должен идти шаг «{name}».",
    ),
    "step-limit": (
        "As many steps of the execution run as may at once ({limit}).",
        "Идёт столько шагов выполнения, сколько можно одновременно ({limit}).",
    ),
    "no-slot": (
        'All {slots} slots of the executor are taken (step "{name}").',
        "Все места исполнителя заняты, всего {slots} (шаг «{name}»).",
    ),
    "no-worker": (
        'Step "{name}" was handed over and waits for a free worker.',
        "Шаг «{name}» передан и ждёт свободного исполнителя.",
    ),
    "retry-delay": (
        'Step "{name}" failed and is tried again at {until}.',
        "Шаг «{name}» не удался; следующая попытка в {until}.",
    ),
    "approval": ('Step "{name}" waits for an answer.', "Шаг «{name}» ждёт ответа."),
    "deferred": (
        'Step "{name}" waits outside of a worker, for time or an event.',
        "Шаг «{name}» ждёт времени или события, не занимая исполнителя.",
    ),
    "scheduler-down": (
        "Airflow's scheduler has not reported lately; nothing starts without it.",
        "Планировщик Airflow давно не отвечает; без него ничего не начнётся.",
    ),
    "triggerer-down": (
        'Airflow\'s triggerer has not reported lately; step "{name}" is not woken without it.',
        "Служба триггеров Airflow давно не отвечает; без неё шаг «{name}» не проснётся.",
    ),
    "next-turn": (
        "Airflow's scheduler takes it up shortly.",
        "Планировщик Airflow скоро его возьмёт.",
    ),
}


@dataclass(frozen=True)
class Reason:
    """
    One reason.

    :param until: when it ends by itself
    :param detail: facts: the names in the texts
    """

    code: Why
    until: datetime | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Return it in English."""
        return self._fill(0)

    @property
    def text_ru(self) -> str:
        """Return it in Russian."""
        return self._fill(1)

    def _fill(self, language: int) -> str:
        facts = {name: "" if value is None else str(value) for name, value in self.detail.items()}
        facts["until"] = f"{self.until:%Y-%m-%d %H:%M:%S} UTC" if self.until else "?"
        reason = facts.get("reason", "")
        facts["why"] = f" ({reason})" if reason else ""
        return _TEXTS[self.code][language].format_map(_Facts(facts))


class _Facts(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"

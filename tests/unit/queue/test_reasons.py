"""Every reason has a text in both languages that names its facts."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import get_args

import pytest

from flowforge_provider.queue.reasons import Reason, Why

FACTS = {
    "who": "ann",
    "reason": "Upgrade",
    "running": 3,
    "limit": 4,
    "pool": "small",
    "slots": 2,
    "step": "pay",
    "name": "Pay",
    "error": "Gone.",
    "key": "k",
}


@pytest.mark.parametrize("code", get_args(Why))
def test_a_reason_speaks_both_languages(code: Why) -> None:
    reason = Reason(code, until=datetime(2026, 1, 1, tzinfo=timezone.utc), detail=FACTS)
    assert reason.text != reason.text_ru
    assert re.search("[а-я]", reason.text_ru)
    assert not re.search("[а-я]", reason.text)
    for text in (reason.text, reason.text_ru):
        assert "{" not in text
        assert "?" not in text


def test_a_missing_fact_does_not_break_the_text() -> None:
    assert Reason("pool-full").text == 'No slot is free in pool ? of ? (step "?").'

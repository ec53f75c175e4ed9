"""Hidden values travel sealed, and are hidden wherever else they stand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flowforge_provider.exceptions import StepError
from flowforge_provider.redaction.known import KnownTexts
from flowforge_provider.redaction.redactor import Redactor
from flowforge_provider.redaction.sealing import HIDDEN, MARK, hide_sealed, open_sealed, seal_value
from flowforge_provider.runs.masking import mask

CARD = "4111 1111 1111 1111"
TRIGGER: dict[str, Any] = {
    "type": "webhook",
    "id": "hook",
    "body": {"card": CARD, "pin": 4711, "note": f"charge {CARD} please", "amount": 12, "list": [1, 2]},
    "headers": {"x-customer": "Ann Other", "accept": "*/*"},
    "query": {},
}


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__BUNDLE_SECRET", "a secret of these tests " * 2)


def redactor(*rules: str, scope: str = "orders") -> Redactor:
    return Redactor(rules, scope=scope)


def test_what_started_a_run_is_stored_sealed_and_opened_as_it_was() -> None:
    sealed = redactor("$.trigger.body.card", "$.trigger.headers", "$..pin").seal_trigger(TRIGGER)

    stored = json.dumps(sealed)
    assert CARD not in stored
    assert "4711" not in stored
    assert "Ann Other" not in stored
    assert sealed["type"] == "webhook"
    # The rest stays readable, and headers stay an object.
    assert sealed["body"]["amount"] == 12
    assert set(sealed["headers"]) == {"x-customer", "accept"}
    assert redactor().open(sealed) == TRIGGER


def test_sealing_twice_changes_nothing() -> None:
    rules = ("$..card", "$.trigger.body.list")
    once = redactor(*rules).seal_trigger(TRIGGER)

    assert redactor(*rules).seal_trigger(once)["body"]["card"] == once["body"]["card"]
    assert redactor().open(redactor(*rules).seal_trigger(once)) == TRIGGER


def test_people_see_stars() -> None:
    assert mask(redactor("$..card").seal_trigger(TRIGGER))["body"]["card"] == HIDDEN
    assert mask(redactor("$..card").seal_trigger(TRIGGER))["body"]["note"] == HIDDEN
    assert redactor("$..card").hide_trigger(TRIGGER)["body"]["note"] == f"charge {HIDDEN} please"
    sealed = seal_value("x", scope="orders")
    assert hide_sealed(f"Bearer {sealed}, and {sealed}.") == f"Bearer {HIDDEN}, and {HIDDEN}."


def test_a_value_opened_in_one_step_is_sealed_in_what_it_hands_on() -> None:
    step = redactor()
    step.open(redactor("$..card", "$..pin").seal_trigger(TRIGGER))

    output = step.seal({"echo": {"text": f"got {CARD}"}, "pin": 4711, "ok": True}, step="pay")

    assert CARD not in json.dumps(output)
    assert output["pin"].startswith(MARK)
    assert output["ok"] is True
    assert redactor().open(output) == {"echo": {"text": f"got {CARD}"}, "pin": 4711, "ok": True}
    assert step.hide({"message": f"{CARD} was refused"}, step="pay", part="error") == {
        "message": f"{HIDDEN} was refused"
    }


def test_rules_name_parts_of_steps() -> None:
    one = redactor("$.steps.pay.input.headers[?@.name == 'X-Key'].value", "$.steps.*.error.detail")
    shown = one.hide(
        {"headers": [{"name": "X-Key", "value": "k-12345"}, {"name": "Accept", "value": "json"}]},
        step="pay",
        part="input",
    )

    assert shown["headers"] == [{"name": "X-Key", "value": HIDDEN}, {"name": "Accept", "value": "json"}]
    # Known from its input, the key is hidden in the error, too.
    error = one.hide({"message": "bad key k-12345", "detail": {"a": 1}}, step="pay", part="error")
    assert error == {"message": f"bad key {HIDDEN}", "detail": HIDDEN}
    assert redactor("$.steps.other.output").seal({"a": 1}, step="pay") == {"a": 1}
    whole = redactor("$.steps.pay.output").seal({"a": 1}, step="pay")
    assert whole.startswith(MARK)
    assert redactor().open(whole) == {"a": 1}


def test_a_token_opens_in_its_workflow_alone() -> None:
    token = seal_value(CARD, scope="orders")

    assert open_sealed(token, scope="orders") == CARD
    with pytest.raises(StepError, match="cannot be opened") as caught:
        open_sealed(token, scope="other")
    assert caught.value.error_code == "sealed-value"
    assert CARD not in caught.value.message


def test_a_token_that_somebody_sends_stays_a_text() -> None:
    stolen = seal_value(CARD, scope="orders")

    stored = redactor().seal({"echo": stolen}, step="fetch")

    # A later step reads what the server has sent, and not what the token stands for.
    assert redactor().open(stored) == {"echo": stolen}


def test_keys_that_hold_hidden_values_are_kept_as_digests() -> None:
    one = redactor("$..card")
    one.note_trigger(TRIGGER)

    key = one.hide_key(f"customer:{CARD}")
    assert key is not None
    assert key.startswith("hidden-")
    assert key == one.hide_key(f"customer:{CARD}")
    assert one.hide_key("customer:7") == "customer:7"
    assert one.hide_key(None) is None


def test_hidden_texts_are_told_to_the_log() -> None:
    told: list[str] = []
    Redactor(("$..card", "$..amount"), scope="orders", tell=told.append).seal_trigger(TRIGGER)

    assert told == [CARD]


def test_short_values_are_hidden_where_the_rule_says_and_where_they_stand_alone() -> None:
    hidden = redactor("$.trigger.body.a").hide_trigger(
        {"body": {"a": "abc", "b": "abc", "c": "xabcx", "d": True, "e": "no"}, "headers": {}, "query": {}}
    )
    assert hidden["body"] == {"a": HIDDEN, "b": HIDDEN, "c": "xabcx", "d": True, "e": "no"}


@pytest.mark.parametrize("count", [3, 300])
def test_few_and_many_known_texts_are_found_alike(count: int) -> None:
    known = KnownTexts()
    known.add([f"secret-{number}-text" for number in range(count)])

    last = f"secret-{count - 1}-text"
    assert known.hold(f"this is {last}!")
    assert known.mask(f"this is {last}!") == "this is ***!"
    assert not known.hold("secret-x-text")

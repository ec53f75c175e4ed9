from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.inbox.decisions import SENDER_ID_HEADERS, Decider, is_cheap
from flowforge_provider.inbox.errors import RefusedError
from flowforge_provider.inbox.incoming import Evidence
from flowforge_provider.nodes.builtin.webhook import WebhookParameters, WebhookTrigger
from tests.support.front_door import make_delivery

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowforge_provider.inbox.delivery import Delivery

NO_BODY: dict[str, Any] = {}


def _decide(
    parameters: Mapping[str, Any],
    *,
    headers: Mapping[str, str] | None = None,
    evidence: Evidence | None = None,
    **fields: Any,
) -> Delivery:
    decider = Decider(WebhookParameters.model_validate(parameters), workflow_id="orders", node_id="hook")
    delivery = make_delivery(headers=headers or {}, **fields)
    return asyncio.run(decider.decide(delivery, headers=headers or {}, evidence=evidence or Evidence()))


def _rules(left: str, operator: str, right: Any, type_: str = "text", **more: Any) -> dict[str, Any]:
    row = {"left": left, "type": type_, "operator": operator, "right": right}
    return {"filter": {"match": "all", "conditions": [row], **more}}


TOTAL = _rules("{{ trigger.body.total }}", "greater", 100, "number")
EXPRESSION = {"filter": {"mode": "expression", "expression": "{{ trigger.body.total > 100 }}"}}


@pytest.mark.parametrize("parameters", [TOTAL, EXPRESSION])
@pytest.mark.parametrize(("total", "passes"), [(101, True), (100, False)])
def test_only_what_matches_the_filter_starts_a_run(
    parameters: dict[str, Any], total: int, passes: bool
) -> None:
    delivery = _decide(parameters, body={"total": total})
    assert (delivery.state, delivery.reason) == (("pending", None) if passes else ("skipped", "filter"))


@pytest.mark.parametrize(
    "left",
    [
        "{{ trigger.headers['x-kind'] }}",
        "{{ trigger.query.kind }}",
        "{{ trigger.path }}",
        "{{ trigger.body.kind | lower }}",
    ],
)
def test_a_filter_sees_the_whole_call(left: str) -> None:
    facts: dict[str, Any] = {
        "headers": {"x-kind": "new"},
        "query": {"kind": "new"},
        "path": "new",
        "body": {"kind": "NEW"},
    }
    assert _decide(_rules(left, "equals", "new"), **facts).state == "pending"
    assert _decide(_rules(left, "equals", "old"), **facts).state == "skipped"


@pytest.mark.parametrize("parameters", [{}, {"filter": {}}, {"filter": {"mode": "expression"}}])
def test_without_a_condition_everything_passes(parameters: dict[str, Any]) -> None:
    assert _decide(parameters, body=None).state == "pending"


def test_a_condition_can_ask_whether_a_field_is_there() -> None:
    parameters = _rules("{{ trigger.body.total }}", "exists", None, "any")
    assert _decide(parameters, body={"total": 1}).state == "pending"
    assert _decide(parameters, body={}).state == "skipped"


LIMITED = {"limit_concurrency": True, "concurrency_key": "{{ trigger.body.customer }}"}


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        (TOTAL, "filter"),
        (EXPRESSION, "filter"),
        ({"deduplication": "expression", "dedup_key": "{{ trigger.body.id }}"}, "dedup_key"),
        ({"rate_limiting": "reject", "rate_key": "{{ trigger.body.id }}"}, "rate_key"),
        ({"grouping": "batch", "group_key": "{{ trigger.body.id }}"}, "group_key"),
        (LIMITED, "concurrency_key"),
    ],
)
def test_an_expression_that_fails_refuses_the_delivery_and_tells_where(
    parameters: dict[str, Any], field: str
) -> None:
    with pytest.raises(RefusedError) as caught:
        _decide(parameters, body={"other": 1})
    assert (caught.value.status, caught.value.error_code) == (422, "decision-failed")
    assert field in caught.value.message
    assert [issue.field for issue in caught.value.issues] == [f"parameters.{field}"]


def test_an_expression_that_takes_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__EXPRESSION_TIME_LIMIT_S", "0.01")
    long = "{{ trigger.body | sort | unique | sort | join(',') | split(',') | unique | join | length > 1 }}"
    with pytest.raises(RefusedError, match="longer than") as caught:
        _decide({"filter": {"mode": "expression", "expression": long}}, body=list(range(50_000)))
    assert caught.value.error_code == "decision-failed"


@pytest.mark.parametrize(
    ("parameters", "size", "on_loop"),
    [
        (TOTAL, 100, True),
        (TOTAL, 100_000, False),
        (_rules("{{ trigger.body.name | lower }}", "equals", "x"), 100, False),
        (_rules("{{ trigger.body.name }}", "matches", "a+"), 100, False),
    ],
)
def test_what_may_take_time_is_done_beside_the_event_loop(
    parameters: dict[str, Any], size: int, on_loop: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []
    evaluate = Decider._evaluate

    def look(self: Decider, delivery: Delivery) -> tuple[bool, dict[str, str]]:
        threads.append(threading.current_thread())
        return evaluate(self, delivery)

    monkeypatch.setattr(Decider, "_evaluate", look)
    _decide(parameters, body={"total": 1, "name": "x"}, size=size)
    assert (threads == [threading.main_thread()]) is on_loop


def test_long_and_unreadable_expressions_are_not_cheap() -> None:
    assert is_cheap({"a": "{{ trigger.body.a == 1 and not trigger.body.b }}", "b": "no expression"})
    assert not is_cheap("{{ trigger.body.a }}" * 100)
    assert not is_cheap("{{ trigger. }}")


@pytest.mark.parametrize("name", SENDER_ID_HEADERS)
def test_the_senders_own_id_recognises_a_delivery(name: str) -> None:
    assert _decide({}, headers={name: " id-7 "}).dedup_key == "id-7"


def test_what_counts_most_as_a_key() -> None:
    evidence = Evidence(delivery_id="checked")
    headers = {"idempotency-key": "own", "x-github-delivery": "github"}
    assert _decide({}, headers=headers, evidence=evidence).dedup_key == "own"
    del headers["idempotency-key"]
    assert _decide({}, headers=headers, evidence=evidence).dedup_key == "checked"
    assert _decide({}, headers=headers).dedup_key == "github"
    assert _decide({"deduplication": "idempotency_key"}, headers=headers).dedup_key is None
    headers["idempotency-key"] = "own"
    assert _decide({"deduplication": "idempotency_key"}, headers=headers).dedup_key == "own"
    assert _decide({"deduplication": "off"}, headers=headers, evidence=evidence).dedup_key is None


def test_nothing_that_anybody_can_add_outweighs_a_signed_id() -> None:
    evidence = Evidence(delivery_id="signed", signs_id=True)
    assert _decide({}, headers={"idempotency-key": "another"}, evidence=evidence).dedup_key == "signed"
    chosen = _decide(
        {"deduplication": "idempotency_key"}, headers={"idempotency-key": "a"}, evidence=evidence
    )
    assert chosen.dedup_key == "a"


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("a", "a"),
        (7, "7"),
        (True, "true"),
        (None, None),
        ("", None),
        ({"b": 1, "a": [2]}, '{"a":[2],"b":1}'),
    ],
)
def test_any_value_can_be_a_key(value: Any, key: str | None) -> None:
    parameters = {"deduplication": "expression", "dedup_key": "{{ trigger.body.id }}", "dedup_window_s": 60}
    delivery = _decide(parameters, body={"id": value}, headers={"idempotency-key": "other"})
    assert delivery.dedup_key == key
    assert delivery.dedup_window == timedelta(seconds=60)


def test_long_keys_are_kept_as_their_digest() -> None:
    parameters = {"deduplication": "expression", "dedup_key": "{{ trigger.body.id }}"}
    keys = {_decide(parameters, body={"id": "x" * 5000 + end}).dedup_key for end in "abca"}
    assert len(keys) == 3
    assert all(key is not None and len(key) < 250 for key in keys)
    with pytest.raises(RefusedError) as caught:
        _decide({}, headers={"idempotency-key": "x" * 251})
    assert caught.value.error_code == "invalid-idempotency-key"


def test_a_skipped_delivery_has_its_key_and_no_flow() -> None:
    delivery = _decide(
        {**EXPRESSION, "deduplication": "expression", "dedup_key": "{{ trigger.body.id }}", **LIMITED},
        body={"total": 1, "id": "a"},
    )
    assert (delivery.state, delivery.dedup_key, delivery.flow) == ("skipped", "a", None)


def test_keys_of_flow_control_tell_triggers_and_values_apart() -> None:
    parameters = {
        "rate_limiting": "spread",
        "rate_key": "{{ trigger.body.customer }}",
        "rate_limit": 3,
        "rate_period_s": 60,
        "grouping": "debounce",
        "group_key": "{{ trigger.body.customer }}",
        "debounce_quiet_s": 5,
        "debounce_longest_s": 50,
        **LIMITED,
    }
    given = WebhookParameters.model_validate(parameters)
    flows = []
    for node_id, customer in [("hook", 1), ("hook", 2), ("other", 1)]:
        decider = Decider(given, workflow_id="orders", node_id=node_id)
        decided = decider.decide(make_delivery(body={"customer": customer}), headers={}, evidence=Evidence())
        flow = asyncio.run(decided).flow
        assert flow is not None
        assert flow.rate is not None
        assert flow.grouping is not None
        assert (flow.rate.limit, flow.rate.period, flow.rate.spread) == (3, timedelta(seconds=60), True)
        assert flow.grouping.longest_wait == timedelta(seconds=50)
        flows.append((flow.rate.key, flow.grouping.key, flow.concurrency_key))
    for keys in zip(*flows, strict=True):
        assert len(set(keys)) == 3


@pytest.mark.parametrize(
    ("parameters", "code", "field"),
    [
        ({"deduplication": "expression"}, "missing-dedup-key", "dedup_key"),
        (_rules("{{ steps.a }}", "exists", None, "any"), "unknown-name", "filter"),
        ({**LIMITED, "concurrency_key": "{{ vars.a }}"}, "unknown-name", "concurrency_key"),
        (_rules("", "equals", "a"), "missing-condition", "filter.conditions.0.left"),
    ],
)
def test_what_is_left_open_is_told_before_publishing(
    parameters: dict[str, Any], code: str, field: str
) -> None:
    found = WebhookTrigger.check({"connection_id": "a", **parameters}, upstream=[])
    assert [(each.code, each.field) for each in found] == [(code, field)]
    assert list(WebhookTrigger.check({"connection_id": "a", **TOTAL, **LIMITED}, upstream=[])) == []

"""
The expressions of a webhook: whether a delivery starts a run, by what it is recognised, and what it is
counted and put together with.

They are evaluated at the door, before anything is stored. One that fails refuses the delivery: a guess would
either lose it or start a run that was not meant.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from flowforge_provider import settings
from flowforge_provider.exceptions import ExpressionError, StepError
from flowforge_provider.graph.issues import Issue
from flowforge_provider.inbox.errors import RefusedError
from flowforge_provider.inbox.flow import Flow, Grouping, Rate, short_key
from flowforge_provider.nodes.conditions import Conditions
from flowforge_provider.nodes.parameters import find_templates, render_parameters
from flowforge_provider.nodes.spec import Parameters
from flowforge_provider.redaction.redactor import Redactor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowforge_provider.expressions import Limits
    from flowforge_provider.inbox.delivery import Delivery
    from flowforge_provider.inbox.incoming import Evidence
    from flowforge_provider.nodes.builtin.webhook import WebhookParameters

__all__ = ["SENDER_ID_HEADERS", "Decider", "is_cheap"]

# Headers in which senders name a delivery, the same one when they send it again.
SENDER_ID_HEADERS = [
    "webhook-id",
    "svix-id",
    "x-github-delivery",
    "x-gitlab-event-uuid",
    "x-shopify-webhook-id",
    "upstash-message-id",
    "i-twilio-idempotency-token",
    "x-request-idempotency-key",
]
_IDEMPOTENCY_KEY = "idempotency-key"
_MAX_IDEMPOTENCY_KEY = 250
# Up to here, looking into a body is done on the event loop, which also serves the workers.
_CHEAP_BODY_BYTES = 32 * 1024
_CHEAP_CHARS = 500
_CHEAP_EXPRESSIONS = 12


class _Filter(Parameters):
    filter: Conditions


class Decider:
    """
    Decides on the deliveries of one trigger.

    :param parameters: of the trigger
    :param workflow_id: its workflow
    :param node_id: its node
    :param redact: the workflow's redaction rules; keys that hold what they hide are kept as digests
    """

    def __init__(
        self,
        parameters: WebhookParameters,
        *,
        workflow_id: str,
        node_id: str,
        redact: Sequence[str] = (),
    ) -> None:
        self._parameters = parameters
        self._redact = redact
        self._place = (workflow_id, node_id)
        conditions = parameters.filter
        filters = bool(
            conditions.expression not in (None, "")
            if conditions.mode == "expression"
            else conditions.conditions or conditions.groups
        )
        self._filter = {"filter": conditions.model_dump(mode="json")} if filters else None
        keys = {
            "dedup_key": parameters.deduplication == "expression",
            "rate_key": parameters.rate_limiting != "off",
            "group_key": parameters.grouping != "off",
            "concurrency_key": parameters.limit_concurrency,
        }
        self._keys = {name: getattr(parameters, name) for name, used in keys.items() if used}

    @cached_property
    def _is_cheap(self) -> bool:
        return is_cheap({**(self._filter or {}), **self._keys})

    async def decide(self, delivery: Delivery, *, headers: Mapping[str, str], evidence: Evidence) -> Delivery:
        """
        Return the delivery with what its trigger's parameters say about it.

        :param headers: as they came in; lower-case name -> value
        :param evidence: what the check of the sender has found out
        :raises RefusedError: 422 an expression failed, or the ``Idempotency-Key`` cannot be used
        """
        keys: dict[str, str] = {}
        passes = True
        if self._filter is not None or self._keys:
            if self._is_cheap and delivery.size <= _CHEAP_BODY_BYTES:
                passes, keys = self._evaluate(delivery)
            else:
                passes, keys = await asyncio.to_thread(self._evaluate, delivery)
        delivery = replace(
            delivery,
            dedup_key=self._dedup_key(keys, headers=headers, evidence=evidence),
            dedup_window=timedelta(seconds=self._parameters.dedup_window_s),
        )
        if not passes:
            return replace(delivery, state="skipped", reason="filter")
        return replace(delivery, flow=self._flow(keys))

    def concurrency_key(self, delivery: Delivery) -> str | None:
        """
        Return the key whose unfinished runs are counted; None where they are not limited.

        :raises RefusedError: 422 the expression failed
        """
        from flowforge_provider.expressions import render

        template = self._keys.get("concurrency_key")
        if template is None:
            return None
        try:
            data = {"trigger": delivery.trigger()}
            key = self._key(render(template, data, limits=_limits()), data)
        except (ExpressionError, StepError) as exc:
            raise _refuse("concurrency_key", exc.message, node_id=delivery.node_id) from exc
        return short_key(self._place[1], key)

    def _evaluate(self, delivery: Delivery) -> tuple[bool, dict[str, str]]:
        """Return whether the filter lets a delivery pass, and field name -> key."""
        from flowforge_provider.expressions import render

        data = {"trigger": delivery.trigger()}
        limits = _limits()
        field = "filter"
        passes = True
        keys: dict[str, str] = {}
        try:
            if self._filter is not None:
                passes = self._matches(self._filter, data, limits=limits)
            for field, template in self._keys.items():
                # A delivery that starts no run is recognised when it comes again, and counted nowhere.
                if passes or field == "dedup_key":
                    keys[field] = self._key(render(template, data, limits=limits), data)
        except (ExpressionError, StepError) as exc:
            raise _refuse(field, exc.message, node_id=delivery.node_id) from exc
        except ValidationError as exc:
            told = "; ".join(
                str(detail["msg"]) for detail in exc.errors(include_url=False, include_input=False)
            )
            raise _refuse(field, told, node_id=delivery.node_id) from exc
        return passes, keys

    def _key(self, value: Any, data: Mapping[str, Any]) -> str:
        key = _to_key(value)
        if not self._redact:
            return key
        redactor = Redactor(self._redact, scope=self._place[0])
        redactor.note_trigger(data["trigger"])
        return redactor.hide_key(key) or ""

    @staticmethod
    def _matches(conditions: Mapping[str, Any], data: Mapping[str, Any], *, limits: Limits) -> bool:
        from flowforge_provider.expressions.limits import Budget
        from flowforge_provider.nodes.condition_check import holds

        rendered = render_parameters(_Filter, conditions, data, limits=limits)
        return holds(rendered.filter, budget=Budget(limits))

    def _dedup_key(
        self, keys: Mapping[str, str], *, headers: Mapping[str, str], evidence: Evidence
    ) -> str | None:
        way = self._parameters.deduplication
        if way == "off":
            return None
        if way == "expression":
            return short_key(keys["dedup_key"]) if keys["dedup_key"] else None
        if way == "sender" and evidence.signs_id and evidence.delivery_id:
            # Whoever repeats what a sender has signed can add any header, but no other id.
            return short_key(evidence.delivery_id)
        key = headers.get(_IDEMPOTENCY_KEY, "").strip()
        if len(key) > _MAX_IDEMPOTENCY_KEY:
            raise RefusedError(
                422,
                "invalid-idempotency-key",
                f"The header Idempotency-Key has {len(key)} characters; at most {_MAX_IDEMPOTENCY_KEY} are "
                "allowed.",
            )
        if not key and way == "sender":
            names = (headers.get(name, "").strip() for name in SENDER_ID_HEADERS)
            key = evidence.delivery_id or next(filter(None, names), "")
        return short_key(key) if key else None

    def _flow(self, keys: Mapping[str, str]) -> Flow | None:
        given, place = self._parameters, self._place
        rate = grouping = concurrency_key = None
        if given.rate_limiting != "off":
            rate = Rate(
                key=short_key(*place, keys["rate_key"]),
                limit=given.rate_limit,
                period=timedelta(seconds=given.rate_period_s),
                spread=given.rate_limiting == "spread",
            )
        if given.grouping == "debounce":
            longest = given.debounce_longest_s
            grouping = Grouping(
                kind="debounce",
                key=short_key("debounce", *place, keys["group_key"]),
                wait=timedelta(seconds=given.debounce_quiet_s),
                longest_wait=timedelta(seconds=longest) if longest else None,
            )
        elif given.grouping == "batch":
            grouping = Grouping(
                kind="batch",
                key=short_key("batch", *place, keys["group_key"]),
                wait=timedelta(seconds=given.batch_wait_s),
                size=given.batch_size,
            )
        if given.limit_concurrency:
            concurrency_key = short_key(place[1], keys["concurrency_key"])
        if rate is None and grouping is None and concurrency_key is None:
            return None
        return Flow(rate=rate, grouping=grouping, concurrency_key=concurrency_key)


def is_cheap(value: Any) -> bool:
    """
    Tell whether the expressions inside a value cost next to nothing: short, and without calls or filters.

    :param value: any JSON, for example conditions
    """
    from jinja2 import nodes

    from flowforge_provider.expressions.template import read_template

    templates = list(find_templates(value))
    if len(templates) > _CHEAP_EXPRESSIONS or sum(len(each.text) for each in templates) > _CHEAP_CHARS:
        return False
    if 'matches"' in json.dumps(value):
        return False
    paths = (nodes.Name, nodes.Getattr, nodes.Getitem, nodes.Const)
    cheap = (*paths, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not)
    try:
        return all(
            isinstance(tree, cheap)
            for each in templates
            for part in read_template(each.text).expressions
            for tree in (part.tree, *part.tree.find_all(nodes.Node))
        )
    except ExpressionError:
        return False


def _to_key(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _limits() -> Limits:
    from flowforge_provider.expressions import Limits

    return Limits(
        time_s=settings.expression_time_limit_s(), output_chars=settings.expression_max_output_bytes()
    )


def _refuse(field: str, message: str, *, node_id: str) -> RefusedError:
    place = f"parameters.{field}"
    return RefusedError(
        422,
        "decision-failed",
        f'The field "{field}" of the webhook cannot be evaluated for this delivery: {message}',
        issues=[Issue(code="decision-failed", message=message, node_id=node_id, field=place)],
    )

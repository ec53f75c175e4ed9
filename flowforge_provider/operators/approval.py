"""The step that waits for the answer of a person."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flowforge_provider.exceptions import StepError
from flowforge_provider.operators.base import FlowForgeOperator
from flowforge_provider.operators.ports import PortOutput
from flowforge_provider.operators.redaction import redactor_of
from flowforge_provider.operators.tries import is_retry
from flowforge_provider.redaction.sealing import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import Context

    from flowforge_provider.nodes.builtin.approval import ApprovalParameters

_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
_STORE_KEY = "flowforge_approval"
_ANSWER_KEY = "flowforge_answer"


class ApprovalOperator(FlowForgeOperator):
    """
    Ask a person, and return {decision, approved, by, at, values} through the port of the decision.

    The request is one of Airflow's own (human in the loop): its pages and its API answer it, too.

    :param title: the question
    :param body: Markdown
    :param approvers: ids of the users who may answer; everybody with the right to when left out
    :param fields: list of {name, label, type, options, default, required}
    :param approve_label: option that takes the port ``approved``
    :param reject_label: option that takes the port ``rejected``
    :param expiry: ``never``; ``expired``, ``approve`` or ``reject`` after the time below
    :param expires_after: how long to wait, in ``expires_unit``
    :param expires_unit: seconds, minutes, hours or days
    """

    @classmethod
    def parameters_model(cls) -> type[ApprovalParameters]:
        from flowforge_provider.nodes.builtin.approval import ApprovalParameters

        return ApprovalParameters

    def run(self, parameters: ApprovalParameters, context: Context) -> PortOutput:
        """Write the request, and wait without a worker and without the triggerer."""
        from airflow.sdk.exceptions import TaskAwaitingInput
        from airflow.sdk.execution_time.hitl import upsert_hitl_detail

        from flowforge_provider.nodes.form import to_params

        try:
            params = to_params(parameters.fields)
        except ValueError as error:
            raise StepError(
                f"A default of the form does not fit its field: {error}.",
                code="wrong-parameter",
                retryable=False,
            ) from error
        state = {"approve": parameters.approve_label, "params": params, "limit": "expiry"}
        earlier = _earlier_answer(context) if is_retry(context) else None
        if earlier is not None:
            return self.resume(state, earlier, context)
        redactor = redactor_of(self)
        options = [parameters.approve_label, parameters.reject_label]
        defaults = {"approve": [parameters.approve_label], "reject": [parameters.reject_label]}
        upsert_hitl_detail(
            ti_id=context["ti"].id,
            options=options,
            subject=redactor.hide_text(parameters.title),
            body=redactor.hide_text(parameters.body) or None,
            defaults=defaults.get(parameters.expiry),
            multiple=False,
            params=redactor.hide_known(params),
            assigned_users=[{"id": user, "name": user} for user in parameters.approvers],
        )
        expires_in = self._time_to_answer(parameters, context)
        left = self.time_left(context)
        is_timeout = left is not None and (expires_in is None or left < expires_in)
        self._tell_where(context)
        raise TaskAwaitingInput(
            method_name=self._go_on.__name__,
            kwargs={"state": redactor.seal_known({**state, "limit": "timeout" if is_timeout else "expiry"})},
            timeout=left if is_timeout else expires_in,
        )

    def resume(self, state: Mapping[str, Any], event: Any, context: Context) -> PortOutput:
        """Take the port of the answer."""
        from flowforge_provider.nodes.form import read_values
        from flowforge_provider.operators.failure import deferral_timed_out

        _keep_answer(event, context)
        is_over = event.get("error_type") == "timeout" or bool(event.get("timedout"))
        if is_over and state["limit"] == "timeout":
            raise deferral_timed_out()
        if "error" in event:
            return self._expire(event)
        approved = event["chosen_options"] == [state["approve"]]
        try:
            values = read_values(state["params"], event.get("params_input") or {}, is_approved=approved)
        except ValueError as error:
            if not is_over:
                raise StepError(
                    f"The form of the answer is wrong: {error}.", code="approval-form", retryable=False
                ) from error
            # The defaults of the form need not be an answer.
            values = {name: param["value"] for name, param in state["params"].items()}
        # What the form has hidden, and nobody has changed, is what it was.
        defaults = {name: param["value"] for name, param in state["params"].items()}
        values = {name: defaults[name] if value == HIDDEN else value for name, value in values.items()}
        user = event.get("responded_by_user")
        decision = "approved" if approved else "rejected"
        return PortOutput(
            decision,
            {
                "decision": decision,
                "approved": approved,
                "by": {"id": user["id"], "name": user["name"]} if user else None,
                "at": self._moment(event["responded_at"]),
                "values": values,
            },
        )

    def _expire(self, event: Mapping[str, Any]) -> PortOutput:
        if event.get("error_type") != "timeout":
            raise StepError(f"The answer could not be read: {event['error']}", code="approval-form")
        if "expired" not in self.ports:
            raise StepError(
                "Nobody has answered in time. Connect the expired port to go on then, or allow more time.",
                code="approval-expired",
                retryable=False,
            )
        now = self._moment(datetime.now(tz=timezone.utc))
        output = {"decision": "expired", "approved": False, "by": None, "at": now, "values": {}}
        return PortOutput("expired", output)

    def _time_to_answer(self, parameters: ApprovalParameters, context: Context) -> timedelta | None:
        """Return the time left for an answer; it is not prolonged by a retry."""
        from flowforge_provider.settings import max_wait_s

        if parameters.expiry == "never":
            return None
        seconds = parameters.expires_after * _SECONDS[parameters.expires_unit]
        if seconds > max_wait_s():
            raise StepError(
                f"The approval would expire after {seconds / 86_400:,.1f} days; at most "
                f"{max_wait_s() / 86_400:,.1f} are allowed. Let it expire sooner, or never, or raise "
                "[flowforge] max_wait_s.",
                code="wait-too-long",
                retryable=False,
            )
        now = datetime.now(tz=timezone.utc)
        store = context.get("task_state_store")
        kept = store.get(_STORE_KEY) if store is not None and is_retry(context) else None
        if isinstance(kept, str):
            return max(datetime.fromisoformat(kept) - now, timedelta(0))
        if store is not None:
            store.set(_STORE_KEY, (now + timedelta(seconds=seconds)).isoformat())
        return timedelta(seconds=seconds)

    def _tell_where(self, context: Context) -> None:
        from airflow.configuration import conf

        from flowforge_provider.operators.step_data import execution_url

        run, ti = context["dag_run"], context["ti"]
        base = (conf.get("api", "base_url", fallback="") or "").rstrip("/")
        path = f"/dags/{run.dag_id}/runs/{quote(run.run_id, safe='')}/tasks/{ti.task_id}/required_actions"
        self.log.info("Waiting for an answer, to be given at %s", execution_url(run.dag_id, run.run_id))
        self.log.info("The same in Airflow's own pages: %s%s", base, path)

    def _moment(self, value: Any) -> str | None:
        if isinstance(value, str):
            value = datetime.fromisoformat(value.replace("Z", "+00:00"))
        zone = ZoneInfo(self.workflow_timezone)
        return value.astimezone(zone).isoformat() if isinstance(value, datetime) else None


def _keep_answer(event: Mapping[str, Any], context: Context) -> None:
    """
    Keep an answer for a retry: Airflow hands it over once, and a worker may not ask for it.

    A try that dies before it gets this far asks again.
    """
    store = context.get("task_state_store")
    if store is None or "error" in event or not event.get("chosen_options"):
        return
    names = ("chosen_options", "params_input", "responded_at", "responded_by_user", "timedout")
    kept = {name: event.get(name) for name in names}
    if isinstance(kept["responded_at"], datetime):
        kept["responded_at"] = kept["responded_at"].isoformat()
    store.set(_ANSWER_KEY, kept)


def _earlier_answer(context: Context) -> dict[str, Any] | None:
    """Return the answer that an earlier try has got, and died with; None without one."""
    store = context.get("task_state_store")
    kept = store.get(_ANSWER_KEY) if store is not None else None
    return kept if isinstance(kept, dict) else None

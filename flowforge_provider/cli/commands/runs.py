"""Start executions."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from airflow.utils.platform import getuser
from airflow.utils.session import create_session

from flowforge_provider.cli.audit import recorded_change
from flowforge_provider.cli.command import (
    EXIT_FAILED,
    EXIT_OK,
    EXIT_TIMEOUT,
    EXIT_USAGE,
    command,
    print_error,
    print_rows,
)
from flowforge_provider.cli.files import read_json

if TYPE_CHECKING:
    from argparse import Namespace

    from flowforge_provider.runs.published import PublishedWorkflow

_POLL_S = 0.5
_FINAL = frozenset({"success", "failed", "cancelled"})


@command
def run_workflow(args: Namespace) -> int:
    """Start a run, and wait for its end when asked."""
    from flowforge_provider.runs.ids import manual_run_id
    from flowforge_provider.runs.payload_schema import check_against_schema
    from flowforge_provider.runs.start import begin_at, manual_trigger, sample_payload, start_run

    if args.payload is not None and args.payload_file is not None:
        print_error("Give the payload by --payload or by --payload-file, not by both.")
        return EXIT_USAGE
    has_payload = args.payload is not None or args.payload_file is not None
    payload = _read_payload(args) if has_payload else None

    def trigger_data(published: PublishedWorkflow) -> dict[str, Any]:
        body = payload if has_payload else sample_payload(published)
        check_against_schema(body, begin_at(published, None))
        return manual_trigger(published, payload=body)

    run_id = manual_run_id()
    with recorded_change("start_execution", workflow_id=args.workflow_id, run_id=run_id):
        started = start_run(workflow_id=args.workflow_id, run_id=run_id, trigger=trigger_data, user=getuser())
    if started.paused:
        print_error(
            f'Airflow has paused the Dag "{args.workflow_id}"; the execution waits until it is switched on.'
        )
    state: str | None = started.state
    if args.wait:
        state = _wait(args.workflow_id, run_id=run_id, timeout_s=args.timeout)
    print_rows(
        [{"execution_id": f"{args.workflow_id}.{run_id}", "state": state or "running"}], output=args.output
    )
    if not args.wait or state == "success":
        return EXIT_OK
    if state is None:
        print_error(f"The execution has not ended within {args.timeout:g} s; it goes on.")
        return EXIT_TIMEOUT
    return EXIT_FAILED


def _read_payload(args: Namespace) -> Any:
    from flowforge_provider.runs.payload import PayloadError, check_payload, parse_json

    if args.payload_file is not None:
        payload = read_json(args.payload_file)
        check_payload(payload)
        return payload
    try:
        return parse_json(args.payload.encode())
    except PayloadError as error:
        raise PayloadError(f"--payload: {error.message}", code=error.error_code) from None


def _wait(workflow_id: str, *, run_id: str, timeout_s: float | None) -> str | None:
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    while True:
        state = _read_state(workflow_id, run_id=run_id)
        if state in _FINAL:
            return state
        if deadline is not None and time.monotonic() >= deadline:
            return None
        time.sleep(_POLL_S)


def _read_state(workflow_id: str, *, run_id: str) -> str:
    from airflow.models.dagrun import DagRun
    from sqlalchemy import select

    from flowforge_provider.store.tables import CancellationRow

    with create_session() as session:
        state = session.scalar(
            select(DagRun.state).where(DagRun.dag_id == workflow_id, DagRun.run_id == run_id)
        )
        cancelled = session.get(CancellationRow, (workflow_id, run_id)) is not None
    return "cancelled" if cancelled and state == "failed" else str(state)

"""
Run by test_crashes.py: publish in forked processes and kill them, or let them compete.

Forks of one process that has loaded everything are fast enough to try each statement.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from airflow import settings
from airflow.models.dag import DagModel
from airflow.models.dag_version import DagVersion
from airflow.models.dagbundle import DagBundleModel
from airflow.models.dagcode import DagCode
from airflow.models.serialized_dag import SerializedDagModel
from airflow.utils.session import create_session
from sqlalchemy import func, select

from flowforge_provider import publishing
from flowforge_provider.bundles.flowforge import FlowForgeDagBundle
from flowforge_provider.store import publications, workflows
from flowforge_provider.store.tables import PublicationRow, RevisionRow
from tests.support.forks import die_at, fork, wait
from tests.support.publishing import create_workflow, graph_with, is_runnable, save_draft


def observe(workflow_id: str) -> dict[str, Any]:
    """Return everything that publishing writes about a workflow."""
    with create_session(scoped=False) as session:
        newest = (
            select(DagVersion)
            .where(DagVersion.dag_id == workflow_id)
            .order_by(DagVersion.version_number.desc())
        )
        version = session.scalars(newest.limit(1)).one_or_none()
        dag = session.get(DagModel, workflow_id)
        workflow = workflows.get_workflow(workflow_id, session)
        return {
            "published": workflow.published_seq,
            "last_revision": workflow.last_revision,
            "revisions": session.scalar(
                select(func.count()).select_from(RevisionRow).where(RevisionRow.workflow_id == workflow_id)
            ),
            "publications": session.scalar(
                select(func.count())
                .select_from(PublicationRow)
                .where(PublicationRow.workflow_id == workflow_id)
            ),
            "sequence": publications.latest_seq(session),
            "bundle": session.scalar(select(DagBundleModel.version)),
            "dag": None if dag is None else (dag.bundle_version, dag.is_stale),
            "version": None if version is None else (version.version_number, version.bundle_version),
            "hash": None
            if version is None
            else session.scalar(
                select(SerializedDagModel.dag_hash).where(SerializedDagModel.dag_version_id == version.id)
            ),
            "code": None
            if version is None
            else session.scalar(select(DagCode.source_code_hash).where(DagCode.dag_version_id == version.id)),
        }


def kill(action: str) -> None:
    moment = 0
    finished = False
    while not finished:
        moment += 1
        workflow_id = create_workflow(f"{action} {moment}")
        if action != "publish":
            publishing.publish(workflow_id=workflow_id, user="test")
        if action == "republish":
            save_draft(workflow_id, graph_with(1))
        before = observe(workflow_id)

        def work(moment: int = moment, workflow_id: str = workflow_id) -> None:
            die_at(moment, engine=settings.engine)
            if action == "unpublish":
                publishing.unpublish(workflow_id=workflow_id, user="test")
            else:
                publishing.publish(workflow_id=workflow_id, user="test")

        ended_by = wait(fork(work))
        after = observe(workflow_id)
        state = "old" if after == before else "new"
        if state == "new":
            check_complete(action, before, after)
        # The next one gets through, and completes what was cut off.
        if action != "unpublish":
            result = publishing.publish(workflow_id=workflow_id, user="test")
            assert result.state == "runnable", result
        is_expected = is_runnable(workflow_id) == (action != "unpublish" or state == "old")
        report = {
            "moment": moment,
            "signal": ended_by,
            "state": state,
            "next": "ok" if is_expected else "bad",
        }
        print(json.dumps(report))
        finished = ended_by is None


def check_complete(action: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Everything belongs to one new publication."""
    seq = after["sequence"]
    assert seq > before["sequence"], (before, after)
    assert after["publications"] == before["publications"] + 1, (before, after)
    assert after["bundle"] == str(seq), after
    if action == "unpublish":
        assert after["published"] is None, after
        assert after["dag"][1], after
        return
    assert after["published"] == seq, after
    assert after["dag"] == (str(seq), False), after
    assert after["version"][1] == str(seq), after
    assert after["version"][0] == (before["version"] or (0,))[0] + 1, (before, after)
    assert after["last_revision"] == after["revisions"] == before["revisions"] + 1, (before, after)
    assert after["hash"] != before["hash"], (before, after)
    assert after["code"] != before["code"], (before, after)


def compete(jobs: list[list[str]]) -> tuple[list[int], list[str]]:
    """Publish lists of workflows in one process each, all at once."""
    pipes = []
    pids = []
    for job in jobs:
        reader, writer = os.pipe()

        def work(job: list[str] = job, writer: int = writer) -> None:
            for workflow_id in job:
                try:
                    seq = publishing.publish(workflow_id=workflow_id, user="test").seq
                    os.write(writer, f"{seq}\n".encode())
                except Exception as error:
                    os.write(writer, f"{type(error).__name__}: {error}".replace("\n", " ").encode() + b"\n")

        pids.append(fork(work))
        os.close(writer)
        pipes.append(reader)
    lines = []
    for reader in pipes:
        with os.fdopen(reader) as stream:
            lines += stream.read().splitlines()
    for pid in pids:
        wait(pid)
    return [int(line) for line in lines if line.isdigit()], [line for line in lines if not line.isdigit()]


def crowd() -> None:
    ids = [create_workflow(f"Crowd {number}", graph_with(number)) for number in range(20)]
    seqs, errors = compete([ids[start::4] for start in range(4)])
    bundle = FlowForgeDagBundle(name="flowforge")
    bundle.initialize()
    with create_session(scoped=False) as session:
        runnable = sum(
            publishing.is_runnable(workflows.get_workflow(workflow_id, session), session)
            for workflow_id in ids
        )
        latest = publications.latest_seq(session)
    files = len(list(bundle.path.rglob("*.py")))
    print(
        json.dumps(
            {"seqs": seqs, "errors": errors, "runnable": runnable, "files": files, "latest_seq": latest}
        )
    )


def same() -> None:
    workflow_id = create_workflow("Same")
    seqs, errors = compete([[workflow_id]] * 4)
    with create_session(scoped=False) as session:
        count = session.scalar(
            select(func.count()).select_from(DagVersion).where(DagVersion.dag_id == workflow_id)
        )
    print(json.dumps({"seqs": seqs, "errors": errors, "dag_versions": count}))


if __name__ == "__main__":
    if sys.argv[1] == "kill":
        kill(sys.argv[2])
    else:
        {"crowd": crowd, "same": same}[sys.argv[1]]()

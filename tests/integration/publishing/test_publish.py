"""Publishing in one process, on SQLite and PostgreSQL."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from airflow.models.dag import DagModel
from airflow.models.dag_version import DagVersion
from airflow.models.dagbundle import DagBundleModel
from airflow.models.dagcode import DagCode
from airflow.models.serialized_dag import SerializedDagModel
from airflow.utils.session import create_session
from sqlalchemy import func, select

from flowforge_provider import publishing
from flowforge_provider.exceptions import (
    ConflictError,
    GraphValidationError,
    NotFoundError,
    StaleVersionError,
)
from flowforge_provider.publishing import registration
from flowforge_provider.store import publications, revisions, workflows
from tests.factories import make_graph, make_set, make_trigger

if TYPE_CHECKING:
    from flowforge_provider.graph.models import Graph

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("metadata")]


def create(name: str = "Orders", graph: Graph | None = None) -> str:
    with create_session() as session:
        row = workflows.create_workflow(name=name, graph=graph or make_graph(), user="ann", session=session)
        return row.id


def save(workflow_id: str, graph: Graph) -> None:
    with create_session() as session:
        workflows.update_draft(
            workflow_id=workflow_id, graph=graph, expected_version=None, user="ann", session=session
        )


def graph_with(value: Any) -> Graph:
    return make_graph(make_trigger(), make_set("total", total=value))


def versions_of(dag_id: str) -> list[tuple[int, str | None]]:
    with create_session() as session:
        query = select(DagVersion.version_number, DagVersion.bundle_version).where(DagVersion.dag_id == dag_id)
        return [(row[0], row[1]) for row in session.execute(query.order_by(DagVersion.version_number))]


class TestPublish:
    def test_makes_the_workflow_runnable(self) -> None:
        workflow_id = create()

        result = publishing.publish(workflow_id=workflow_id, message="First", user="ann")

        assert (result.state, result.revision, result.dag_id) == ("runnable", 1, workflow_id)
        with create_session() as session:
            dag = session.get(DagModel, workflow_id)
            assert dag is not None
            assert not dag.is_stale
            assert not dag.is_paused
            assert dag.bundle_name == "flowforge"
            assert dag.bundle_version == str(result.seq)
            assert session.get(DagBundleModel, "flowforge").version == str(result.seq)
            workflow = workflows.get_workflow(workflow_id, session)
            assert workflow.state == "published"
            assert publishing.is_runnable(workflow, session)
            source = publications.current(workflow_id, session).source
            assert session.scalar(select(DagCode.source_code)) == source
        assert versions_of(workflow_id) == [(1, str(result.seq))]

    def test_keeps_who_published_what_when(self) -> None:
        workflow_id = create()

        result = publishing.publish(workflow_id=workflow_id, message="First", user="ann")

        with create_session() as session:
            publication = publications.current(workflow_id, session)
            assert publication is not None
            assert (publication.seq, publication.message, publication.created_by) == (
                result.seq,
                "First",
                "ann",
            )
            revision = revisions.get_revision(workflow_id=workflow_id, number=1, session=session)
            assert revision.graph == workflows.get_workflow(workflow_id, session).draft
            assert revision.message == "First"

    def test_a_change_makes_a_revision_and_a_dag_version(self) -> None:
        workflow_id = create()
        first = publishing.publish(workflow_id=workflow_id, user="ann")
        save(workflow_id, graph_with("other"))

        second = publishing.publish(workflow_id=workflow_id, user="bob")

        assert (second.revision, second.seq) == (2, first.seq + 1)
        assert versions_of(workflow_id) == [(1, str(first.seq)), (2, str(second.seq))]

    def test_the_same_content_twice_changes_nothing(self) -> None:
        workflow_id = create()
        first = publishing.publish(workflow_id=workflow_id, user="ann")

        second = publishing.publish(workflow_id=workflow_id, message="Again", user="bob")

        assert second == first
        assert versions_of(workflow_id) == [(1, str(first.seq))]

    def test_content_of_before_is_a_publication_of_its_own(self) -> None:
        workflow_id = create(graph=graph_with(1))
        first = publishing.publish(workflow_id=workflow_id, user="ann")
        save(workflow_id, graph_with(2))
        second = publishing.publish(workflow_id=workflow_id, user="ann")
        with create_session() as session:
            revisions.restore_revision(
                workflow_id=workflow_id, number=1, expected_version=None, user="ann", session=session
            )

        third = publishing.publish(workflow_id=workflow_id, user="ann")

        assert first.seq < second.seq < third.seq
        assert versions_of(workflow_id)[-1] == (3, str(third.seq))

    def test_moving_a_node_makes_no_dag_version(self) -> None:
        workflow_id = create()
        publishing.publish(workflow_id=workflow_id, user="ann")
        graph = make_graph()
        moved = graph.nodes[0].model_copy(
            update={"position": graph.nodes[0].position.model_copy(update={"x": 400})}
        )
        save(workflow_id, graph.model_copy(update={"nodes": [moved, *graph.nodes[1:]]}))

        second = publishing.publish(workflow_id=workflow_id, user="ann")

        assert second.revision == 2
        assert versions_of(workflow_id) == [(1, str(second.seq))]
        with create_session() as session:
            assert publishing.is_runnable(workflows.get_workflow(workflow_id, session), session)

    def test_reports_all_errors_and_changes_nothing(self) -> None:
        workflow_id = create(graph=make_graph(make_set("a"), make_set("b"), edges=[]))

        with pytest.raises(GraphValidationError) as caught:
            publishing.publish(workflow_id=workflow_id, user="ann")

        assert caught.value.issues
        with create_session() as session:
            assert workflows.get_workflow(workflow_id, session).state == "draft"
            assert publications.latest_seq(session) == 0

    def test_refuses_a_draft_that_the_caller_has_not_seen(self) -> None:
        workflow_id = create()
        save(workflow_id, graph_with("other"))

        with pytest.raises(StaleVersionError) as caught:
            publishing.publish(workflow_id=workflow_id, user="ann", expected_version=1)

        assert caught.value.current_version == 2

    def test_refuses_an_unknown_workflow(self) -> None:
        with pytest.raises(NotFoundError):
            publishing.publish(workflow_id="nothing", user="ann")

    def test_refuses_the_id_of_another_dag(self) -> None:
        with create_session() as session:
            session.add(DagBundleModel(name="dags-folder"))
            session.flush()
            session.add(DagModel(dag_id="orders", bundle_name="dags-folder", relative_fileloc="orders.py"))
            workflows.create_workflow(
                name="Orders", workflow_id="orders", graph=make_graph(), user="ann", session=session
            )

        with pytest.raises(ConflictError, match=r'"orders\.py" of the bundle "dags-folder"') as caught:
            publishing.publish(workflow_id="orders", user="ann")

        assert caught.value.error_code == "dag-id-taken"
        with create_session() as session:
            assert publications.current("orders", session) is None

    def test_a_new_name_avoids_the_ids_of_other_dags(self) -> None:
        with create_session() as session:
            session.add(DagBundleModel(name="dags-folder"))
            session.flush()
            session.add(DagModel(dag_id="orders", bundle_name="dags-folder"))

        assert create("Orders") == "orders-2"


class TestFallback:
    def test_says_that_it_is_only_published_when_airflow_refuses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        workflow_id = create()

        def refuse(*_: object, **__: object) -> bool:
            raise TypeError("write_dag has changed")

        with monkeypatch.context() as patch:
            patch.setattr(SerializedDagModel, "write_dag", refuse)
            result = publishing.publish(workflow_id=workflow_id, user="ann")

        assert result.state == "published"
        assert "write_dag has changed" in result.reason
        with create_session() as session:
            workflow = workflows.get_workflow(workflow_id, session)
            assert workflow.published_seq == result.seq
            assert not publishing.is_runnable(workflow, session)
            # Nothing of the refused registration is left.
            assert session.get(DagModel, workflow_id) is None
            # The dag-processor is told to look.
            assert session.get(DagBundleModel, "flowforge").version == str(result.seq)

    def test_publishing_again_tries_to_register_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        workflow_id = create()

        def refuse(*_: object, **__: object) -> bool:
            raise TypeError

        with monkeypatch.context() as patch:
            patch.setattr(SerializedDagModel, "write_dag", refuse)
            first = publishing.publish(workflow_id=workflow_id, user="ann")

        second = publishing.publish(workflow_id=workflow_id, user="ann")

        assert (second.seq, second.state) == (first.seq, "runnable")

    def test_says_which_line_is_missing_without_the_bundle(self, monkeypatch: pytest.MonkeyPatch) -> None:
        workflow_id = create()
        monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", "[]")

        result = publishing.publish(workflow_id=workflow_id, user="ann")

        assert result.state == "published"
        assert "FlowForgeDagBundle" in result.reason


class TestUnpublish:
    def test_takes_the_workflow_offline(self) -> None:
        workflow_id = create()
        published = publishing.publish(workflow_id=workflow_id, user="ann")

        result = publishing.unpublish(workflow_id=workflow_id, user="bob")

        assert (result.seq, result.state) == (published.seq + 1, "unpublished")
        with create_session() as session:
            assert session.get(DagModel, workflow_id).is_stale
            assert workflows.get_workflow(workflow_id, session).state == "draft"
            assert publications.current(workflow_id, session) is None
            # Runs that began before still get their file.
            assert publications.at(workflow_id, result.seq, session).seq == published.seq

    def test_publishing_again_brings_it_back(self) -> None:
        workflow_id = create()
        publishing.publish(workflow_id=workflow_id, user="ann")
        publishing.unpublish(workflow_id=workflow_id, user="ann")

        result = publishing.publish(workflow_id=workflow_id, user="ann")

        assert (result.state, result.revision) == ("runnable", 1)
        with create_session() as session:
            assert not session.get(DagModel, workflow_id).is_stale

    def test_refuses_what_is_not_published(self) -> None:
        with pytest.raises(ConflictError) as caught:
            publishing.unpublish(workflow_id=create(), user="ann")

        assert caught.value.error_code == "workflow-not-published"


class TestDelete:
    def test_asks_to_unpublish_first(self) -> None:
        workflow_id = create()
        publishing.publish(workflow_id=workflow_id, user="ann")

        with pytest.raises(ConflictError) as caught:
            publishing.delete_workflow(workflow_id=workflow_id, user="ann")

        assert caught.value.error_code == "workflow-published"

    def test_with_force_unpublishes_and_deletes(self) -> None:
        workflow_id = create()
        publishing.publish(workflow_id=workflow_id, user="ann")

        publishing.delete_workflow(workflow_id=workflow_id, force=True, user="ann")

        with create_session() as session:
            assert session.get(DagModel, workflow_id).is_stale
            with pytest.raises(NotFoundError):
                workflows.get_workflow(workflow_id, session)
        # Its runs stay in Airflow, so its id is not given to another workflow.
        assert create() == f"{workflow_id}-2"


class TestRegistration:
    def test_serializes_what_the_dag_processor_would(self) -> None:
        """See test_processes.py for the real dag-processor; this shows where they could differ."""
        workflow_id = create()
        publishing.publish(workflow_id=workflow_id, user="ann")
        with create_session() as session:
            source = publications.current(workflow_id, session).source
            stored = session.scalar(select(SerializedDagModel.dag_hash))
        prepared = registration.prepare(workflow_id=workflow_id, source=source)
        assert prepared.serialized.hash == stored
        assert publications.digest_of_source(source) == hashlib.sha256(source.encode()).hexdigest()

    def test_a_version_without_runs_is_not_changed_in_place(self) -> None:
        """A run may just be in the making that has read the old version and has no tasks to be seen yet."""
        workflow_id = create()
        publishing.publish(workflow_id=workflow_id, user="ann")
        with create_session() as session:
            before = session.scalar(select(SerializedDagModel.dag_hash))
        save(workflow_id, graph_with("other"))

        publishing.publish(workflow_id=workflow_id, user="ann")

        with create_session() as session:
            assert session.scalar(select(func.count()).select_from(SerializedDagModel)) == 2
            oldest = session.scalar(
                select(SerializedDagModel.dag_hash)
                .join(DagVersion, DagVersion.id == SerializedDagModel.dag_version_id)
                .order_by(DagVersion.version_number)
                .limit(1)
            )
            assert oldest == before

"""Publishing in one process, on SQLite and PostgreSQL."""

from __future__ import annotations

import time

import pytest
from airflow.models.dag import DagModel
from airflow.models.dag_version import DagVersion
from airflow.models.dagbundle import DagBundleModel
from airflow.models.dagcode import DagCode
from airflow.models.serialized_dag import SerializedDagModel
from airflow.utils.session import create_session
from sqlalchemy import delete, select, text, update

from flowforge_provider import publishing
from flowforge_provider.exceptions import (
    ConflictError,
    GraphValidationError,
    NotFoundError,
    StaleVersionError,
)
from flowforge_provider.graph.models import Settings
from flowforge_provider.publishing import registration
from flowforge_provider.store import publications, revisions, workflows
from flowforge_provider.store.tables import PublicationRow, SequenceRow, WorkflowRow
from tests.factories import make_graph, make_set
from tests.support.publishing import (
    create_workflow,
    find_dag,
    graph_with,
    is_runnable,
    list_versions,
    read_dag,
    read_live,
    read_source,
    save_draft,
)

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("metadata")]


def read_bundle_version() -> str | None:
    with create_session() as session:
        return session.scalar(select(DagBundleModel.version).where(DagBundleModel.name == "flowforge"))


def add_other_dag(dag_id: str) -> None:
    with create_session() as session:
        session.add(DagBundleModel(name="dags-folder"))
        session.flush()
        dag = DagModel(  # type: ignore[no-untyped-call]
            dag_id=dag_id, bundle_name="dags-folder", relative_fileloc=f"{dag_id}.py"
        )
        session.add(dag)


def refuse(*_: object, **__: object) -> bool:
    """Stand in for a call that a future Airflow has changed."""
    raise TypeError("write_dag has changed")


class TestPublish:
    def test_makes_the_workflow_runnable(self) -> None:
        workflow_id = create_workflow()

        result = publishing.publish(workflow_id=workflow_id, message="First", user="ann")

        assert (result.state, result.revision, result.dag_id) == ("runnable", 1, workflow_id)
        assert is_runnable(workflow_id)
        dag = read_dag(workflow_id)
        assert (dag.is_stale, dag.is_paused) == (False, False)
        assert (dag.bundle_name, dag.bundle_version) == ("flowforge", str(result.seq))
        assert read_bundle_version() == str(result.seq)
        assert list_versions(workflow_id) == [(1, str(result.seq))]
        with create_session() as session:
            assert session.scalar(select(DagCode.source_code)) == read_source(workflow_id)
            assert workflows.get_workflow(workflow_id, session).state == "published"

    def test_keeps_who_published_what(self) -> None:
        workflow_id = create_workflow()

        result = publishing.publish(workflow_id=workflow_id, message="First", user="ann")

        live = read_live(workflow_id)
        assert (live.seq, live.message, live.created_by) == (result.seq, "First", "ann")
        with create_session() as session:
            revision = revisions.get_revision(workflow_id=workflow_id, number=1, session=session)
            assert revision.graph == workflows.get_workflow(workflow_id, session).draft
            assert revision.message == "First"

    def test_a_change_makes_a_revision_and_a_dag_version(self) -> None:
        workflow_id = create_workflow()
        first = publishing.publish(workflow_id=workflow_id, user="ann")
        save_draft(workflow_id, graph_with("other"))

        second = publishing.publish(workflow_id=workflow_id, user="bob")

        assert second.revision == 2
        assert second.seq > first.seq
        assert list_versions(workflow_id) == [(1, str(first.seq)), (2, str(second.seq))]

    def test_a_seq_beyond_32_bits_fits_everywhere(self) -> None:
        """Seqs are seconds since 1970, which pass 2**31 in the year 2038."""
        workflow_id = create_workflow()
        publishing.publish(workflow_id=workflow_id, user="ann")
        with create_session() as session:
            session.execute(update(SequenceRow).values(value=2**33))
        save_draft(workflow_id, graph_with("later"))

        result = publishing.publish(workflow_id=workflow_id, user="ann")

        assert result.seq == 2**33 + 1
        assert is_runnable(workflow_id)
        assert read_dag(workflow_id).bundle_version == read_bundle_version() == str(result.seq)
        with create_session() as session:
            found = publications.at(workflow_id, result.seq + 2**40, session)
            assert found is not None
            assert found.seq == result.seq
            assert publications.seqs_at(result.seq, session) == {workflow_id: result.seq}
        assert publishing.unpublish(workflow_id=workflow_id, user="ann").seq == 2**33 + 2

    def test_the_longest_tags_and_names_are_published(self) -> None:
        graph = make_graph(settings=Settings(tags=["\N{PILE OF POO}" * 100, " ", "a" * 100]))
        workflow_id = create_workflow(name="\N{PILE OF POO}" * 200, graph=graph)

        assert publishing.publish(workflow_id=workflow_id, user="ann").state == "runnable"

    def test_the_same_content_twice_changes_nothing(self) -> None:
        workflow_id = create_workflow()
        first = publishing.publish(workflow_id=workflow_id, user="ann")

        second = publishing.publish(workflow_id=workflow_id, message="Again", user="bob")

        assert second == first
        assert list_versions(workflow_id) == [(1, str(first.seq))]

    def test_content_of_before_is_a_publication_of_its_own(self) -> None:
        workflow_id = create_workflow(graph=graph_with(1))
        first = publishing.publish(workflow_id=workflow_id, user="ann")
        save_draft(workflow_id, graph_with(2))
        second = publishing.publish(workflow_id=workflow_id, user="ann")
        with create_session() as session:
            revisions.restore_revision(
                workflow_id=workflow_id, number=1, expected_version=None, user="ann", session=session
            )

        third = publishing.publish(workflow_id=workflow_id, user="ann")

        assert first.seq < second.seq < third.seq
        assert list_versions(workflow_id)[-1] == (3, str(third.seq))

    def test_moving_a_node_makes_no_dag_version(self) -> None:
        workflow_id = create_workflow()
        publishing.publish(workflow_id=workflow_id, user="ann")
        graph = graph_with(0)
        position = graph.nodes[0].position.model_copy(update={"x": 400})
        moved = graph.nodes[0].model_copy(update={"position": position})
        save_draft(workflow_id, graph.model_copy(update={"nodes": [moved, *graph.nodes[1:]]}))

        second = publishing.publish(workflow_id=workflow_id, user="ann")

        assert second.revision == 2
        assert list_versions(workflow_id) == [(1, str(second.seq))]
        assert is_runnable(workflow_id)

    def test_a_version_without_runs_is_not_changed_in_place(self) -> None:
        """A run may be in the making that has read the old version and has no tasks to be seen yet."""
        workflow_id = create_workflow()
        publishing.publish(workflow_id=workflow_id, user="ann")
        with create_session() as session:
            before = session.scalar(select(SerializedDagModel.dag_hash))
        save_draft(workflow_id, graph_with("other"))

        publishing.publish(workflow_id=workflow_id, user="ann")

        with create_session() as session:
            hashes = session.scalars(
                select(SerializedDagModel.dag_hash)
                .join(DagVersion, DagVersion.id == SerializedDagModel.dag_version_id)
                .order_by(DagVersion.version_number)
            ).all()
        assert len(hashes) == 2
        assert hashes[0] == before

    def test_reports_all_errors_and_changes_nothing(self) -> None:
        workflow_id = create_workflow(graph=make_graph(make_set("a"), make_set("b"), edges=[]))

        with pytest.raises(GraphValidationError) as caught:
            publishing.publish(workflow_id=workflow_id, user="ann")

        assert caught.value.issues
        assert find_dag(workflow_id) is None
        with create_session() as session:
            assert workflows.get_workflow(workflow_id, session).state == "draft"
            assert publications.latest_seq(session) == 0

    def test_refuses_a_draft_that_the_caller_has_not_seen(self) -> None:
        workflow_id = create_workflow()
        save_draft(workflow_id, graph_with("other"))

        with pytest.raises(StaleVersionError) as caught:
            publishing.publish(workflow_id=workflow_id, user="ann", expected_version=1)

        assert caught.value.current_version == 2

    def test_publishes_what_was_saved_while_it_compiled(self, monkeypatch: pytest.MonkeyPatch) -> None:
        workflow_id = create_workflow()
        prepare = registration.prepare
        saves = iter([graph_with("saved meanwhile")])

        def prepare_slowly(**arguments: str) -> registration.PreparedDag:
            for graph in saves:
                save_draft(workflow_id, graph)
            return prepare(**arguments)

        monkeypatch.setattr(registration, "prepare", prepare_slowly)

        result = publishing.publish(workflow_id=workflow_id, user="ann")

        assert result.revision == 1
        assert "saved meanwhile" in read_source(workflow_id)

    def test_seqs_of_a_lost_database_are_never_given_out_again(self) -> None:
        """Workers keep files by seq for good, so a reset or restored database must not reuse one."""
        workflow_id = create_workflow()
        lost = publishing.publish(workflow_id=workflow_id, user="ann")
        with create_session() as session:
            session.execute(delete(PublicationRow))
            session.execute(update(SequenceRow).values(value=1))
            session.execute(update(WorkflowRow).values(published_seq=None, published_digest=None))
        time.sleep(1.1)

        assert publishing.publish(workflow_id=workflow_id, user="ann").seq > lost.seq

    def test_refuses_an_unknown_workflow(self) -> None:
        with pytest.raises(NotFoundError):
            publishing.publish(workflow_id="nothing", user="ann")

    def test_refuses_the_id_of_another_dag(self) -> None:
        workflow_id = create_workflow("Orders")
        add_other_dag(workflow_id)

        with pytest.raises(ConflictError, match=r'"orders\.py" of the bundle "dags-folder"') as caught:
            publishing.publish(workflow_id=workflow_id, user="ann")

        assert caught.value.error_code == "dag-id-taken"
        with create_session() as session:
            assert publications.current(workflow_id, session) is None

    def test_a_new_workflow_avoids_the_ids_of_other_dags(self) -> None:
        add_other_dag("orders")

        assert create_workflow("Orders") == "orders-2"


class TestFallback:
    def test_says_that_it_is_only_published_when_airflow_refuses(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        workflow_id = create_workflow()
        monkeypatch.setattr(SerializedDagModel, "write_dag", refuse)

        result = publishing.publish(workflow_id=workflow_id, user="ann")

        assert result.state == "published"
        assert "write_dag has changed" in result.reason
        assert read_live(workflow_id).seq == result.seq
        assert not is_runnable(workflow_id)
        # Nothing of the refused registration is left, and the dag-processor is told to look.
        assert find_dag(workflow_id) is None
        assert read_bundle_version() == str(result.seq)

    def test_publishing_again_tries_to_register_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        workflow_id = create_workflow()
        with monkeypatch.context() as patch:
            patch.setattr(SerializedDagModel, "write_dag", refuse)
            first = publishing.publish(workflow_id=workflow_id, user="ann")

        second = publishing.publish(workflow_id=workflow_id, user="ann")

        assert (second.seq, second.state) == (first.seq, "runnable")

    def test_names_the_missing_line_without_the_bundle(self, monkeypatch: pytest.MonkeyPatch) -> None:
        workflow_id = create_workflow()
        monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", "[]")

        result = publishing.publish(workflow_id=workflow_id, user="ann")

        assert result.state == "published"
        assert "dag_bundle_config_list = " in result.reason
        assert find_dag(workflow_id) is None


class TestPermissions:
    def test_of_the_dag_exist_at_once_with_fab(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Roles may hold rights to single Dags there, which Airflow creates when it first sees a Dag."""
        manager = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
        monkeypatch.setenv("AIRFLOW__CORE__AUTH_MANAGER", manager)
        workflow_id = create_workflow()

        publishing.publish(workflow_id=workflow_id, user="ann")

        with create_session() as session:
            names = session.scalars(text("SELECT name FROM ab_view_menu")).all()
        assert f"DAG:{workflow_id}" in names


class TestUnpublish:
    def test_takes_the_workflow_offline(self) -> None:
        workflow_id = create_workflow()
        published = publishing.publish(workflow_id=workflow_id, user="ann")

        result = publishing.unpublish(workflow_id=workflow_id, user="bob")

        assert result.state == "unpublished"
        assert result.seq > published.seq
        assert read_dag(workflow_id).is_stale
        with create_session() as session:
            assert workflows.get_workflow(workflow_id, session).state == "draft"
            assert publications.current(workflow_id, session) is None
            # Runs that began before still get their file.
            pinned = publications.at(workflow_id, result.seq, session)
            assert pinned is not None
            assert pinned.seq == published.seq

    def test_publishing_again_brings_it_back(self) -> None:
        workflow_id = create_workflow()
        publishing.publish(workflow_id=workflow_id, user="ann")
        publishing.unpublish(workflow_id=workflow_id, user="ann")

        result = publishing.publish(workflow_id=workflow_id, user="ann")

        assert (result.state, result.revision) == ("runnable", 1)
        assert not read_dag(workflow_id).is_stale

    def test_refuses_what_is_not_published(self) -> None:
        with pytest.raises(ConflictError) as caught:
            publishing.unpublish(workflow_id=create_workflow(), user="ann")

        assert caught.value.error_code == "workflow-not-published"


class TestDelete:
    def test_asks_to_unpublish_first(self) -> None:
        workflow_id = create_workflow()
        publishing.publish(workflow_id=workflow_id, user="ann")

        with pytest.raises(ConflictError) as caught:
            publishing.delete_workflow(workflow_id=workflow_id, user="ann")

        assert caught.value.error_code == "workflow-published"

    def test_with_force_unpublishes_and_deletes(self) -> None:
        workflow_id = create_workflow()
        publishing.publish(workflow_id=workflow_id, user="ann")

        publishing.delete_workflow(workflow_id=workflow_id, force=True, user="ann")

        assert read_dag(workflow_id).is_stale
        with create_session() as session, pytest.raises(NotFoundError):
            workflows.get_workflow(workflow_id, session)
        # Its runs stay in Airflow, so its id is not given to another workflow.
        assert create_workflow() == f"{workflow_id}-2"

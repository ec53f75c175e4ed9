"""What the dag-processor knows from before must not undo a publication."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.dag_processing.manager import DagFileInfo, DagFileProcessorManager
from airflow.dag_processing.processor import DagFileParsingResult
from airflow.models.dag import DagModel
from airflow.models.dag_version import DagVersion
from airflow.models.dagbundle import DagBundleModel
from airflow.models.dagrun import DagRun
from airflow.models.errors import ParseImportError
from airflow.models.serialized_dag import SerializedDagModel
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunTriggeredByType, DagRunType
from sqlalchemy import func, select, update

from flowforge_provider import publishing
from flowforge_provider.bundles.flowforge import FlowForgeDagBundle
from flowforge_provider.bundles.paths import relative_path
from flowforge_provider.publishing import dag_processor, registration
from tests.support.publishing import create_workflow, graph_with, is_runnable, read_dag, read_live, save_draft

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("metadata")]


class Processor:
    """A dag-processor's manager, whose parsing is done by hand."""

    def __init__(self) -> None:
        self.manager = DagFileProcessorManager(max_runs=1)
        self.bundle = FlowForgeDagBundle(name="flowforge")
        self.bundle.initialize()
        self.manager._dag_bundles = [self.bundle]

    def parse(self, workflow_id: str) -> DagFileParsingResult:
        """Do what the dag-processor's child does with the file that is there now."""
        path = self.bundle.path / relative_path(workflow_id)
        prepared = registration.prepare(workflow_id=workflow_id, source=path.read_text())
        file = DagFileInfo(
            rel_path=Path(relative_path(workflow_id)), bundle_name="flowforge", bundle_path=self.bundle.path
        )
        process: Any = SimpleNamespace(start_time=time.monotonic())
        self.manager._processors = {file: process}
        return DagFileParsingResult(
            fileloc=str(path), serialized_dags=[prepared.serialized], import_errors={}
        )

    def persist(
        self, workflow_id: str, result: DagFileParsingResult, *, version: str, guarded: bool = True
    ) -> None:
        """Do what the dag-processor does with a parsing's result."""
        method: Any = DagFileProcessorManager.persist_parsing_result
        with create_session() as session:
            (method if guarded else method.__wrapped__)(
                self.manager,
                bundle_name="flowforge",
                bundle_version=version,
                version_data=None,
                parsing_result=result,
                run_duration=0.1,
                relative_fileloc=relative_path(workflow_id),
                session=session,
            )


@pytest.fixture
def processor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Processor]:
    # Airflow's own interval would hide most of what an unguarded dag-processor does.
    monkeypatch.setenv("AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL", "0")
    methods = {name: getattr(DagFileProcessorManager, name) for name in dag_processor._WRAPPERS}
    yield Processor()
    for name, method in methods.items():
        setattr(DagFileProcessorManager, name, getattr(method, "__wrapped__", method))


def observe(workflow_id: str) -> tuple[Any, ...]:
    with create_session() as session:
        dag = session.execute(
            select(DagModel.bundle_version, DagModel.is_stale).where(DagModel.dag_id == workflow_id)
        ).one()
        newest = session.execute(
            select(DagVersion.version_number, DagVersion.bundle_version, SerializedDagModel.dag_hash)
            .join(SerializedDagModel, SerializedDagModel.dag_version_id == DagVersion.id)
            .where(DagVersion.dag_id == workflow_id)
            .order_by(DagVersion.version_number.desc())
            .limit(1)
        ).one()
        return (*dag, *newest)


def start_run(workflow_id: str) -> None:
    with create_session() as session:
        dag = SerializedDagModel.get_dag(workflow_id, session=session)
        assert dag is not None
        dag.create_dagrun(
            run_id="manual__1",
            run_after=datetime.now(tz=timezone.utc),
            run_type=DagRunType.MANUAL,
            triggered_by=DagRunTriggeredByType.TEST,
            state=DagRunState.RUNNING,
            session=session,
        )


class TestParsing:
    def test_of_the_live_file_is_written(self, processor: Processor) -> None:
        workflow_id = create_workflow()
        published = publishing.publish(workflow_id=workflow_id, user="ann")
        before = observe(workflow_id)
        processor.bundle.refresh()
        with create_session() as session:
            session.execute(update(DagModel).values(last_parsed_time=None))

        processor.persist(workflow_id, processor.parse(workflow_id), version=str(published.seq))

        assert observe(workflow_id) == before
        with create_session() as session:
            assert session.scalar(select(DagModel.last_parsed_time)) is not None
            assert session.scalar(select(func.count()).select_from(DagVersion)) == 1

    def test_of_the_previous_file_is_not_written(self, processor: Processor) -> None:
        workflow_id = create_workflow()
        old = publishing.publish(workflow_id=workflow_id, user="ann")
        processor.bundle.refresh()
        result = processor.parse(workflow_id)
        save_draft(workflow_id, graph_with(1))
        publishing.publish(workflow_id=workflow_id, user="ann")
        before = observe(workflow_id)

        processor.persist(workflow_id, result, version=str(old.seq))

        assert observe(workflow_id) == before
        # Unguarded it would be, which shows that this test can fail.
        processor.persist(workflow_id, result, version=str(old.seq), guarded=False)
        assert observe(workflow_id) != before

    def test_that_began_before_the_file_was_replaced_is_not_written(self, processor: Processor) -> None:
        workflow_id = create_workflow()
        publishing.publish(workflow_id=workflow_id, user="ann")
        processor.bundle.refresh()
        result = processor.parse(workflow_id)
        save_draft(workflow_id, graph_with(1))
        new = publishing.publish(workflow_id=workflow_id, user="ann")
        processor.bundle.refresh()
        before = observe(workflow_id)
        path = processor.bundle.path / relative_path(workflow_id)
        modified_at = path.stat().st_mtime_ns

        processor.persist(workflow_id, result, version=str(new.seq))

        assert observe(workflow_id) == before
        # Airflow parses the file again only when it is newer than the end of the parsing.
        assert path.stat().st_mtime_ns > modified_at

    def test_that_began_before_another_dag_processor_replaced_the_file_is_not_written(
        self, processor: Processor
    ) -> None:
        workflow_id = create_workflow()
        publishing.publish(workflow_id=workflow_id, user="ann")
        processor.bundle.refresh()
        result = processor.parse(workflow_id)
        save_draft(workflow_id, graph_with(1))
        new = publishing.publish(workflow_id=workflow_id, user="ann")
        FlowForgeDagBundle(name="flowforge").initialize()
        processor.bundle.refresh()
        before = observe(workflow_id)

        processor.persist(workflow_id, result, version=str(new.seq))

        assert observe(workflow_id) == before

    def test_does_not_revive_what_is_unpublished(self, processor: Processor) -> None:
        workflow_id = create_workflow()
        published = publishing.publish(workflow_id=workflow_id, user="ann")
        processor.bundle.refresh()
        result = processor.parse(workflow_id)
        publishing.unpublish(workflow_id=workflow_id, user="ann")

        processor.persist(workflow_id, result, version=str(published.seq))

        assert read_dag(workflow_id).is_stale

    def test_that_fails_is_reported_for_its_file_alone(self, processor: Processor) -> None:
        workflow_id, other = create_workflow(), create_workflow()
        for each in (workflow_id, other):
            published = publishing.publish(workflow_id=each, user="ann")
        processor.bundle.refresh()
        result = processor.parse(workflow_id)
        broken = result.model_copy(
            update={"serialized_dags": [], "import_errors": {relative_path(workflow_id): "No module"}}
        )

        processor.persist(workflow_id, broken, version=str(published.seq))

        with create_session() as session:
            assert session.scalars(select(ParseImportError.filename)).all() == [relative_path(workflow_id)]
        assert not is_runnable(workflow_id)
        assert is_runnable(other)


class TestListing:
    def test_that_is_older_than_a_publication_does_not_make_it_stale(self, processor: Processor) -> None:
        workflow_id = create_workflow()
        publishing.publish(workflow_id=workflow_id, user="ann")

        processor.manager.deactivate_deleted_dags(bundle_name="flowforge", present=set())

        assert not observe(workflow_id)[1]
        unguarded: Any = DagFileProcessorManager.deactivate_deleted_dags
        unguarded.__wrapped__(processor.manager, bundle_name="flowforge", present=set())
        assert observe(workflow_id)[1]

    def test_of_other_bundles_is_left_to_airflow(self, processor: Processor) -> None:
        workflow_id = create_workflow()
        publishing.publish(workflow_id=workflow_id, user="ann")
        with create_session() as session:
            session.add(DagBundleModel(name="dags-folder"))
            session.flush()
            dag = DagModel(  # type: ignore[no-untyped-call]
                dag_id="gone", bundle_name="dags-folder", relative_fileloc="gone.py", is_stale=False
            )
            session.add(dag)

        processor.manager.deactivate_deleted_dags(bundle_name="dags-folder", present=set())

        assert read_dag("gone").is_stale
        assert not observe(workflow_id)[1]


class TestRetiring:
    def test_waits_for_unfinished_runs(self, processor: Processor) -> None:
        workflow_id = create_workflow()
        publishing.publish(workflow_id=workflow_id, user="ann")
        start_run(workflow_id)
        publishing.unpublish(workflow_id=workflow_id, user="ann")

        processor.bundle.refresh()
        dag = read_dag(workflow_id)
        # Stale Dags are not scheduled at all; this one must only not get new runs.
        assert (dag.is_stale, dag.has_import_errors) == (False, True)
        with create_session() as session:
            session.execute(update(DagRun).values(state=DagRunState.SUCCESS))

        processor.bundle.refresh()
        dag = read_dag(workflow_id)
        assert (dag.is_stale, dag.has_import_errors) == (True, False)

    def test_leaves_published_workflows_alone(self, processor: Processor) -> None:
        workflow_id = create_workflow()
        publishing.publish(workflow_id=workflow_id, user="ann")

        processor.bundle.refresh()

        assert not observe(workflow_id)[1]


class TestRepair:
    def test_lets_a_wrongly_stale_workflow_be_parsed_again(
        self, processor: Processor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        workflow_id = create_workflow()
        published = publishing.publish(workflow_id=workflow_id, user="ann")
        processor.bundle.refresh()
        before = observe(workflow_id)
        with create_session() as session:
            session.execute(update(DagModel).values(is_stale=True, bundle_version="1"))
        path = processor.bundle.path / relative_path(workflow_id)
        modified_at = path.stat().st_mtime_ns
        monkeypatch.setattr(dag_processor, "_REPAIR_INTERVAL_S", -1.0)

        processor.bundle.refresh()

        assert path.stat().st_mtime_ns > modified_at
        processor.persist(workflow_id, processor.parse(workflow_id), version=str(published.seq))
        assert observe(workflow_id) == before

    def test_lets_a_dag_without_a_version_be_parsed_again(
        self, processor: Processor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Airflow's command line writes such Dags; their runs would not be pinned."""
        workflow_id = create_workflow()
        publishing.publish(workflow_id=workflow_id, user="ann")
        processor.bundle.refresh()
        with create_session() as session:
            session.execute(update(DagModel).values(bundle_version=None))
        path = processor.bundle.path / relative_path(workflow_id)
        modified_at = path.stat().st_mtime_ns
        monkeypatch.setattr(dag_processor, "_REPAIR_INTERVAL_S", -1.0)

        processor.bundle.refresh()

        assert path.stat().st_mtime_ns > modified_at

    def test_leaves_dags_of_other_bundles_alone(
        self, processor: Processor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Their versions need not be numbers: those of git are hashes."""
        workflow_id = create_workflow()
        publishing.publish(workflow_id=workflow_id, user="ann")
        processor.bundle.refresh()
        with create_session() as session:
            session.add(DagBundleModel(name="git"))
            session.flush()
            session.execute(update(DagModel).values(bundle_name="git", bundle_version="3f2ac0de"))
        path = processor.bundle.path / relative_path(workflow_id)
        modified_at = path.stat().st_mtime_ns
        monkeypatch.setattr(dag_processor, "_REPAIR_INTERVAL_S", -1.0)

        processor.bundle.refresh()

        assert path.stat().st_mtime_ns == modified_at

    def test_makes_runnable_what_could_not_be_registered(
        self, processor: Processor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object, **__: object) -> bool:
            raise TypeError

        workflow_id = create_workflow()
        with monkeypatch.context() as patch:
            patch.setattr(SerializedDagModel, "write_dag", refuse)
            published = publishing.publish(workflow_id=workflow_id, user="ann")
        assert published.state == "published"

        processor.bundle.refresh()
        processor.persist(workflow_id, processor.parse(workflow_id), version=str(published.seq))

        assert is_runnable(workflow_id)
        assert read_live(workflow_id).seq == published.seq


def test_a_dag_processor_without_these_methods_is_not_broken(
    processor: Processor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(dag_processor, "_WRAPPERS", {"no_such_method": lambda original: original})

    assert dag_processor.guard_dag_processor()

    assert "cannot be guarded" in caplog.text

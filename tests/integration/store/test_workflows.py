"""Workflows and drafts in a real database, SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from airflow.utils.session import create_session

from flowforge_provider import publishing
from flowforge_provider.exceptions import (
    ConflictError,
    GraphValidationError,
    NotFoundError,
    StaleVersionError,
    StoreError,
)
from flowforge_provider.graph.models import Settings
from flowforge_provider.store import publications, revisions, workflows
from flowforge_provider.store.transactions import run_in_transaction
from tests.factories import make_document, make_graph, make_node
from tests.support.publishing import create_workflow, graph_with, save_draft

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("metadata")]


@pytest.fixture
def session() -> Iterator[Session]:
    with create_session(scoped=False) as value:
        yield value


def names(session: Session, **filters: object) -> list[str]:
    rows, total = workflows.list_workflows(session=session, **filters)  # type: ignore[arg-type]
    assert total >= len(rows)
    return [row.name for row in rows]


class TestCreate:
    def test_the_id_is_the_transliterated_name(self, session: Session) -> None:
        first = workflows.create_workflow(name="Заказы из магазина", user="ann", session=session)
        second = workflows.create_workflow(name="Заказы из магазина!", user="ann", session=session)

        assert (first.id, second.id) == ("zakazy-iz-magazina", "zakazy-iz-magazina-2")

    @pytest.mark.parametrize("name", ["日本語", "!!!", "🙂"])
    def test_any_name_gives_an_id(self, session: Session, name: str) -> None:
        row = workflows.create_workflow(name=name, user="ann", session=session)

        assert row.id
        assert row.name == name

    def test_the_draft_holds_the_workflows_own_id_and_name(self, session: Session) -> None:
        graph = make_document(id="not a slug", name="Other")
        row = workflows.create_workflow(name="  Orders   today ", graph=graph, user="ann", session=session)

        assert (row.draft["id"], row.draft["name"]) == ("orders-today", "Orders today")
        assert (row.version, row.created_by, row.state) == (1, "ann", "draft")

    def test_keeps_the_id_of_a_graph_when_it_is_free(self, session: Session) -> None:
        graph = make_graph(id="orders_postgres")

        first = workflows.create_workflow(name="To PostgreSQL", graph=graph, user="ann", session=session)
        second = workflows.create_workflow(name="To PostgreSQL", graph=graph, user="ann", session=session)

        assert (first.id, second.id) == ("orders_postgres", "to-postgresql")

    def test_what_lists_show_comes_from_the_graph(self, session: Session) -> None:
        settings = Settings(description="Nightly", tags=["a", "b", "a", " "])
        graph = make_graph().model_copy(update={"settings": settings})

        row = workflows.create_workflow(name="Orders", graph=graph, user="ann", session=session)

        assert (row.description, row.tags, row.trigger_type) == ("Nightly", ["a", "b"], "manual")
        assert row.node_types == ["manual", "transform"]

    @pytest.mark.parametrize(("name", "code"), [("  ", "workflow-name"), ("x" * 201, "workflow-name")])
    def test_refuses_a_bad_name(self, session: Session, name: str, code: str) -> None:
        with pytest.raises(StoreError) as caught:
            workflows.create_workflow(name=name, user="ann", session=session)

        assert caught.value.error_code == code

    def test_refuses_a_bad_or_taken_id(self, session: Session) -> None:
        workflows.create_workflow(name="Orders", workflow_id="orders", user="ann", session=session)

        with pytest.raises(StoreError, match="lower-case"):
            workflows.create_workflow(name="Orders", workflow_id="Not a slug", user="ann", session=session)
        with pytest.raises(ConflictError) as caught:
            workflows.create_workflow(name="Orders", workflow_id="orders", user="ann", session=session)
        assert caught.value.error_code == "workflow-id-taken"

    def test_refuses_what_is_no_graph(self, session: Session) -> None:
        with pytest.raises(GraphValidationError):
            workflows.create_workflow(name="Orders", graph={"nodes": 1}, user="ann", session=session)

    def test_is_undone_with_the_callers_transaction(self, session: Session) -> None:
        workflows.create_workflow(name="Orders", user="ann", session=session)
        session.rollback()

        assert names(session) == []

    def test_at_once_by_several_gives_each_its_own_id(self) -> None:
        ids: list[str] = []

        def create() -> None:
            ids.append(
                run_in_transaction(
                    lambda session: workflows.create_workflow(name="Orders", user="ann", session=session).id
                )
            )

        threads = [threading.Thread(target=create) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(ids) == ["orders", *(f"orders-{number}" for number in range(2, 7))]


class TestUpdate:
    def test_saves_and_counts(self, session: Session) -> None:
        workflow_id = create_workflow()

        row = workflows.update_draft(
            workflow_id=workflow_id, graph=graph_with(1), expected_version=1, user="bob", session=session
        )

        assert (row.version, row.updated_by) == (2, "bob")
        session.commit()
        assert workflows.get_workflow(workflow_id, session).draft == row.draft

    def test_a_stale_save_gets_the_present_version_and_loses_nothing(self, session: Session) -> None:
        workflow_id = create_workflow()
        save_draft(workflow_id, graph_with("theirs"))

        with pytest.raises(StaleVersionError, match="ann") as caught:
            workflows.update_draft(
                workflow_id=workflow_id,
                graph=graph_with("mine"),
                expected_version=1,
                user="bob",
                session=session,
            )

        assert caught.value.current_version == 2
        session.rollback()
        assert "theirs" in str(workflows.get_workflow(workflow_id, session).draft)

    def test_of_two_saves_at_once_one_is_refused(self) -> None:
        workflow_id = create_workflow()
        outcomes: list[str] = []

        def save(value: str) -> None:
            def work(session: Session) -> None:
                workflows.update_draft(
                    workflow_id=workflow_id,
                    graph=graph_with(value),
                    expected_version=1,
                    user=value,
                    session=session,
                )

            try:
                run_in_transaction(work)
            except StaleVersionError:
                outcomes.append("stale")
            else:
                outcomes.append("saved")

        threads = [threading.Thread(target=save, args=(value,)) for value in ("one", "two", "three")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(outcomes) == ["saved", "stale", "stale"]

    def test_nothing_new_keeps_the_version(self, session: Session) -> None:
        workflow_id = create_workflow()
        draft = workflows.get_workflow(workflow_id, session).draft

        row = workflows.update_draft(
            workflow_id=workflow_id, graph=draft, expected_version=1, user="bob", session=session
        )

        assert (row.version, row.updated_by) == (1, "ann")

    def test_renames_without_changing_the_id(self, session: Session) -> None:
        workflow_id = create_workflow("Orders")

        row = workflows.update_draft(
            workflow_id=workflow_id, name="Sales", expected_version=1, user="bob", session=session
        )

        assert (row.id, row.name, row.draft["name"], row.version) == (workflow_id, "Sales", "Sales", 2)

    def test_a_draft_may_be_unfinished(self, session: Session) -> None:
        workflow_id = create_workflow()
        graph = make_graph(make_node("lonely", type="no.such.type"), edges=[])

        row = workflows.update_draft(
            workflow_id=workflow_id, graph=graph, expected_version=None, user="bob", session=session
        )

        assert row.node_types == ["no.such.type"]
        assert row.trigger_type is None

    def test_tags_are_replaced(self, session: Session) -> None:
        graph = make_graph().model_copy(update={"settings": Settings(tags=["a", "b"])})
        workflow_id = create_workflow(graph=graph)

        changed = graph.model_copy(update={"settings": Settings(tags=["c", "a"])})
        row = workflows.update_draft(
            workflow_id=workflow_id, graph=changed, expected_version=None, user="bob", session=session
        )

        assert row.tags == ["c", "a"]
        assert list(workflows.list_tags(session=session)) == ["a", "c"]

    def test_refuses_an_unknown_workflow(self, session: Session) -> None:
        with pytest.raises(NotFoundError) as caught:
            workflows.update_draft(
                workflow_id="nothing", name="X", expected_version=None, user="bob", session=session
            )

        assert caught.value.error_code == "workflow-not-found"


class TestList:
    @pytest.fixture(autouse=True)
    def some_workflows(self, metadata: str) -> None:
        for name, description, tags in [
            ("Заказы", "из магазина", ["shop", "важно"]),
            ("Invoices 100%", "monthly_report", ["shop"]),
            ("Alerts", "", []),
        ]:
            settings = Settings(description=description, tags=tags)
            create_workflow(name, make_graph(id="untitled").model_copy(update={"settings": settings}))

    @pytest.mark.parametrize(
        ("search", "found"),
        [
            ("заказы", ["Заказы"]),
            ("МАГАЗИНА", ["Заказы"]),
            ("ВАЖНО", ["Заказы"]),
            ("zakazy", ["Заказы"]),
            ("shop monthly", ["Invoices 100%"]),
            ("100%", ["Invoices 100%"]),
            ("y_r", ["Invoices 100%"]),
            ("y%r", []),
            ("", ["Alerts", "Invoices 100%", "Заказы"]),
        ],
    )
    def test_searches_everywhere_in_any_case(self, session: Session, search: str, found: list[str]) -> None:
        assert sorted(names(session, search=search)) == found

    def test_filters_by_all_tags(self, session: Session) -> None:
        assert sorted(names(session, tags=["shop"])) == ["Invoices 100%", "Заказы"]
        assert names(session, tags=["shop", "важно"]) == ["Заказы"]

    def test_filters_by_ids_that_the_caller_may_see(self, session: Session) -> None:
        assert names(session, ids=["alerts"]) == ["Alerts"]
        assert names(session, ids=[]) == []

    def test_pages_are_in_one_total_order(self, session: Session) -> None:
        everything = names(session, order_by="name")
        pages = [names(session, order_by="name", limit=1, offset=offset) for offset in range(3)]

        assert everything == [name for page in pages for name in page]
        assert names(session, order_by="-name") == everything[::-1]

    def test_sorts_the_never_published_last(self, session: Session) -> None:
        publishing.publish(workflow_id="alerts", user="ann")

        assert names(session, order_by="published_at")[0] == "Alerts"
        assert names(session, order_by="-published_at")[0] == "Alerts"

    def test_refuses_an_unknown_order(self, session: Session) -> None:
        with pytest.raises(StoreError, match="updated_at"):
            workflows.list_workflows(order_by="draft", session=session)

    def test_filters_by_state(self, session: Session) -> None:
        for workflow_id in ("alerts", "zakazy"):
            publishing.publish(workflow_id=workflow_id, user="ann")
        save_draft("alerts", graph_with("changed"))

        assert names(session, state="draft") == ["Invoices 100%"]
        assert names(session, state="published") == ["Заказы"]
        assert names(session, state="changed") == ["Alerts"]


class TestDuplicate:
    def test_copies_the_draft(self, session: Session) -> None:
        workflow_id = create_workflow("Orders", graph_with("copied"))

        copy = workflows.duplicate_workflow(workflow_id=workflow_id, user="bob", session=session)

        assert (copy.id, copy.name, copy.created_by) == ("orders-copy", "Orders (copy)", "bob")
        assert "copied" in str(copy.draft)

    def test_a_long_name_still_fits(self, session: Session) -> None:
        workflow_id = create_workflow("x" * 200)

        copy = workflows.duplicate_workflow(workflow_id=workflow_id, user="bob", session=session)

        assert len(copy.name) == 200
        assert copy.name.endswith("(copy)")


class TestRevisions:
    def test_are_listed_newest_first_and_restored(self, session: Session) -> None:
        workflow_id = create_workflow(graph=graph_with("first"))
        publishing.publish(workflow_id=workflow_id, message="One", user="ann")
        save_draft(workflow_id, graph_with("second"))
        publishing.publish(workflow_id=workflow_id, message="Two", user="bob")

        rows, total = revisions.list_revisions(workflow_id=workflow_id, session=session)
        assert [(row.number, row.message, row.created_by) for row in rows] == [
            (2, "Two", "bob"),
            (1, "One", "ann"),
        ]
        assert total == 2

        row = revisions.restore_revision(
            workflow_id=workflow_id, number=1, expected_version=2, user="cy", session=session
        )
        assert "first" in str(row.draft)
        # The live publication is what it was.
        live = publications.current(workflow_id, session)
        assert live is not None
        assert live.revision_number == 2

    def test_restoring_keeps_the_present_name(self, session: Session) -> None:
        workflow_id = create_workflow("Orders")
        publishing.publish(workflow_id=workflow_id, user="ann")
        workflows.update_draft(
            workflow_id=workflow_id, name="Sales", expected_version=None, user="ann", session=session
        )

        row = revisions.restore_revision(
            workflow_id=workflow_id, number=1, expected_version=None, user="ann", session=session
        )

        assert row.name == row.draft["name"] == "Sales"

    def test_refuses_an_unknown_revision(self, session: Session) -> None:
        workflow_id = create_workflow()

        with pytest.raises(NotFoundError) as caught:
            revisions.get_revision(workflow_id=workflow_id, number=9, session=session)

        assert caught.value.error_code == "revision-not-found"

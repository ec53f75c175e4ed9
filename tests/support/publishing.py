"""Short ways to make, change and look at workflows in the database that this process is connected to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.models.dag import DagModel
from airflow.models.dag_version import DagVersion
from airflow.utils.session import create_session
from sqlalchemy import select

from flowforge_provider.store import publications, workflows
from tests.factories import make_graph, make_set, make_trigger

if TYPE_CHECKING:
    from flowforge_provider.graph.models import Graph
    from flowforge_provider.store.tables import PublicationRow


def graph_with(value: Any) -> Graph:
    """Return a graph whose one step puts out ``{"mark": value}``."""
    return make_graph(make_trigger(), make_set("mark", mark=value))


def create_workflow(name: str = "Orders", graph: Graph | None = None) -> str:
    """Create a workflow and return its id."""
    with create_session(scoped=False) as session:
        row = workflows.create_workflow(name=name, graph=graph or graph_with(0), user="ann", session=session)
        return row.id


def save_draft(workflow_id: str, graph: Graph) -> None:
    """Save a draft over whatever is there."""
    with create_session(scoped=False) as session:
        workflows.update_draft(
            workflow_id=workflow_id, graph=graph, expected_version=None, user="ann", session=session
        )


def find_dag(dag_id: str) -> DagModel | None:
    """Return Airflow's row of a Dag."""
    with create_session(scoped=False) as session:
        return session.scalars(select(DagModel).where(DagModel.dag_id == dag_id)).one_or_none()


def read_dag(dag_id: str) -> DagModel:
    """Return Airflow's row of a Dag that must exist."""
    dag = find_dag(dag_id)
    assert dag is not None
    return dag


def read_live(workflow_id: str) -> PublicationRow:
    """Return the live publication of a workflow that must be published, with its source."""
    with create_session(scoped=False) as session:
        row = publications.current(workflow_id, session)
    assert row is not None
    return row


def read_source(workflow_id: str) -> str:
    """Return the live file of a workflow."""
    source = read_live(workflow_id).source
    assert source is not None
    return source


def list_versions(dag_id: str) -> list[tuple[int, str | None]]:
    """Return (version number, bundle version) of a Dag's versions, oldest first."""
    with create_session(scoped=False) as session:
        query = select(DagVersion.version_number, DagVersion.bundle_version).where(
            DagVersion.dag_id == dag_id
        )
        return [(row[0], row[1]) for row in session.execute(query.order_by(DagVersion.version_number))]


def is_runnable(workflow_id: str) -> bool:
    """Return whether a workflow is published and Airflow can run it."""
    from flowforge_provider import publishing

    with create_session(scoped=False) as session:
        return publishing.is_runnable(workflows.get_workflow(workflow_id, session), session)

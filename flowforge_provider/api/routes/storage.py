"""How much room everything takes, and how long it is kept."""

from typing import Any

from fastapi import APIRouter
from sqlalchemy import select

from flowforge_provider import settings
from flowforge_provider.api.datamodels.storage import StorageKind, StorageResponse, WorkflowStorage
from flowforge_provider.api.db import SessionDep
from flowforge_provider.api.json_route import JsonRoute
from flowforge_provider.api.security import Operator
from flowforge_provider.api.services.workflows import readable_ids
from flowforge_provider.retention.sizes import read_sizes
from flowforge_provider.store.tables import WorkflowRow

router = APIRouter(tags=["storage"], route_class=JsonRoute)


@router.get("/storage", summary="Read how much room everything takes", operation_id="get_storage")
def get_storage(user: Operator, session: SessionDep) -> StorageResponse:
    """
    Return rows and bytes by kind of data with how long each is kept, and the workflows that take the most.

    Cheap however much there is: on PostgreSQL from its own estimates, and from a sample of large tables.
    """
    found = read_sizes(session, readable=readable_ids(user=user, session=session))
    executions = settings.execution_retention_days()
    keep: dict[str, Any] = {
        "deliveries": settings.delivery_retention_days(),
        "files": settings.delivery_retention_days(),
        "executions": executions,
        "steps": executions,
        "values": executions,
        "dead_letters": executions,
        "alerts": settings.alert_retention_days(),
    }
    ids = [each.workflow_id for each in found.workflows]
    rows = session.execute(
        select(WorkflowRow.id, WorkflowRow.published_keep_days).where(WorkflowRow.id.in_(ids))
    )
    own = {id_: days for id_, days in rows}  # noqa: C416 - rows are no pairs to mypy
    return StorageResponse(
        database=session.get_bind().dialect.name,
        database_bytes=found.database_bytes,
        estimated=found.estimated,
        kinds=[
            StorageKind(
                kind=each.kind,
                rows=each.rows,
                size=each.size,
                shared=each.shared,
                keep_days=keep.get(each.kind),
            )
            for each in found.kinds
        ],
        workflows=[
            WorkflowStorage(
                workflow_id=each.workflow_id,
                name=each.name,
                executions=each.executions,
                values_bytes=each.values_bytes,
                delivery_bytes=each.delivery_bytes,
                keep_days=own.get(each.workflow_id),
            )
            for each in found.workflows
        ],
    )

"""How much room everything takes, and how long it is kept."""

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from flowforge_provider.api.datamodels.base import Reply

_STORAGE: JsonDict = {
    "database": "postgresql",
    "database_bytes": 734003200,
    "estimated": True,
    "kinds": [
        {"kind": "deliveries", "rows": 182000, "size": 209715200, "shared": False, "keep_days": 30},
        {"kind": "values", "rows": 910000, "size": 314572800, "shared": True, "keep_days": 90},
    ],
    "workflows": [
        {
            "workflow_id": "orders",
            "name": "Orders",
            "executions": 170000,
            "values_bytes": 262144000,
            "delivery_bytes": 157286400,
            "keep_days": None,
        }
    ],
}


class StorageKind(Reply):
    """Rows and bytes of one kind of data."""

    kind: str = Field(
        description="deliveries, files, executions, steps, values (inputs, outputs and errors of steps), "
        "dead_letters, alerts, workflows."
    )
    rows: int = Field(description="Rows; on PostgreSQL its own estimate.")
    size: int | None = Field(description="Bytes on disk with indexes; null where the database does not tell.")
    shared: bool = Field(description="In tables of Airflow, where other Dags' rows count as well.")
    keep_days: int | None = Field(
        description="Days for which it is kept; 0: for ever, null: nothing is removed by age."
    )


class WorkflowStorage(Reply):
    """What the executions of a workflow, and the deliveries to it, take."""

    workflow_id: str = Field(description="The workflow.")
    name: str = Field(description="Its name.")
    executions: int = Field(description="Number of executions.")
    values_bytes: int = Field(description="Bytes of its steps' inputs, outputs and errors.")
    delivery_bytes: int = Field(description="Bytes of the bodies of its deliveries.")
    keep_days: int | None = Field(
        description="What its own settings say of its executions; null: as for all workflows."
    )


class StorageResponse(Reply):
    """How much room everything takes."""

    model_config = ConfigDict(json_schema_extra={"examples": [_STORAGE]})

    database: str = Field(description="postgresql or sqlite.")
    database_bytes: int | None = Field(description="Bytes of the whole database.")
    estimated: bool = Field(description="Whether figures come from estimates.")
    kinds: list[StorageKind] = Field(description="By kind of data.")
    workflows: list[WorkflowStorage] = Field(description="The workflows that take the most, largest first.")

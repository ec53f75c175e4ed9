"""Who is signed in, and the state of the installation."""

from typing import Literal

from pydantic import ConfigDict, Field

from flowforge_provider.api.datamodels.base import Reply
from flowforge_provider.api.datamodels.queue import QueuePause
from flowforge_provider.api.security import Action


class SessionUser(Reply):
    """The signed-in user."""

    id: str = Field(description="Id in Airflow's auth manager.")
    name: str = Field(description="Name to show.")


class SessionPermissions(Reply):
    """What the user may do, in general or with one workflow: single Dags may have rights of their own."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "read": True,
                    "edit": True,
                    "publish": True,
                    "run": True,
                    "answer": True,
                    "operate": False,
                    "delete": False,
                }
            ]
        }
    )

    read: bool = Field(description="See workflows, revisions and executions.")
    edit: bool = Field(description="Create workflows and save drafts.")
    publish: bool = Field(description="Publish and unpublish workflows.")
    run: bool = Field(description="Start and cancel executions.")
    answer: bool = Field(description="Answer approvals.")
    operate: bool = Field(description="Steer the queue and alerts, and repair what others have drawn.")
    delete: bool = Field(description="Delete workflows.")


class AllowedWorkflowsResponse(Reply):
    """Workflows to which the user may do something."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"action": "operate", "all": False, "workflow_ids": ["orders"]}]}
    )

    action: Action = Field(description="What it is about.")
    all: bool = Field(description="They may do it to every workflow, and workflow_ids is empty.")
    workflow_ids: list[str] = Field(description="The workflows, when these are not all.")


class SessionProblem(Reply):
    """Something that is wrong with the installation, for the banner of the editor."""

    code: str = Field(description="Kebab-case and stable; has a heading in docs/errors.md.")
    message: str = Field(description="What is wrong and what to do.")


class SessionResponse(Reply):
    """Everything that the editor asks first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "user": {"id": "7", "name": "ann"},
                    "permissions": {
                        "read": True,
                        "edit": True,
                        "publish": True,
                        "run": True,
                        "answer": True,
                        "operate": True,
                        "delete": False,
                    },
                    "dev": False,
                    "webhook_base_url": "https://airflow.example.com/flowforge/api/webhooks",
                    "airflow_base_url": "https://airflow.example.com",
                    "queue_pause": None,
                    "problems": [],
                    "version": "0.1.0",
                }
            ]
        }
    )

    user: SessionUser = Field(description="The signed-in user.")
    permissions: SessionPermissions = Field(description="What the user may do in general.")
    dev: bool = Field(description="Whether the development profile is on ([flowforge] dev_mode).")
    webhook_base_url: str = Field(description="A webhook's address is this, a slash and the workflow id.")
    airflow_base_url: str = Field(description="Address of Airflow's own pages, without a slash at the end.")
    queue_pause: QueuePause | None = Field(description="The pause of all workflows, for a banner.")
    problems: list[SessionProblem] = Field(description="What is wrong with the installation.")
    version: str = Field(description="Version of FlowForge.")


class HealthResponse(Reply):
    """The state of this api-server's FlowForge."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "status": "healthy",
                    "database": "ok",
                    "migrations": "ok",
                    "bundle": "ok",
                    "version": "0.1.0",
                }
            ]
        }
    )

    status: Literal["healthy", "unhealthy"] = Field(description="Whether everything below is in order.")
    database: Literal["ok", "error"] = Field(description="Whether Airflow's database answers.")
    migrations: Literal["ok", "missing", "unknown"] = Field(description="Whether the tables are up to date.")
    bundle: Literal["ok", "missing", "unknown"] = Field(
        description="Whether [dag_processor] dag_bundle_config_list names FlowForge's bundle here."
    )
    version: str = Field(description="Version of FlowForge.")

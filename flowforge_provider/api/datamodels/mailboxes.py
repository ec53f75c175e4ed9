"""Models of mailboxes that workflows watch."""

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from flowforge_provider.api.datamodels.base import Reply

_EXAMPLE: JsonDict = {
    "node_id": "mail",
    "connection_id": "support_mailbox",
    "folder": "INBOX",
    "state": "watching",
    "error": None,
    "pushes": True,
    "since": "2026-01-05T09:00:00Z",
    "checked_at": "2026-01-05T09:05:00Z",
}

MailboxState = Literal["starting", "watching", "failed", "waiting"]


class MailboxResponse(Reply):
    """A mailbox that a published workflow watches."""

    node_id: str = Field(description="The email trigger.")
    connection_id: str = Field(description="Airflow connection of the mailbox.")
    folder: str = Field(description="Folder that is watched.")
    state: MailboxState = Field(
        description="starting: it was not looked at yet. watching: all is well. failed: see error; it is "
        "tried "
        "again. waiting: no process watches it at present."
    )
    error: str | None = Field(description="Why the last look failed.")
    pushes: bool | None = Field(
        description="Whether its server tells of new messages at once (IDLE); null before the first look."
    )
    since: datetime = Field(description="Messages that arrived earlier start no runs.")
    checked_at: datetime | None = Field(description="When it was last looked at without an error.")


class MailboxCollectionResponse(Reply):
    """The mailboxes of a workflow."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"mailboxes": [_EXAMPLE], "total_entries": 1}]})

    mailboxes: list[MailboxResponse] = Field(description="By their triggers.")
    total_entries: int = Field(description="Number of all.")

"""Distinct types for the ids of a graph, so that one cannot pass for another."""

from __future__ import annotations

from typing import Annotated, NewType

from pydantic import StringConstraints

WorkflowId = NewType("WorkflowId", str)
NodeId = NewType("NodeId", str)
EdgeId = NewType("EdgeId", str)
PortId = NewType("PortId", str)

# A workflow id is also the dag_id; it holds no dot, because "<workflow id>.<run id>" is an execution id.
WORKFLOW_ID_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,199}$"
# A node id is also the task_id and a name in expressions (steps.<id>), hence no hyphen.
NODE_ID_PATTERN = r"^[a-z][a-z0-9_]{0,62}$"
PORT_ID_PATTERN = r"^[a-z][a-z0-9_]{0,62}$"

WorkflowIdField = Annotated[str, StringConstraints(pattern=WORKFLOW_ID_PATTERN)]
NodeIdField = Annotated[str, StringConstraints(pattern=NODE_ID_PATTERN)]
# As many characters as Airflow's tags may have.
TagField = Annotated[str, StringConstraints(max_length=100)]
PortIdField = Annotated[str, StringConstraints(pattern=PORT_ID_PATTERN)]

"""Test one step of a draft."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flowforge_provider.api.datamodels.step_tests import (
    StepTestBody,
    StepTestPlanResponse,
    StepTestResponse,
    StepTestStarted,
)
from flowforge_provider.api.security import authorize, user_name
from flowforge_provider.api.services.execution_lists import explain_failure
from flowforge_provider.api.services.pins import unknown_node
from flowforge_provider.graph.load import load_graph
from flowforge_provider.nodes.describe import untestable
from flowforge_provider.nodes.registry import get_registry
from flowforge_provider.runs.failures import FailedStep
from flowforge_provider.runs.masking import mask
from flowforge_provider.settings import STEP_TEST_DAG_ID
from flowforge_provider.step_tests.reading import TestResult, read_test
from flowforge_provider.step_tests.sample import Sample, Surroundings, collect_sample, surroundings_of
from flowforge_provider.step_tests.start import check_node, make_document, start_test
from flowforge_provider.store.workflows import get_workflow

if TYPE_CHECKING:
    from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
    from sqlalchemy.orm import Session

    from flowforge_provider.api.datamodels.execution_parts import Failure
    from flowforge_provider.graph.models import Graph, Node
    from flowforge_provider.nodes.payload.messages import Language

__all__ = ["begin_test", "plan_test", "show_test"]


def begin_test(
    workflow_id: str,
    node_id: str,
    body: StepTestBody,
    *,
    user: BaseUser,
    base_url: str,
    language: Language = "en",
    session: Session,
) -> StepTestStarted:
    """
    Start the test of a node of a draft.

    :param base_url: address of Airflow's pages
    :param language: of what is said about a failure
    :raises NotFoundError: there is no such workflow, node, execution or delivery
    :raises ConflictError: such a step cannot be tested, or none can while all work is paused
    :raises TooManyTestsError: the user has as many tests under way as one may have
    :raises GraphValidationError: its parameters have errors, or data is missing
    :raises ApiError: 403 the step starts a workflow that the user may not run
    """
    graph, node = _read(workflow_id, node_id, parameters=body.parameters, session=session)
    node_type = check_node(node, graph)
    for _, target in node_type.starts_workflows(node.parameters):
        authorize(user=user, action="run", workflow_id=target)
    around, sample = _sample(graph, node, body, session=session)
    document = make_document(node, node_type, graph, around, sample)
    test_id = start_test(document, user=user_name(user), session=session)
    result = read_test(test_id, workflow_id=workflow_id, node_id=node_id, session=session)
    shown = show_test(result, base_url=base_url, language=language, session=session)
    seen = {"trigger", "item", *document.data["steps"]}
    return StepTestStarted(
        **shown.model_dump(),
        sources={name: source for name, source in sample.sources.items() if name in seen},
    )


def plan_test(
    workflow_id: str, node_id: str, body: StepTestBody, *, language: Language = "en", session: Session
) -> StepTestPlanResponse:
    """
    Tell whether a node can be tested, and what data it would see.

    :param language: of the reason why it cannot
    :raises NotFoundError: there is no such workflow, node, execution or delivery
    """
    graph, node = _read(workflow_id, node_id, parameters=body.parameters, session=session)
    node_type = get_registry().find(node.type, node.type_version)
    reason = untestable(node_type, language=language) if node_type is not None else "?"
    around, sample = _sample(graph, node, body, session=session)
    data: dict[str, Any] = {"trigger": sample.trigger, "steps": sample.steps}
    if around.loop is not None and sample.has_item:
        data |= {"item": sample.item, "item_index": sample.item_index}
    before = around.steps() - {node_id, str(around.loop)}
    return StepTestPlanResponse(
        testable=not reason,
        reason=reason or None,
        data=mask(data),
        sources=sample.sources,
        missing=sorted(before - sample.steps.keys()),
    )


def show_test(
    result: TestResult, *, base_url: str, language: Language = "en", session: Session
) -> StepTestResponse:
    """
    Return a test as the API shows it.

    :param language: of what is said about a failure
    """
    started, ended = result.started_at, result.ended_at
    duration_s = (ended - started).total_seconds() if started is not None and ended is not None else None
    return StepTestResponse(
        id=result.id,
        workflow_id=result.workflow_id,
        node_id=result.node_id,
        state=result.state,
        created_at=result.created_at,
        started_at=started,
        ended_at=ended,
        duration_s=duration_s,
        input=result.input,
        output=result.output,
        error=result.error,
        failure=_explain(result, language=language, session=session) if result.state == "failed" else None,
        ports=result.ports,
        child_execution_id=result.child_execution_id,
        airflow_url=f"{base_url}/dags/{STEP_TEST_DAG_ID}/runs/{quote(result.id, safe='')}",
    )


def _explain(result: TestResult, *, language: Language, session: Session) -> Failure:
    draft = get_workflow(result.workflow_id, session).draft
    names = {node["id"]: node.get("name") for node in draft.get("nodes", [])}
    name = str(names.get(result.node_id) or result.node_id)
    error = result.error if isinstance(result.error, dict) else None
    failed = FailedStep(node_id=result.node_id, name=name, tries=1, max_tries=1, error=error)
    return explain_failure(failed, language=language, with_detail=True)


def _read(
    workflow_id: str, node_id: str, *, parameters: dict[str, Any] | None, session: Session
) -> tuple[Graph, Node]:
    graph = load_graph(get_workflow(workflow_id, session).draft)
    node = next((each for each in graph.nodes if each.id == node_id), None)
    if node is None:
        raise unknown_node(node_id)
    if parameters is not None:
        node = node.model_copy(update={"parameters": parameters})
        nodes = [node if each.id == node_id else each for each in graph.nodes]
        graph = graph.model_copy(update={"nodes": nodes})
    return graph, node


def _sample(graph: Graph, node: Node, body: StepTestBody, *, session: Session) -> tuple[Surroundings, Sample]:
    around = surroundings_of(node.id, graph)
    given = body.data.model_dump(exclude_unset=True) if body.data is not None else {}
    sample = collect_sample(
        graph,
        around,
        given=given,
        execution_id=body.execution_id,
        delivery_id=body.delivery_id,
        item_index=body.item_index,
        use_pins=body.use_pins,
        session=session,
    )
    # Its own output is no part of what it sees.
    sample.steps.pop(node.id, None)
    sample.sources.pop(node.id, None)
    return around, sample

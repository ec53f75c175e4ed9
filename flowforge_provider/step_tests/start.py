"""Start the test of a step."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import uuid6
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunTriggeredByType, DagRunType

from flowforge_provider.exceptions import ConflictError, GraphValidationError, StepError
from flowforge_provider.expressions import References, references
from flowforge_provider.graph.issues import Issue
from flowforge_provider.graph.validation import check_document
from flowforge_provider.nodes.describe import untestable
from flowforge_provider.nodes.parameters import inspect_parameters
from flowforge_provider.nodes.registry import get_registry
from flowforge_provider.operators.step_context import operator_class
from flowforge_provider.publishing.registration import lock_dag
from flowforge_provider.redaction.redactor import Redactor
from flowforge_provider.runs.database import get_database
from flowforge_provider.runs.sealed import seal
from flowforge_provider.runs.start import latest_dag
from flowforge_provider.settings import STEP_TEST_DAG_ID, max_nodes, max_output_bytes
from flowforge_provider.step_tests.document import CONF_KEY, PURPOSE, TestDocument
from flowforge_provider.step_tests.limits import check_limit, check_pause
from flowforge_provider.step_tests.registration import ensure_registered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from flowforge_provider.graph.models import Graph, Node
    from flowforge_provider.nodes.spec import NodeType
    from flowforge_provider.step_tests.sample import Sample, Surroundings

__all__ = ["check_node", "make_document", "start_test"]

_PREFIX = "test__"
# What a step without a timeout of its own may take.
_TIME_LIMIT_S = 300.0


def check_node(node: Node, graph: Graph) -> type[NodeType]:
    """
    Return the type of a node that can be tested.

    :param graph: the draft, with the node as it is to be tested
    :raises ConflictError: such a step cannot be tested; code ``step-not-testable``
    :raises GraphValidationError: its parameters have errors; carries all of them
    """
    node_type = get_registry().find(node.type, node.type_version)
    reason = (
        untestable(node_type) if node_type is not None else f'The node type "{node.type}" is not installed.'
    )
    if node_type is None or reason:
        raise ConflictError(reason, code="step-not-testable")
    try:
        operator_class(node.type, node.type_version)
    except StepError as error:
        raise ConflictError(error.message, code="step-not-testable") from error
    _, issues = check_document(graph.model_dump(mode="json"), max_nodes=max_nodes())
    wrong = [issue for issue in issues if issue.node_id == node.id and _is_in_the_way(issue)]
    if wrong:
        raise GraphValidationError(wrong)
    return node_type


def make_document(
    node: Node, node_type: type[NodeType], graph: Graph, around: Surroundings, sample: Sample
) -> TestDocument:
    """
    Return what a test is told, with the data that the node may see and no more.

    :raises GraphValidationError: data is missing that it needs, or there is too much; codes
        ``sample-missing``, ``sample-too-large``
    """
    templates, _ = inspect_parameters(node_type.parameters, node.parameters)
    used = references([template.text for template in templates])
    missing = _missing(node, used, around, sample)
    if missing:
        raise GraphValidationError(
            missing, message="The step cannot be tested: there is no sample data for all that it needs."
        )
    wanted = around.steps() if used.whole_steps else used.steps | set(around.before.get(node.id, ()))
    redactor = Redactor(graph.settings.redact, scope=graph.id)
    data: dict[str, Any] = {
        "trigger": redactor.seal_trigger(sample.trigger),
        "steps": {
            each: redactor.seal_given(output, step=each)
            for each, output in sample.steps.items()
            if each in wanted
        },
    }
    if around.loop is not None:
        item = redactor.seal_given(sample.item, step=around.loop, part="item")
        data |= {"item": item, "item_index": sample.item_index}
    limit = 2 * max_output_bytes()
    size = len(json.dumps(data))
    if size > limit:
        issue = Issue(
            code="sample-too-large",
            message=f"The sample data has {size} bytes as JSON; at most {limit} are allowed. Pin smaller "
            "samples.",
            node_id=node.id,
        )
        raise GraphValidationError([issue], message="The step cannot be tested: its data is too large.")
    return TestDocument(
        workflow_id=graph.id,
        workflow_name=graph.name,
        timezone=graph.settings.timezone,
        variables=graph.settings.variables,
        redact=graph.settings.redact,
        node_id=node.id,
        operator=node_type.operator,
        parameters=node.parameters,
        timeout_s=min(node.timeout_s or _TIME_LIMIT_S, 3000.0),
        loop=around.loop,
        before=around.before,
        triggers=around.triggers,
        data=data,
    )


def start_test(document: TestDocument, *, user: str, session: Session) -> str:
    """
    Start a test, and return its id.

    :param session: only reads
    :raises ConflictError: nothing starts now; code ``step-tests-paused``
    :raises TooManyTestsError: the user has as many under way as one may have
    """
    seq = ensure_registered(session)
    session.rollback()
    run_id = f"{_PREFIX}{uuid6.uuid7().hex}"
    conf = {
        "workflow_id": document.workflow_id,
        "node_id": document.node_id,
        CONF_KEY: seal(
            document.model_dump(mode="json"), purpose=PURPOSE, dag_id=STEP_TEST_DAG_ID, run_id=run_id
        ),
    }

    def work(session: Session) -> None:
        # One start at a time, so that the count is exact, and a pause comes before it or after it.
        lock_dag(STEP_TEST_DAG_ID, session=session)
        check_pause(session)
        check_limit(user, session=session)
        latest_dag(STEP_TEST_DAG_ID, seq=seq, session=session).dag.create_dagrun(
            run_id=run_id,
            run_after=datetime.now(tz=timezone.utc),
            conf=conf,
            run_type=DagRunType.MANUAL,
            triggered_by=DagRunTriggeredByType.REST_API,
            triggering_user_name=user,
            state=DagRunState.QUEUED,
            session=session,
        )

    get_database().transaction(work)
    return run_id


def _is_in_the_way(issue: Issue) -> bool:
    # How the node is connected does not matter to the step by itself.
    return issue.severity == "error" and (issue.field or "").startswith("parameters")


def _missing(node: Node, used: References, around: Surroundings, sample: Sample) -> list[Issue]:
    if around.loop is not None and {"item", "item_index"} & used.names and not sample.has_item:
        return [
            _issue(
                node,
                f'there is no item of the loop "{around.loop}" to test it with. Choose an execution, or '
                "give one.",
            )
        ]
    needed = used.steps & around.steps()
    if node.type in _TAKES_WHAT_LEADS_HERE and not needed and not node.parameters.get("input"):
        direct = set(around.before.get(node.id, ())) - around.triggers.keys() - {around.loop}
        # A merge goes on with the ways that were taken, of which one is enough.
        if direct and not direct & sample.steps.keys():
            needed = frozenset(direct)
    return [
        _issue(
            node,
            f'there is no sample data of step "{each}". Pin an output to it, choose an execution, or '
            "give one.",
        )
        for each in sorted(needed - sample.steps.keys() - {str(around.loop)})
    ]


_TAKES_WHAT_LEADS_HERE: Mapping[str, None] = dict.fromkeys(("merge", "transform"))


def _issue(node: Node, text: str) -> Issue:
    return Issue(code="sample-missing", message=f'Node "{node.label}": {text}', node_id=node.id)

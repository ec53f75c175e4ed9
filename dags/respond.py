"""
Price of an order

Answers with the price, or with an error when nothing was ordered.

Compiled by FlowForge from the workflow example_respond. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/example_respond; publishing it there replaces this file.
"""

from airflow.sdk import DAG, Label
from flowforge_provider.operators.branch import IfOperator
from flowforge_provider.operators.respond import RespondOperator
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="example_respond",
    dag_display_name="Price of an order",
    description="Answers with the price, or with an error when nothing was ordered.",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    tags=["example", "flowforge"],
) as dag:
    start = TriggerOperator(
        task_id="start",
        task_display_name="Order",
        trigger_type="manual",
        doc_md="Takes an order.",
    )

    valid = IfOperator(
        task_id="valid",
        task_display_name="Anything ordered?",
        conditions={
            "conditions": [
                {"left": "{{ trigger.body.quantity }}", "type": "number", "operator": "greater", "right": 0},
            ],
        },
        ports={"false": ["refuse"], "true": ["answer"]},
        retries=0,
    )

    answer = RespondOperator(
        task_id="answer",
        task_display_name="Answer with the price",
        body={"total": "{{ trigger.body.quantity * trigger.body.price }}"},
        retries=0,
    )

    log = TransformOperator(
        task_id="log",
        task_display_name="Keep a record",
        operations=[
            {
                "operation": "set_fields",
                "fields": [{"name": "answered", "value": "{{ steps.answer.status }}"}],
            },
        ],
        retries=0,
        doc_md="Goes on after the answer.",
    )

    refuse = RespondOperator(
        task_id="refuse",
        task_display_name="Refuse",
        status=422,
        content="text",
        text="The quantity must be above 0.",
        retries=0,
    )

    start >> valid >> Label("true") >> answer >> log
    valid >> Label("false") >> refuse

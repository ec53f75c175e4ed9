"""
Stop early

Ends as a success when there is nothing to do, and as a failure when the order is damaged.

Compiled by FlowForge from the workflow example_stop. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/example_stop; publishing it there replaces this file.
"""

from airflow.sdk import DAG, Label
from flowforge_provider.operators.branch import SwitchOperator
from flowforge_provider.operators.stop import StopOperator
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="example_stop",
    dag_display_name="Stop early",
    description="Ends as a success when there is nothing to do, and as a failure when the order is damaged.",
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

    check = SwitchOperator(
        task_id="check",
        task_display_name="What is it?",
        cases=[
            {
                "id": "damaged",
                "label": "Damaged",
                "conditions": {
                    "conditions": [
                        {"left": "{{ trigger.body.items }}", "type": "any", "operator": "not_exists"},
                    ],
                },
            },
            {
                "id": "empty",
                "label": "Empty",
                "conditions": {
                    "conditions": [
                        {"left": "{{ trigger.body.items }}", "type": "list", "operator": "is_empty"},
                    ],
                },
            },
        ],
        ports={"damaged": ["fail"], "default": ["pack"], "empty": ["done"]},
        retries=0,
    )

    done = StopOperator(
        task_id="done",
        task_display_name="Nothing to do",
        outcome="success",
        message="Order {{ trigger.body.id }} is empty.",
        retries=0,
    )

    fail = StopOperator(
        task_id="fail",
        task_display_name="Damaged order",
        message="Order {{ trigger.body.id }} has no list of items.",
        retries=0,
    )

    pack = TransformOperator(
        task_id="pack",
        task_display_name="Pack",
        operations=[
            {
                "operation": "set_fields",
                "fields": [{"name": "parcels", "value": "{{ trigger.body['items'] | length }}"}],
            },
        ],
        retries=0,
    )

    start >> check >> Label("empty") >> done
    check >> Label("damaged") >> fail
    check >> Label("default") >> pack

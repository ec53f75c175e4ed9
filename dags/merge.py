"""
Orders with their customers

Joins two lists by key, beside a way that only large payloads take, and waits for both.

Compiled by FlowForge from the workflow example_merge. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/example_merge; publishing it there replaces this file.
"""

from airflow.sdk import DAG, Label
from flowforge_provider.operators.branch import IfOperator
from flowforge_provider.operators.merge import MergeOperator
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="example_merge",
    dag_display_name="Orders with their customers",
    description="Joins two lists by key, beside a way that only large payloads take, and waits for both.",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    tags=["example", "flowforge"],
) as dag:
    start = TriggerOperator(
        task_id="start",
        task_display_name="Lists",
        trigger_type="manual",
        doc_md="Takes orders and customers.",
    )

    join = MergeOperator(
        task_id="join",
        task_display_name="Join by customer",
        mode="join",
        left="{{ trigger.body.orders }}",
        right="{{ trigger.body.customers }}",
        keys=[{"left": "customer_id", "right": "id"}],
        rows="left",
        retries=0,
        doc_md="An order without a known customer stays.",
    )

    many = IfOperator(
        task_id="many",
        task_display_name="Many orders?",
        conditions={
            "conditions": [
                {
                    "left": "{{ trigger.body.orders }}",
                    "type": "list",
                    "operator": "length_greater",
                    "right": 100,
                },
            ],
        },
        ports={"true": ["warn"]},
        retries=0,
    )

    warn = TransformOperator(
        task_id="warn",
        task_display_name="Warn",
        operations=[{"operation": "set_fields", "fields": [{"name": "warning", "value": "That is a lot."}]}],
        retries=0,
        doc_md="Skipped for the sample.",
    )

    all_ = MergeOperator(
        task_id="all",
        task_display_name="Wait for both",
        retries=0,
        trigger_rule="none_failed_min_one_success",
        doc_md="null stands for the way that was skipped.",
    )

    start >> [join, many]
    join >> all_
    many >> Label("true") >> warn >> all_

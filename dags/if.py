"""
Free delivery

Large orders, and those of members, are delivered free of charge.

Compiled by FlowForge from the workflow example_if. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/example_if; publishing it there replaces this file.
"""

from airflow.sdk import DAG, Label
from flowforge_provider.operators.branch import IfOperator
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="example_if",
    dag_display_name="Free delivery",
    description="Large orders, and those of members, are delivered free of charge.",
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

    is_free = IfOperator(
        task_id="is_free",
        task_display_name="Delivered free?",
        conditions={
            "match": "any",
            "conditions": [
                {
                    "left": "{{ trigger.body.total }}",
                    "type": "number",
                    "operator": "greater_or_equal",
                    "right": 150,
                },
            ],
            "groups": [
                {
                    "match": "all",
                    "conditions": [
                        {
                            "left": "{{ trigger.body.customer.level }}",
                            "type": "text",
                            "operator": "in_list",
                            "right": ["silver", "gold"],
                        },
                        {
                            "left": "{{ trigger.body.customer.country }}",
                            "type": "text",
                            "operator": "matches",
                            "right": "^(DE|FR|IT)$",
                        },
                    ],
                },
            ],
        },
        ports={"false": ["paid"], "true": ["free"]},
        retries=0,
        doc_md="Large enough, or a member inside the union.",
    )

    free = TransformOperator(
        task_id="free",
        task_display_name="Free",
        operations=[{"operation": "set_fields", "fields": [{"name": "delivery", "value": 0}]}],
        retries=0,
    )

    paid = TransformOperator(
        task_id="paid",
        task_display_name="Paid",
        operations=[
            {
                "operation": "set_fields",
                "fields": [{"name": "delivery", "value": "{{ 4.9 if trigger.body.total > 50 else 9.9 }}"}],
            },
        ],
        retries=0,
    )

    start >> is_free >> Label("true") >> free
    is_free >> Label("false") >> paid

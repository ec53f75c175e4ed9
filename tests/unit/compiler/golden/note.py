"""
A drawing with notes

Notes explain a drawing. They take no part in runs.

Compiled by FlowForge from the workflow example_note. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/example_note; publishing it there replaces this file.
"""

from airflow.sdk import DAG
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="example_note",
    dag_display_name="A drawing with notes",
    description="Notes explain a drawing. They take no part in runs.",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    default_args={"variables": {"rate": 0.19}},
    tags=["example", "flowforge"],
) as dag:
    start = TriggerOperator(
        task_id="start",
        task_display_name="Price",
        trigger_type="manual",
    )

    gross = TransformOperator(
        task_id="gross",
        task_display_name="Add VAT",
        operations=[
            {
                "operation": "set_fields",
                "fields": [{"name": "gross", "value": "{{ trigger.body.price * (1 + vars.rate) }}"}],
            },
        ],
        retries=0,
    )

    start >> gross

"""
Check prices

Starts when the workflow "Load prices" has updated the asset "example_prices", and looks at what
came with the update.

Compiled by FlowForge from the workflow asset. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/asset; publishing it there replaces this file.
"""

from airflow.sdk import DAG, Asset
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="asset",
    dag_display_name="Check prices",
    description='Starts when the workflow "Load prices" has updated the asset "example_prices", and looks at what came with the update.',
    doc_md=__doc__,
    schedule=Asset("example_prices"),
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    tags=["example", "flowforge"],
) as dag:
    updated = TriggerOperator(
        task_id="updated",
        task_display_name="Prices were updated",
        trigger_type="asset",
        doc_md="Updates that come while a run is made may be in one run together.",
    )

    sum_ = TransformOperator(
        task_id="sum",
        task_display_name="Sum up",
        operations=[
            {
                "operation": "set_fields",
                "fields": [
                    {"name": "rows", "value": "{{ trigger.body.events[-1].extra.rows }}"},
                    {"name": "highest", "value": "{{ trigger.body.events[-1].extra.prices | max }}"},
                    {"name": "source", "value": "{{ trigger.body.events[-1].source.workflow_id }}"},
                ],
            },
        ],
        retries=0,
        doc_md="Reads the newest update.",
    )

    updated >> sum_

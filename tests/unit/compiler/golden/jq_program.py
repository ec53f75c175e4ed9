"""
Jq program

Compiled by FlowForge from the workflow jq_program. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/jq_program; publishing it there replaces this file.
"""

from airflow.sdk import DAG
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="jq_program",
    dag_display_name="Jq program",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    tags=["flowforge"],
) as dag:
    start = TriggerOperator(
        task_id="start",
        trigger_type="manual",
    )

    pick = TransformOperator(
        task_id="pick",
        input="{{ trigger.body }}",
        operations=[
            {
                "operation": "jq",
                "program": (
                    "# the dearest three\n"
                    ".items\n"
                    "| sort_by(-.price)\n"
                    "| .[:3]\n"
                    '| map({name, price, "label": "\\(.name): \\(.price)"})\n'
                ),
            },
        ],
        retries=0,
    )

    start >> pick

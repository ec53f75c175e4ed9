"""
Stop

Compiled by FlowForge from the workflow stop. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/stop; publishing it there replaces this file.
"""

from airflow.sdk import DAG, Label
from flowforge_provider.operators.stop import StopOperator
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="stop",
    dag_display_name="Stop",
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

    a = TransformOperator(
        task_id="a",
        operations=[{"operation": "set_fields", "fields": [{"name": "done", "value": True}]}],
        ports={"success": ["end"], "error": ["fail"]},
        retries=0,
    )

    end = StopOperator(
        task_id="end",
        outcome="success",
        message="Done.",
        retries=0,
    )

    fail = StopOperator(
        task_id="fail",
        retries=0,
    )

    start >> a >> end
    a >> Label("error") >> fail

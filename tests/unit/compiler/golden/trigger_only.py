"""
Trigger only

Compiled by FlowForge from the workflow trigger_only. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/trigger_only; publishing it there replaces this file.
"""

from airflow.sdk import DAG
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="trigger_only",
    dag_display_name="Trigger only",
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

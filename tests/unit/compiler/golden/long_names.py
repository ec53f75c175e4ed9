"""
Long names

Compiled by FlowForge from the workflow long_names. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/long_names; publishing it there replaces this file.
"""

from airflow.sdk import DAG, Label
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="long_names",
    dag_display_name="Long names",
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

    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa = TransformOperator(
        task_id="aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        operations=[{"operation": "set_fields", "fields": [{"name": "done", "value": True}]}],
        ports={"error": ["bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"]},
        retries=0,
    )

    bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb = TransformOperator(
        task_id="bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
        operations=[{"operation": "set_fields", "fields": [{"name": "done", "value": True}]}],
        retries=0,
    )

    (
        start
        >> aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
        >> Label("error")
        >> bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
    )

"""
Many ways

Compiled by FlowForge from the workflow many_ways. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/many_ways; publishing it there replaces this file.
"""

from airflow.sdk import DAG
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="many_ways",
    dag_display_name="Many ways",
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
        retries=0,
    )

    b = TransformOperator(
        task_id="b",
        operations=[{"operation": "set_fields", "fields": [{"name": "done", "value": True}]}],
        retries=0,
    )

    c = TransformOperator(
        task_id="c",
        operations=[{"operation": "set_fields", "fields": [{"name": "done", "value": True}]}],
        retries=0,
    )

    d = TransformOperator(
        task_id="d",
        operations=[{"operation": "set_fields", "fields": [{"name": "done", "value": True}]}],
        retries=0,
        trigger_rule="none_failed_min_one_success",
    )

    e = TransformOperator(
        task_id="e",
        operations=[{"operation": "set_fields", "fields": [{"name": "done", "value": True}]}],
        retries=0,
    )

    f = TransformOperator(
        task_id="f",
        operations=[{"operation": "set_fields", "fields": [{"name": "done", "value": True}]}],
        retries=0,
    )

    end = TransformOperator(
        task_id="end",
        operations=[{"operation": "set_fields", "fields": [{"name": "done", "value": True}]}],
        retries=0,
        trigger_rule="none_failed_min_one_success",
    )

    start >> [a, b, c]
    a >> d >> end
    b >> d
    c >> e >> f >> end

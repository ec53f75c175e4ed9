"""
Refunds

Compiled by FlowForge from the workflow refunds. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/refunds; publishing it there replaces this file.
"""

from datetime import timedelta

from airflow.sdk import DAG
from flowforge_provider.operators.retry import StepRetryPolicy
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator
from flowforge_provider.operators.which_trigger import WhichTriggerOperator

with DAG(
    dag_id="refunds",
    dag_display_name="Refunds",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    tags=["flowforge"],
) as dag:
    which_trigger = WhichTriggerOperator(
        task_id="which-trigger",
        retries=3,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=1),
        retry_policy=StepRetryPolicy(),
    )

    by_hand = TriggerOperator(
        task_id="by_hand",
        trigger_type="manual",
    )

    hook = TriggerOperator(
        task_id="hook",
        trigger_type="webhook",
    )

    checked = TransformOperator(
        task_id="checked",
        operations=[
            {"operation": "set_fields", "fields": [{"name": "id", "value": "{{ trigger.body.id }}"}]},
        ],
        retries=0,
    )

    trusted = TransformOperator(
        task_id="trusted",
        operations=[
            {"operation": "set_fields", "fields": [{"name": "id", "value": "{{ trigger.body.id }}"}]},
        ],
        retries=0,
    )

    which_trigger >> [by_hand, hook]
    by_hand >> trusted
    hook >> checked

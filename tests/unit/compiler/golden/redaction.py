"""
Redaction

Compiled by FlowForge from the workflow redaction. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/redaction; publishing it there replaces this file.
"""

from airflow.sdk import DAG
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="redaction",
    dag_display_name="Redaction",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    default_args={"redact": ["$.trigger.body.card", "$.steps.total.output.total"]},
    tags=["flowforge"],
) as dag:
    start = TriggerOperator(
        task_id="start",
        trigger_type="manual",
    )

    total = TransformOperator(
        task_id="total",
        operations=[
            {
                "operation": "set_fields",
                "fields": [{"name": "total", "value": "{{ trigger.body.quantity }}"}],
            },
        ],
        retries=0,
    )

    start >> total

"""
Problem reports

A public page on which people report a problem, with a picture if they have one; each report is one
run.

Compiled by FlowForge from the workflow form. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/form; publishing it there replaces this file.
"""

from airflow.sdk import DAG
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="form",
    dag_display_name="Problem reports",
    description="A public page on which people report a problem, with a picture if they have one; each report is one run.",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    tags=["example", "flowforge"],
) as dag:
    form = TriggerOperator(
        task_id="form",
        task_display_name="Report form",
        trigger_type="form",
        doc_md="After publishing, the page is open at the address that the node's panel shows.",
    )

    ticket = TransformOperator(
        task_id="ticket",
        task_display_name="Make a ticket",
        operations=[
            {
                "operation": "set_fields",
                "fields": [
                    {"name": "title", "value": "{{ trigger.body.topic }}: {{ trigger.body.email }}"},
                    {"name": "priority", "value": "{{ 'high' if trigger.body.urgent else 'normal' }}"},
                    {"name": "text", "value": "{{ trigger.body.text }}"},
                ],
            },
        ],
        retries=0,
        doc_md="A field that was left empty is not in trigger.body.",
    )

    form >> ticket

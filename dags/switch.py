"""
Sort tickets

Sends each ticket to the right people; one may concern several.

Compiled by FlowForge from the workflow example_switch. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/example_switch; publishing it there replaces this file.
"""

from airflow.sdk import DAG, Label
from flowforge_provider.operators.branch import SwitchOperator
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="example_switch",
    dag_display_name="Sort tickets",
    description="Sends each ticket to the right people; one may concern several.",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    tags=["example", "flowforge"],
) as dag:
    start = TriggerOperator(
        task_id="start",
        task_display_name="Ticket",
        trigger_type="manual",
        doc_md="Takes a ticket.",
    )

    sort = SwitchOperator(
        task_id="sort",
        task_display_name="Who is concerned?",
        cases=[
            {
                "id": "outage",
                "label": "Outage",
                "conditions": {
                    "conditions": [
                        {
                            "left": "{{ trigger.body.title }}",
                            "operator": "matches",
                            "right": "\\b(down|outage)\\b",
                            "ignore_case": True,
                        },
                    ],
                },
            },
            {
                "id": "money",
                "label": "Money",
                "conditions": {
                    "match": "any",
                    "conditions": [
                        {
                            "left": "{{ trigger.body.title }}",
                            "operator": "contains",
                            "right": "refund",
                            "ignore_case": True,
                        },
                        {
                            "left": "{{ trigger.body.tags }}",
                            "type": "list",
                            "operator": "contains",
                            "right": "billing",
                        },
                    ],
                },
            },
            {
                "id": "urgent",
                "label": "Urgent",
                "conditions": {
                    "conditions": [
                        {
                            "left": "{{ trigger.body.priority }}",
                            "type": "number",
                            "operator": "less_or_equal",
                            "right": 1,
                        },
                    ],
                },
            },
        ],
        match="all",
        ports={
            "default": ["support"],
            "money": ["accounting"],
            "outage": ["engineers"],
            "urgent": ["manager"],
        },
        retries=0,
        doc_md="All cases that apply are followed.",
    )

    accounting = TransformOperator(
        task_id="accounting",
        task_display_name="Accounting",
        operations=[
            {"operation": "set_fields", "fields": [{"name": "to", "value": "accounting@example.com"}]},
        ],
        retries=0,
    )

    engineers = TransformOperator(
        task_id="engineers",
        task_display_name="Engineers",
        operations=[
            {"operation": "set_fields", "fields": [{"name": "to", "value": "engineers@example.com"}]},
        ],
        retries=0,
    )

    manager = TransformOperator(
        task_id="manager",
        task_display_name="Manager on duty",
        operations=[{"operation": "set_fields", "fields": [{"name": "to", "value": "duty@example.com"}]}],
        retries=0,
    )

    support = TransformOperator(
        task_id="support",
        task_display_name="Support",
        operations=[{"operation": "set_fields", "fields": [{"name": "to", "value": "support@example.com"}]}],
        retries=0,
    )

    start >> sort >> Label("money") >> accounting
    sort >> Label("outage") >> engineers
    sort >> Label("urgent") >> manager
    sort >> Label("default") >> support

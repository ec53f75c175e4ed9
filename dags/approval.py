"""
Refund with approval

Asks a person before it refunds an order.

Compiled by FlowForge from the workflow approval. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/approval; publishing it there replaces this file.
"""

from datetime import timedelta

from airflow.sdk import DAG, Label
from flowforge_provider.operators.approval import ApprovalOperator
from flowforge_provider.operators.retry import StepRetryPolicy
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="approval",
    dag_display_name="Refund with approval",
    description="Asks a person before it refunds an order.",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    tags=["example", "flowforge"],
) as dag:
    start = TriggerOperator(
        task_id="start",
        task_display_name="Start",
        trigger_type="manual",
        doc_md="Takes the order that somebody wants their money back for.",
    )

    ask = ApprovalOperator(
        task_id="ask",
        task_display_name="Ask for an approval",
        title="Refund order {{ trigger.body.order }}?",
        body="**{{ trigger.body.customer }}** asks for {{ trigger.body.amount }} EUR back.",
        fields=[
            {
                "name": "amount",
                "label": "Amount, EUR",
                "type": "number",
                "default": "{{ trigger.body.amount }}",
                "required": True,
            },
            {
                "name": "way",
                "label": "Pay back by",
                "type": "select",
                "options": ["card", "voucher"],
                "default": "card",
            },
            {"name": "comment", "label": "Comment", "type": "long_text"},
        ],
        expiry="expired",
        expires_after=2,
        expires_unit="days",
        ports={"approved": ["refund"], "expired": ["remind"], "rejected": ["refuse"]},
        retries=2,
        retry_delay=timedelta(seconds=5),
        retry_policy=StepRetryPolicy(),
        doc_md="Open the run to answer; Airflow's page of required actions shows the question, too.",
    )

    refund = TransformOperator(
        task_id="refund",
        task_display_name="Refund",
        operations=[
            {
                "operation": "set_fields",
                "fields": [
                    {"name": "refund", "value": '{{ steps.ask["values"].amount }}'},
                    {"name": "way", "value": '{{ steps.ask["values"].way }}'},
                    {"name": "approved_by", "value": "{{ steps.ask.by.name }}"},
                ],
            },
        ],
        retries=0,
        doc_md="Stands for the call that pays the money back.",
    )

    refuse = TransformOperator(
        task_id="refuse",
        task_display_name="Refuse",
        operations=[
            {
                "operation": "set_fields",
                "fields": [
                    {"name": "refund", "value": 0},
                    {"name": "refused_by", "value": "{{ steps.ask.by.name }}"},
                ],
            },
        ],
        retries=0,
        doc_md="Tells the customer.",
    )

    remind = TransformOperator(
        task_id="remind",
        task_display_name="Remind",
        operations=[
            {
                "operation": "set_fields",
                "fields": [
                    {"name": "refund", "value": None},
                    {"name": "expired_at", "value": "{{ steps.ask.at }}"},
                ],
            },
        ],
        retries=0,
        doc_md="Nobody has answered within two days.",
    )

    start >> ask >> Label("approved") >> refund
    ask >> Label("rejected") >> refuse
    ask >> Label("expired") >> remind

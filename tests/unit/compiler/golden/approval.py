"""
Approval

Compiled by FlowForge from the workflow approval. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/approval; publishing it there replaces this file.
"""

from datetime import timedelta

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Label
from flowforge_provider.operators.approval import ApprovalOperator
from flowforge_provider.operators.retry import StepRetryPolicy
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="approval",
    dag_display_name="Approval",
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

    ask = ApprovalOperator(
        task_id="ask",
        task_display_name="Ask",
        title="Refund order {{ trigger.body.order }}?",
        body="**{{ trigger.body.customer }}** asks for {{ trigger.body.amount }} EUR back.",
        approvers=["ann"],
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
        approve_label="Pay",
        expiry="expired",
        expires_after=2,
        expires_unit="days",
        ports={"approved": ["pay"], "expired": ["ask-expired"], "rejected": ["ask-rejected"]},
        retries=2,
        retry_delay=timedelta(seconds=5),
        retry_policy=StepRetryPolicy(),
    )

    ask_expired = EmptyOperator(
        task_id="ask-expired",
    )

    ask_rejected = EmptyOperator(
        task_id="ask-rejected",
    )

    pay = TransformOperator(
        task_id="pay",
        operations=[
            {"operation": "set_fields", "fields": [{"name": "by", "value": "{{ steps.ask.by.name }}"}]},
        ],
        retries=0,
    )

    end = TransformOperator(
        task_id="end",
        operations=[
            {
                "operation": "set_fields",
                "fields": [{"name": "decision", "value": "{{ steps.ask.decision }}"}],
            },
        ],
        retries=0,
        trigger_rule="none_failed_min_one_success",
    )

    start >> ask >> Label("expired") >> ask_expired >> end
    ask >> Label("rejected") >> ask_rejected >> end
    ask >> Label("approved") >> pay >> end

"""
Orders by email

Takes orders that arrive by email, reads what is wanted, and answers the sender.

Compiled by FlowForge from the workflow email_receive. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/email_receive; publishing it there replaces this file.
"""

from datetime import timedelta

from airflow.sdk import DAG
from flowforge_provider.operators.email import EmailOperator
from flowforge_provider.operators.retry import StepRetryPolicy
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="email_receive",
    dag_display_name="Orders by email",
    description="Takes orders that arrive by email, reads what is wanted, and answers the sender.",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    default_args={"variables": {"shop": "Example Shop"}},
    tags=["example", "flowforge"],
) as dag:
    mail = TriggerOperator(
        task_id="mail",
        task_display_name="An email",
        trigger_type="email.receive",
        doc_md="Each message starts one run, and moves into the folder Done.",
    )

    order = TransformOperator(
        task_id="order",
        task_display_name="Read the order",
        input="{{ trigger.body }}",
        operations=[
            {
                "operation": "jq",
                "program": '.text | capture("(?<quantity>[0-9]+) pieces of (?<product>[0-9]+)")',
            },
        ],
        retries=0,
    )

    answer = EmailOperator(
        task_id="answer",
        task_display_name="Answer the sender",
        connection_id="mail_server",
        sender="{{ vars.shop }} <shop@example.com>",
        to=["{{ trigger.body['from'].address }}"],
        subject="Re: {{ trigger.body.subject }}",
        text="Thank you. {{ steps.order.quantity }} pieces of {{ steps.order.product }} are on their way.\n",
        headers=[{"name": "In-Reply-To", "value": "{{ trigger.body.message_id }}"}],
        retries=3,
        retry_delay=timedelta(seconds=10),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=10),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "rate_limit", "429", "5xx", "smtp-temporary"],
            never_on=["resend-quota"],
        ),
        doc_md="The header makes it part of the same conversation.",
    )

    mail >> order >> answer

"""
Order confirmation by email

Thanks a customer for an order, with the order attached as a file.

Compiled by FlowForge from the workflow email_send. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/email_send; publishing it there replaces this file.
"""

from datetime import timedelta

from airflow.sdk import DAG
from flowforge_provider.operators.email import EmailOperator
from flowforge_provider.operators.retry import StepRetryPolicy
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="email_send",
    dag_display_name="Order confirmation by email",
    description="Thanks a customer for an order, with the order attached as a file.",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    default_args={"variables": {"shop": "Example Shop"}},
    tags=["example", "flowforge"],
) as dag:
    manual = TriggerOperator(
        task_id="manual",
        task_display_name="An order",
        trigger_type="manual",
        doc_md="Start it with an order.",
    )

    confirm = EmailOperator(
        task_id="confirm",
        task_display_name="Thank the customer",
        connection_id="mail_server",
        sender="{{ vars.shop }} <shop@example.com>",
        to=["{{ trigger.body.customer }} <{{ trigger.body.email }}>"],
        bcc=["orders@example.com"],
        reply_to=["help@example.com"],
        subject="Order {{ trigger.body.id }}",
        body_type="markdown",
        markdown=(
            "# Thank you, {{ trigger.body.customer }}\n"
            "\n"
            "Your order **{{ trigger.body.id }}** is on its way:\n"
            "\n"
            "| What | How many |\n"
            "|---|---|\n"
            "| {{ trigger.body['items'][0].name }} | {{ trigger.body['items'][0].quantity }} |\n"
        ),
        attachments=[
            {
                "source": "step",
                "file": {
                    "filename": "order.json",
                    "content_type": "application/json",
                    "base64": "{{ trigger.body | tojson | b64encode }}",
                },
            },
        ],
        headers=[{"name": "X-Order", "value": "{{ trigger.body.id }}"}],
        retries=3,
        retry_delay=timedelta(seconds=10),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=10),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "rate_limit", "429", "5xx", "smtp-temporary"],
            never_on=["resend-quota"],
        ),
        doc_md="Any mail server. With a connection of type resend, Resend sends it.",
    )

    manual >> confirm

"""
Email

Compiled by FlowForge from the workflow email_send. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/email_send; publishing it there replaces this file.
"""

from datetime import timedelta

from airflow.sdk import DAG, Label
from flowforge_provider.operators.email import EmailOperator
from flowforge_provider.operators.retry import StepRetryPolicy
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="email_send",
    dag_display_name="Email",
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

    smtp = EmailOperator(
        task_id="smtp",
        connection_id="mail_server",
        sender="Shop <shop@example.com>",
        to=["{{ trigger.body.email }}", "Ann <ann@example.com>"],
        cc=["c@example.com"],
        bcc=["d@example.com"],
        reply_to=["e@example.com"],
        subject="Order {{ trigger.body.id }}",
        body_type="html",
        html="<p>Hello {{ trigger.body.name | escape }}</p>",
        text="Hello",
        attachments=[
            {"source": "url", "url": "https://example.com/a.pdf", "filename": "terms.pdf"},
            {"source": "step", "file": "{{ trigger.body.file }}", "content_id": "logo"},
        ],
        headers=[{"name": "X-Order", "value": "{{ trigger.body.id }}"}],
        ports={"success": ["resend"], "error": ["failed"]},
        retries=3,
        retry_delay=timedelta(seconds=10),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=10),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "rate_limit", "429", "5xx", "smtp-temporary"],
            never_on=["resend-quota"],
        ),
    )

    failed = EmailOperator(
        task_id="failed",
        connection_id="mail_server",
        to=["ops@example.com"],
        subject="Not sent",
        text="{{ steps.smtp.error.message }}",
        retries=3,
        retry_delay=timedelta(seconds=10),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=10),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "rate_limit", "429", "5xx", "smtp-temporary"],
            never_on=["resend-quota"],
        ),
    )

    resend = EmailOperator(
        task_id="resend",
        connection_id="resend",
        to=["ann@example.com"],
        subject="Later",
        body_type="markdown",
        markdown="**Hi**",
        tags=[{"name": "kind", "value": "order"}],
        scheduled_at="2030-01-31T09:00:00+01:00",
        retries=3,
        retry_delay=timedelta(seconds=10),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=10),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "rate_limit", "429", "5xx", "smtp-temporary"],
            never_on=["resend-quota"],
        ),
    )

    start >> smtp >> resend
    smtp >> Label("error") >> failed

"""
Paid order to Telegram

Tells the sales chat about a paid order: a button opens it, a file holds it.

Compiled by FlowForge from the workflow telegram_send. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/telegram_send; publishing it there replaces this file.
"""

from datetime import timedelta

from airflow.sdk import DAG
from flowforge_provider.operators.retry import StepRetryPolicy
from flowforge_provider.operators.telegram import TelegramOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="telegram_send",
    dag_display_name="Paid order to Telegram",
    description="Tells the sales chat about a paid order: a button opens it, a file holds it.",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    default_args={"variables": {"chat": "-1001234567890", "shop": "https://shop.example.com"}},
    tags=["example", "flowforge"],
) as dag:
    manual = TriggerOperator(
        task_id="manual",
        task_display_name="A paid order",
        trigger_type="manual",
        doc_md="Start it with an order.",
    )

    tell = TelegramOperator(
        task_id="tell",
        task_display_name="Tell the sales chat",
        connection_id="telegram",
        chats=["{{ vars.chat }}"],
        text="<b>Order {{ trigger.body.id }}</b> of {{ trigger.body.customer | escape }} is paid.",
        format="html",
        buttons=[{"text": "Open the order", "url": "{{ vars.shop }}/orders/{{ trigger.body.id }}"}],
        link_preview=False,
        retries=3,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=10),
        retry_policy=StepRetryPolicy(retry_on=["connection", "timeout", "rate_limit", "429", "5xx"]),
        doc_md="The connection holds the bot's token.",
    )

    attach = TelegramOperator(
        task_id="attach",
        task_display_name="Send the order as a file",
        connection_id="telegram",
        chats=["{{ vars.chat }}"],
        text="Order {{ trigger.body.id }}",
        media=[
            {
                "kind": "document",
                "source": "step",
                "file": {
                    "filename": "order.json",
                    "content_type": "application/json",
                    "base64": "{{ trigger.body | tojson | b64encode }}",
                },
            },
        ],
        silent=True,
        reply_to="{{ steps.tell.message_id }}",
        retries=3,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=10),
        retry_policy=StepRetryPolicy(retry_on=["connection", "timeout", "rate_limit", "429", "5xx"]),
        doc_md="As an answer to the first message, without a sound.",
    )

    manual >> tell >> attach

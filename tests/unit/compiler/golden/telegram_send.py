"""
Telegram

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
    dag_display_name="Telegram",
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

    plain = TelegramOperator(
        task_id="plain",
        connection_id="telegram",
        text="Hello {{ trigger.body.name }}",
        retries=3,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=10),
        retry_policy=StepRetryPolicy(retry_on=["connection", "timeout", "rate_limit", "429", "5xx"]),
    )

    rich = TelegramOperator(
        task_id="rich",
        connection_id="telegram",
        chats=["-1001234567890", "@news", "{{ trigger.body.chats }}"],
        text="*{{ trigger.body.id }}*",
        format="markdown_v2",
        media=[
            {"kind": "photo", "file": "{{ trigger.body.photo }}"},
            {"kind": "video", "source": "url", "url": "https://example.com/a.mp4"},
            {"kind": "document", "source": "file_id", "file_id": "AgAC"},
        ],
        buttons=[
            {"text": "Open", "url": "https://example.com/{{ trigger.body.id }}"},
            {"text": "Close", "url": "https://example.com/close", "new_row": False},
        ],
        link_preview=False,
        silent=True,
        protect_content=True,
        topic_id=5,
        reply_to="{{ steps.plain.message_id }}",
        retries=3,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=10),
        retry_policy=StepRetryPolicy(retry_on=["connection", "timeout", "rate_limit", "429", "5xx"]),
    )

    start >> plain >> rich

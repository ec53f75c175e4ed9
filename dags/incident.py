"""
Incident

Tells a chat about alerts; of a critical one a person decides about a restart.

Compiled by FlowForge from the workflow incident. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/incident; publishing it there replaces this file.
"""

from datetime import timedelta

from airflow.sdk import DAG, Label
from flowforge_provider.operators.approval import ApprovalOperator
from flowforge_provider.operators.branch import SwitchOperator
from flowforge_provider.operators.http import HttpOperator
from flowforge_provider.operators.retry import StepRetryPolicy
from flowforge_provider.operators.telegram import TelegramOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="incident",
    dag_display_name="Incident",
    description="Tells a chat about alerts; of a critical one a person decides about a restart.",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    default_args={"variables": {"chat": "-1001234567890"}},
    tags=["flowforge", "template"],
) as dag:
    alert = TriggerOperator(
        task_id="alert",
        task_display_name="Alert",
        trigger_type="webhook",
        doc_md="Give it a token before you let the world call it.",
    )

    triage = SwitchOperator(
        task_id="triage",
        task_display_name="How bad is it?",
        cases=[
            {
                "id": "critical",
                "label": "Critical",
                "conditions": {
                    "conditions": [
                        {
                            "left": "{{ trigger.body.severity }}",
                            "operator": "equals",
                            "right": "critical",
                            "ignore_case": True,
                        },
                    ],
                },
            },
            {
                "id": "warning",
                "label": "Warning",
                "conditions": {
                    "conditions": [
                        {
                            "left": "{{ trigger.body.severity }}",
                            "operator": "equals",
                            "right": "warning",
                            "ignore_case": True,
                        },
                    ],
                },
            },
        ],
        ports={"critical": ["page"], "warning": ["note_warning"]},
        retries=0,
    )

    note_warning = TelegramOperator(
        task_id="note_warning",
        task_display_name="Mention the warning",
        connection_id="telegram",
        chats=["{{ vars.chat }}"],
        text="\u26a0️ {{ trigger.body.service | escape }}: {{ trigger.body.message | escape }}",
        format="html",
        silent=True,
        retries=3,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=10),
        retry_policy=StepRetryPolicy(retry_on=["connection", "timeout", "rate_limit", "429", "5xx"]),
    )

    page = TelegramOperator(
        task_id="page",
        task_display_name="Wake people up",
        connection_id="telegram",
        chats=["{{ vars.chat }}"],
        text=(
            "🔥 <b>{{ trigger.body.service | escape }}</b>: {{ trigger.body.message | escape }}\n"
            "Decide about a restart: {{ run.url }}"
        ),
        format="html",
        retries=3,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=10),
        retry_policy=StepRetryPolicy(retry_on=["connection", "timeout", "rate_limit", "429", "5xx"]),
    )

    decide = ApprovalOperator(
        task_id="decide",
        task_display_name="Restart it?",
        title="Restart {{ trigger.body.service }}?",
        body="**{{ trigger.body.message }}**\n\nA restart takes the service away for about a minute.",
        fields=[{"name": "reason", "label": "Why", "type": "text"}],
        approve_label="Restart",
        reject_label="Leave it",
        expiry="expired",
        expires_after=15,
        expires_unit="minutes",
        ports={"approved": ["restart"], "expired": ["escalate"], "rejected": ["left"]},
        retries=2,
        retry_delay=timedelta(seconds=5),
        retry_policy=StepRetryPolicy(),
    )

    escalate = TelegramOperator(
        task_id="escalate",
        task_display_name="Tell: nobody answered",
        connection_id="telegram",
        chats=["{{ vars.chat }}"],
        text="\u23f0 Nobody has decided about {{ trigger.body.service | escape }} for 15 minutes.",
        format="html",
        retries=3,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=10),
        retry_policy=StepRetryPolicy(retry_on=["connection", "timeout", "rate_limit", "429", "5xx"]),
    )

    left = TelegramOperator(
        task_id="left",
        task_display_name="Tell: left alone",
        connection_id="telegram",
        chats=["{{ vars.chat }}"],
        text="{{ trigger.body.service | escape }} is left as it is.",
        format="html",
        retries=3,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=10),
        retry_policy=StepRetryPolicy(retry_on=["connection", "timeout", "rate_limit", "429", "5xx"]),
    )

    restart = HttpOperator(
        task_id="restart",
        task_display_name="Restart",
        method="POST",
        url="/restarts",
        connection_id="shop_api",
        body_type="json",
        body={
            "service": "{{ trigger.body.service }}",
            "reason": "{{ steps.decide['values'].reason }}",
            "by": "{{ steps.decide.by }}",
        },
        ports={"success": ["restarted"], "error": ["failed"]},
        retries=2,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=5),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "408", "425", "429", "5xx"],
            never_on=["501", "505"],
        ),
    )

    failed = TelegramOperator(
        task_id="failed",
        task_display_name="Tell: restart failed",
        connection_id="telegram",
        chats=["{{ vars.chat }}"],
        text="\u26d4 The restart failed: {{ steps.restart.error.message | escape }}",
        format="html",
        retries=3,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=10),
        retry_policy=StepRetryPolicy(retry_on=["connection", "timeout", "rate_limit", "429", "5xx"]),
    )

    restarted = TelegramOperator(
        task_id="restarted",
        task_display_name="Tell: restarted",
        connection_id="telegram",
        chats=["{{ vars.chat }}"],
        text="\u2705 {{ trigger.body.service | escape }} is being restarted.",
        format="html",
        retries=3,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=10),
        retry_policy=StepRetryPolicy(retry_on=["connection", "timeout", "rate_limit", "429", "5xx"]),
    )

    alert >> triage >> Label("warning") >> note_warning
    triage >> Label("critical") >> page >> decide >> Label("expired") >> escalate
    decide >> Label("rejected") >> left
    decide >> Label("approved") >> restart >> restarted
    restart >> Label("error") >> failed

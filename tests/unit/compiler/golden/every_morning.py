"""
Курсы валют 📈

Записывает курсы валют.

Берёт их у банка каждое рабочее утро.

Compiled by FlowForge from the workflow every_morning. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/every_morning; publishing it there replaces this file.
"""

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable
from flowforge_provider.operators.http import HttpOperator
from flowforge_provider.operators.postgres import PostgresOperator
from flowforge_provider.operators.retry import StepRetryPolicy
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="every_morning",
    dag_display_name="Курсы валют 📈",
    description="Записывает курсы валют.\n\nБерёт их у банка каждое рабочее утро.",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("30 7 * * 1-5", timezone="Europe/Moscow", run_immediately=timedelta(0)),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args={
        "variables": {"bank": "example", "limits": {"usd": [60.5, 120], "retry": True}},
        "workflow_timezone": "Asia/Yekaterinburg",
    },
    tags=["flowforge", "rates", "финансы"],
) as dag:
    morning = TriggerOperator(
        task_id="morning",
        task_display_name="Каждое утро",
        trigger_type="cron",
    )

    rates = HttpOperator(
        task_id="rates",
        task_display_name="Курсы валют",
        url="https://bank.example/rates?day={{ now() | date_format('%Y-%m-%d') }}",
        headers=[{"name": "Accept", "value": "application/json"}],
        retries=2,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=5),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "408", "425", "429", "5xx"],
            never_on=["501", "505"],
        ),
        execution_timeout=timedelta(seconds=90),
    )

    store = PostgresOperator(
        task_id="store",
        connection_id="rates_db",
        operation="execute",
        sql="INSERT INTO rates (day, usd)\nVALUES ({{ run.scheduled_at }}, {{ steps.rates.body.usd }})\n",
        retries=5,
        retry_delay=timedelta(minutes=1),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(hours=1),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "database_conflict"],
            never_on=["postgres-commit-unknown"],
        ),
    )

    morning >> rates >> store

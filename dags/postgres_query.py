"""
Readings in PostgreSQL

Writes a list of readings into a table, asks for a summary of them, and removes old ones.

Compiled by FlowForge from the workflow postgres_query. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/postgres_query; publishing it there replaces this file.
"""

from datetime import timedelta

from airflow.sdk import DAG
from flowforge_provider.operators.postgres import PostgresOperator
from flowforge_provider.operators.retry import StepRetryPolicy
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="postgres_query",
    dag_display_name="Readings in PostgreSQL",
    description="Writes a list of readings into a table, asks for a summary of them, and removes old ones.",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    default_args={"variables": {"keep_days": 30}},
    tags=["example", "flowforge"],
) as dag:
    start = TriggerOperator(
        task_id="start",
        task_display_name="Start",
        trigger_type="manual",
    )

    store = PostgresOperator(
        task_id="store",
        task_display_name="Store the readings",
        connection_id="orders_db",
        operation="upsert",
        table="readings",
        rows_from="list",
        rows="{{ trigger.body.readings }}",
        conflict_columns=["sensor", "at"],
        returning=["id"],
        retries=2,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=5),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "database_conflict"],
            never_on=["postgres-commit-unknown"],
        ),
        doc_md=(
            "Writes each reading once, however often the step is tried. The table:\n"
            "\n"
            "```sql\n"
            "CREATE TABLE readings (\n"
            "    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n"
            "    sensor text NOT NULL,\n"
            "    at timestamptz NOT NULL,\n"
            "    celsius numeric(5, 2) NOT NULL,\n"
            "    tags text[] NOT NULL DEFAULT '{}',\n"
            "    UNIQUE (sensor, at)\n"
            ");\n"
            "```"
        ),
    )

    summary = PostgresOperator(
        task_id="summary",
        task_display_name="Sum them up",
        connection_id="orders_db",
        sql=(
            "SELECT sensor, count(*) AS readings, avg(celsius) AS mean, max(at) AS last_at\n"
            "FROM readings\n"
            "WHERE sensor = ANY({{ trigger.body.readings | map(attribute='sensor') }})\n"
            "  AND at >= {{ trigger.body.readings[0].at }}::timestamptz - interval '1 day'\n"
            "GROUP BY sensor\n"
            "ORDER BY sensor"
        ),
        retries=2,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=5),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "database_conflict"],
            never_on=["postgres-commit-unknown"],
        ),
        doc_md="Each expression is bound as a parameter: no data can change the SQL.",
    )

    clean = PostgresOperator(
        task_id="clean",
        task_display_name="Remove old ones",
        connection_id="orders_db",
        operation="execute",
        sql=(
            "DELETE FROM readings\n"
            "WHERE at < now() - make_interval(days => {{ vars.keep_days }})\n"
            "  AND NOT sensor = ANY({{ steps.summary.rows | map(attribute='sensor') }});\n"
            "\n"
            "SELECT count(*) AS left_over FROM readings"
        ),
        lock_timeout_s=5,
        isolation="repeatable_read",
        retries=2,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=5),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "database_conflict"],
            never_on=["postgres-commit-unknown"],
        ),
        doc_md="Two statements, one transaction.",
    )

    start >> store >> summary >> clean

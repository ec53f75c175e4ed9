"""
PostgreSQL

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
    dag_display_name="PostgreSQL",
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

    query = PostgresOperator(
        task_id="query",
        connection_id="orders_db",
        sql=(
            "SELECT *\n"
            "FROM orders\n"
            "WHERE id = {{ trigger.body.id }} -- {{ no expression }}\n"
            "  AND note LIKE '100%'"
        ),
        retries=2,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=5),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "database_conflict"],
            never_on=["postgres-commit-unknown"],
        ),
    )

    execute = PostgresOperator(
        task_id="execute",
        connection_id="orders_db",
        operation="execute",
        sql="UPDATE orders SET paid = {{ true }}; SELECT $$a'b$$ AS text",
        row_limit=10,
        on_overflow="cut",
        lock_timeout_s=2.5,
        isolation="serializable",
        retries=2,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=5),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "database_conflict"],
            never_on=["postgres-commit-unknown"],
        ),
    )

    insert = PostgresOperator(
        task_id="insert",
        connection_id="orders_db",
        operation="insert",
        table_schema="sales",
        table='Odd "name"',
        row=[
            {"name": "quantity", "value": "{{ trigger.body.quantity }}"},
            {"name": "details", "value": {"a": ["{{ trigger.body.a }}", None]}},
        ],
        returning=["*"],
        retries=2,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=5),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "database_conflict"],
            never_on=["postgres-commit-unknown"],
        ),
    )

    many = PostgresOperator(
        task_id="many",
        connection_id="orders_db",
        operation="upsert",
        table="orders",
        rows_from="list",
        rows="{{ steps.query.rows }}",
        conflict_columns=["id"],
        conflict_action="ignore",
        retries=2,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=5),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "database_conflict"],
            never_on=["postgres-commit-unknown"],
        ),
    )

    change = PostgresOperator(
        task_id="change",
        connection_id="orders_db",
        operation="update",
        table="orders",
        changes=[{"name": "paid", "value": True}],
        where=[
            {"column": "id", "operator": "in", "value": "{{ trigger.body.ids }}"},
            {"column": "paid", "operator": "is_null"},
        ],
        retries=2,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=5),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "database_conflict"],
            never_on=["postgres-commit-unknown"],
        ),
    )

    gone = PostgresOperator(
        task_id="gone",
        connection_id="orders_db",
        operation="delete",
        table="orders",
        all_rows=True,
        retries=2,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=5),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "database_conflict"],
            never_on=["postgres-commit-unknown"],
        ),
    )

    routine = PostgresOperator(
        task_id="routine",
        connection_id="orders_db",
        operation="call",
        function="close_day",
        arguments=[{"value": "{{ run.started_at }}"}, {"name": "force", "value": False}],
        retries=2,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=5),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "database_conflict"],
            never_on=["postgres-commit-unknown"],
        ),
    )

    start >> query >> execute >> insert >> many >> change >> gone >> routine

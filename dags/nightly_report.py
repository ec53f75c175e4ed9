"""
Nightly report

Mails yesterday's sales every night: the totals, and a CSV file.

Compiled by FlowForge from the workflow nightly_report. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/nightly_report; publishing it there replaces this file.
"""

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable, Label
from flowforge_provider.operators.branch import IfOperator
from flowforge_provider.operators.email import EmailOperator
from flowforge_provider.operators.postgres import PostgresOperator
from flowforge_provider.operators.retry import StepRetryPolicy
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="nightly_report",
    dag_display_name="Nightly report",
    description="Mails yesterday's sales every night: the totals, and a CSV file.",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("30 5 * * *", timezone="Europe/Berlin", run_immediately=timedelta(0)),
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    default_args={
        "variables": {"recipients": ["sales@example.com", "boss@example.com"]},
        "workflow_timezone": "Europe/Berlin",
    },
    tags=["flowforge", "template"],
) as dag:
    night = TriggerOperator(
        task_id="night",
        task_display_name="Every night",
        trigger_type="cron",
        doc_md="Half past five in the time zone of the workflow.",
    )

    sales = PostgresOperator(
        task_id="sales",
        task_display_name="Sales of the last day",
        connection_id="orders_db",
        sql=(
            "SELECT product, count(*) AS orders, sum(quantity) AS pieces, sum(total) AS revenue\n"
            "FROM orders\n"
            "WHERE ordered_at >= {{ now() | date_add(days=-1) }}\n"
            "GROUP BY product\n"
            "ORDER BY revenue DESC, product"
        ),
        row_limit=10000,
        retries=2,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=5),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "database_conflict"],
            never_on=["postgres-commit-unknown"],
        ),
        doc_md="The moment is bound as a value, never pasted into the statement.",
    )

    any_sales = IfOperator(
        task_id="any_sales",
        task_display_name="Any sales?",
        conditions={
            "match": "all",
            "conditions": [
                {"left": "{{ steps.sales.row_count }}", "type": "number", "operator": "greater", "right": 0},
            ],
            "groups": [],
        },
        ports={"false": ["quiet"], "true": ["csv", "totals"]},
        retries=0,
    )

    csv = TransformOperator(
        task_id="csv",
        task_display_name="As CSV",
        input="{{ steps.sales.rows }}",
        operations=[
            {
                "operation": "format_csv",
                "as_file": True,
                "filename": "sales-{{ now() | date_format('%Y-%m-%d') }}.csv",
            },
        ],
        retries=0,
    )

    quiet = EmailOperator(
        task_id="quiet",
        task_display_name="Tell of the quiet day",
        connection_id="mail_server",
        sender="Shop reports <reports@example.com>",
        to=["{{ vars.recipients }}"],
        subject="No sales since yesterday",
        text="Nobody has ordered anything in the last 24 hours.",
        retries=3,
        retry_delay=timedelta(seconds=10),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=10),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "rate_limit", "429", "5xx", "smtp-temporary"],
            never_on=["resend-quota"],
        ),
    )

    totals = TransformOperator(
        task_id="totals",
        task_display_name="Totals",
        input="{{ steps.sales.rows }}",
        operations=[
            {
                "operation": "aggregate",
                "aggregates": [
                    {"function": "sum", "field": "orders", "name": "orders"},
                    {"function": "sum", "field": "pieces", "name": "pieces"},
                    {"function": "sum", "field": "revenue", "name": "revenue"},
                    {"function": "first", "field": "product", "name": "best"},
                ],
            },
        ],
        retries=0,
    )

    send = EmailOperator(
        task_id="send",
        task_display_name="Send the report",
        connection_id="mail_server",
        sender="Shop reports <reports@example.com>",
        to=["{{ vars.recipients }}"],
        subject="Sales: {{ steps.totals.revenue }} from {{ steps.totals.orders }} orders",
        body_type="markdown",
        markdown=(
            "# Sales of the last day\n"
            "\n"
            "- Orders: {{ steps.totals.orders }}\n"
            "- Pieces: {{ steps.totals.pieces }}\n"
            "- Revenue: {{ steps.totals.revenue }}\n"
            "- Best seller: {{ steps.totals.best }}\n"
            "\n"
            "Every product is in the attached file.\n"
        ),
        attachments=[{"source": "step", "file": "{{ steps.csv }}"}],
        retries=3,
        retry_delay=timedelta(seconds=10),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=10),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "rate_limit", "429", "5xx", "smtp-temporary"],
            never_on=["resend-quota"],
        ),
        trigger_rule="none_failed_min_one_success",
    )

    night >> sales >> any_sales >> Label("true") >> csv >> send
    any_sales >> Label("false") >> quiet
    any_sales >> Label("true") >> totals >> send

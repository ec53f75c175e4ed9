"""
HTTP request

Compiled by FlowForge from the workflow http_request. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/http_request; publishing it there replaces this file.
"""

from datetime import timedelta

from airflow.sdk import DAG
from flowforge_provider.operators.http import HttpOperator
from flowforge_provider.operators.retry import StepRetryPolicy
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="http_request",
    dag_display_name="HTTP request",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    default_args={"variables": {"patience": 20}},
    tags=["flowforge"],
) as dag:
    start = TriggerOperator(
        task_id="start",
        trigger_type="manual",
    )

    upload = HttpOperator(
        task_id="upload",
        task_display_name="Upload a report",
        method="POST",
        url="/reports?year={{ trigger.body.year }}",
        connection_id="shop_api",
        query=[{"name": "tag", "value": "a"}, {"name": "tag", "value": "b"}],
        headers=[{"name": "X-Run", "value": "{{ run.id }}"}],
        body_type="multipart",
        form=[{"name": "title", "value": "Report"}],
        files=[{"name": "report", "file": "{{ trigger.body.file }}", "filename": "report.csv"}],
        response_type="json",
        success_statuses=["201"],
        idempotency_header="X-Key",
        connect_timeout_s=3,
        read_timeout_s="{{ vars.patience }}",
        total_timeout_s=60,
        follow_redirects=False,
        verify_tls=False,
        proxy="http://proxy.example.com:3128",
        retries=2,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=5),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "408", "425", "429", "5xx"],
            never_on=["501", "505"],
        ),
    )

    pages = HttpOperator(
        task_id="pages",
        url="https://api.example.com/items",
        pagination="cursor",
        cursor_field="meta.next",
        page_parameter="after",
        page_size=50,
        items_field="data",
        stop_when="{{ page.number >= 3 and not page.body.more }}",
        max_pages=20,
        retries=5,
        retry_delay=timedelta(seconds=1),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=1),
        retry_policy=StepRetryPolicy(retry_on=["429", "5xx"], never_on=["http-tls"]),
    )

    start >> upload >> pages

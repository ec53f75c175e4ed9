"""
Error ports

Compiled by FlowForge from the workflow error_ports. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/error_ports; publishing it there replaces this file.
"""

from datetime import timedelta

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Label
from flowforge_provider.operators.http import HttpOperator
from flowforge_provider.operators.retry import StepRetryPolicy
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="error_ports",
    dag_display_name="Error ports",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    tags=["flowforge"],
) as dag:
    order = TriggerOperator(
        task_id="order",
        trigger_type="webhook",
    )

    charge = HttpOperator(
        task_id="charge",
        method="POST",
        url="https://pay.example/charges",
        body_type="json",
        body={"amount": "{{ trigger.body.amount }}", "currency": "EUR"},
        success_statuses=["201", "409"],
        ports={"success": ["ship"], "error": ["charge-error", "notify"]},
        retries=2,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=5),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "408", "425", "429", "5xx"],
            never_on=["501", "505"],
        ),
        doc_md="Charges the card.\nA conflict means that it was charged before.",
    )

    charge_error = EmptyOperator(
        task_id="charge-error",
    )

    notify = TransformOperator(
        task_id="notify",
        operations=[{"operation": "set_fields", "fields": [{"name": "done", "value": True}]}],
        retries=0,
    )

    ship = TransformOperator(
        task_id="ship",
        operations=[{"operation": "set_fields", "fields": [{"name": "done", "value": True}]}],
        retries=0,
    )

    archive = TransformOperator(
        task_id="archive",
        operations=[{"operation": "set_fields", "fields": [{"name": "done", "value": True}]}],
        retries=0,
        trigger_rule="none_failed_min_one_success",
    )

    class_ = TransformOperator(
        task_id="class",
        operations=[{"operation": "set_fields", "fields": [{"name": "done", "value": True}]}],
        retries=0,
    )

    order >> charge >> ship >> [archive, class_]
    charge >> Label("error") >> charge_error >> archive
    charge >> Label("error") >> notify >> archive

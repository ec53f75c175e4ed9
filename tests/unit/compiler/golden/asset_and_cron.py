"""
Assets and a schedule

Compiled by FlowForge from the workflow asset_and_cron. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/asset_and_cron; publishing it there replaces this file.
"""

from datetime import timedelta

from airflow.sdk import DAG, Asset, AssetAll, AssetAny, AssetOrTimeSchedule, CronTriggerTimetable
from flowforge_provider.operators.retry import StepRetryPolicy
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator
from flowforge_provider.operators.which_trigger import WhichTriggerOperator

with DAG(
    dag_id="asset_and_cron",
    dag_display_name="Assets and a schedule",
    doc_md=__doc__,
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("0 2 * * *", timezone="UTC", run_immediately=timedelta(0)),
        assets=AssetAny(
            AssetAll(Asset("orders"), Asset(name="prices", uri="s3://lake/prices")),
            Asset("corrections"),
        ),
    ),
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    tags=["example", "flowforge"],
) as dag:
    which_trigger = WhichTriggerOperator(
        task_id="which-trigger",
        retries=3,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=1),
        retry_policy=StepRetryPolicy(),
    )

    fresh = TriggerOperator(
        task_id="fresh",
        trigger_type="asset",
    )

    late = TriggerOperator(
        task_id="late",
        trigger_type="asset",
    )

    nightly = TriggerOperator(
        task_id="nightly",
        trigger_type="cron",
    )

    sum_ = TransformOperator(
        task_id="sum",
        operations=[{"operation": "set_fields", "fields": [{"name": "n", "value": "{{ trigger.type }}"}]}],
        retries=0,
        trigger_rule="none_failed_min_one_success",
    )

    which_trigger >> [fresh, late, nightly]
    fresh >> sum_
    late >> sum_
    nightly >> sum_

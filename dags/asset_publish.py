"""
Load prices

Takes prices, and tells Airflow that the asset "example_prices" was updated, which starts the
workflow "Check prices".

Compiled by FlowForge from the workflow asset_publish. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/asset_publish; publishing it there replaces this file.
"""

from airflow.sdk import DAG, Asset
from flowforge_provider.operators.asset_publish import AssetPublishOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="asset_publish",
    dag_display_name="Load prices",
    description='Takes prices, and tells Airflow that the asset "example_prices" was updated, which starts the workflow "Check prices".',
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    tags=["example", "flowforge"],
) as dag:
    start = TriggerOperator(
        task_id="start",
        task_display_name="Start",
        trigger_type="manual",
        doc_md="Takes a list of prices.",
    )

    publish = AssetPublishOperator(
        task_id="publish",
        task_display_name="Publish the prices",
        extra={"prices": "{{ trigger.body.prices }}", "rows": "{{ trigger.body.prices | length }}"},
        outlets=[Asset("example_prices")],
        retries=0,
        doc_md="Whoever waits for the asset starts, and reads what goes with the update.",
    )

    start >> publish

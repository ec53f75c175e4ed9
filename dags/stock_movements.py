"""
Stock movements in batches

Collects stock movements that arrive by webhook into one run for each warehouse, and sums them up by
product.

Compiled by FlowForge from the workflow stock_movements. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/stock_movements; publishing it there replaces this file.
"""

from airflow.sdk import DAG
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="stock_movements",
    dag_display_name="Stock movements in batches",
    description="Collects stock movements that arrive by webhook into one run for each warehouse, and sums them up by product.",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    tags=["example", "flowforge"],
) as dag:
    webhook = TriggerOperator(
        task_id="webhook",
        task_display_name="Stock moved",
        trigger_type="webhook",
        doc_md="Each call brings one movement. Movements of nothing are skipped, and one that is sent twice counts once. A run gets up to 50 of them as a list. Choose an authentication before this is open to the world.",
    )

    by_product = TransformOperator(
        task_id="by_product",
        task_display_name="Sum up by product",
        input="{{ trigger.body }}",
        operations=[
            {
                "operation": "aggregate",
                "group_by": ["warehouse", "sku"],
                "aggregates": [
                    {"function": "sum", "field": "pieces", "name": "pieces"},
                    {"function": "count", "name": "movements"},
                ],
            },
        ],
        retries=0,
        doc_md="One row for each product, whatever the number of movements.",
    )

    webhook >> by_product

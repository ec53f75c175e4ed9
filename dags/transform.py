"""
Transform: sum orders up

Sums the lines of some orders up by product in one step, and writes the result as CSV.

Compiled by FlowForge from the workflow transform. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/transform; publishing it there replaces this file.
"""

from airflow.sdk import DAG
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="transform",
    dag_display_name="Transform: sum orders up",
    description="Sums the lines of some orders up by product in one step, and writes the result as CSV.",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    default_args={"workflow_timezone": "Europe/Berlin"},
    tags=["example", "flowforge"],
) as dag:
    start = TriggerOperator(
        task_id="start",
        task_display_name="Orders",
        trigger_type="manual",
    )

    products = TransformOperator(
        task_id="products",
        task_display_name="Sum up by product",
        input="{{ trigger.body.orders }}",
        operations=[
            {"operation": "deduplicate", "names": ["id"]},
            {"operation": "date", "field": "placed", "date_input": "pattern", "pattern": "%d.%m.%Y %H:%M"},
            {"operation": "sort", "sort_by": [{"field": "id", "compare": "natural"}]},
            {"operation": "split_out", "field": "lines", "target": "line", "keep_other_fields": True},
            {
                "operation": "filter",
                "conditions": {
                    "conditions": [
                        {"field": "line.quantity", "type": "number", "operator": "greater", "right": 0},
                    ],
                },
            },
            {
                "operation": "set_fields",
                "fields": [
                    {"name": "sku", "value": "{{ row.line.sku }}"},
                    {"name": "pieces", "value": "{{ row.line.quantity }}"},
                    {"name": "revenue", "value": "{{ (row.line.price | float) * row.line.quantity }}"},
                    {"name": "placed", "value": "{{ row.placed }}"},
                ],
            },
            {"operation": "number", "number_action": "round", "field": "revenue", "as_text": True},
            {
                "operation": "aggregate",
                "group_by": ["sku"],
                "aggregates": [
                    {"function": "sum", "field": "pieces", "name": "pieces"},
                    {"function": "sum", "field": "revenue", "name": "revenue"},
                    {"function": "max", "field": "placed", "name": "last_order"},
                ],
            },
            {
                "operation": "sort",
                "sort_by": [{"field": "revenue", "direction": "descending", "compare": "number"}],
            },
        ],
        retries=0,
        doc_md="One step, one task: duplicates go, lines become rows, and money is added up exactly.",
    )

    file = TransformOperator(
        task_id="file",
        task_display_name="Write CSV",
        operations=[
            {
                "operation": "format_csv",
                "columns": ["sku", "pieces", "revenue"],
                "delimiter": "semicolon",
                "as_file": True,
                "filename": "products-{{ value | length }}.csv",
            },
        ],
        retries=0,
        doc_md="A file that an email or a request can carry.",
    )

    start >> products >> file

"""
Transform

Compiled by FlowForge from the workflow transform. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/transform; publishing it there replaces this file.
"""

from airflow.sdk import DAG
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="transform",
    dag_display_name="Transform",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    default_args={"variables": {"least": 5}},
    tags=["flowforge"],
) as dag:
    start = TriggerOperator(
        task_id="start",
        trigger_type="manual",
    )

    shape = TransformOperator(
        task_id="shape",
        input="{{ trigger.body['rows'] }}",
        operations=[
            {
                "operation": "filter",
                "conditions": {
                    "match": "any",
                    "conditions": [
                        {
                            "field": "total",
                            "type": "number",
                            "operator": "greater",
                            "right": "{{ vars.least }}",
                        },
                    ],
                    "groups": [],
                },
            },
            {
                "operation": "set_fields",
                "keep_other_fields": True,
                "fields": [{"name": "text", "value": 'it\'s {{ row.total }} \\ "{{ row_index }}"'}],
            },
            {"operation": "jq", "program": "map(select(.total > 1)) # {{ no expression }}"},
            {"operation": "sort", "sort_by": [{"field": "total", "direction": "descending"}]},
        ],
        retries=0,
    )

    file = TransformOperator(
        task_id="file",
        operations=[{"operation": "format_csv", "as_file": True, "filename": "rows.csv"}],
        retries=0,
    )

    start >> shape >> file

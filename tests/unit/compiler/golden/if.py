"""
If

Compiled by FlowForge from the workflow if. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/if; publishing it there replaces this file.
"""

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Label
from flowforge_provider.operators.branch import IfOperator
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="if",
    dag_display_name="If",
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

    large = IfOperator(
        task_id="large",
        conditions={
            "match": "any",
            "conditions": [
                {"left": "{{ trigger.body.total }}", "type": "number", "operator": "greater", "right": 100},
            ],
            "groups": [
                {
                    "match": "all",
                    "conditions": [
                        {
                            "left": "{{ trigger.body.total }}",
                            "type": "number",
                            "operator": "greater",
                            "right": 50,
                        },
                        {
                            "left": "{{ trigger.body.country }}",
                            "operator": "in_list",
                            "right": ["DE"],
                            "ignore_case": True,
                        },
                    ],
                },
            ],
        },
        ports={"error": ["wrong"], "false": ["small"], "true": ["inner"]},
        retries=0,
    )

    inner = IfOperator(
        task_id="inner",
        conditions={"mode": "expression", "expression": "{{ trigger.body.total > 1000 }}"},
        ports={"false": ["inner-false"], "true": ["huge"]},
        retries=0,
    )

    huge = TransformOperator(
        task_id="huge",
        operations=[{"operation": "set_fields", "fields": [{"name": "done", "value": True}]}],
        retries=0,
    )

    inner_false = EmptyOperator(
        task_id="inner-false",
    )

    small = TransformOperator(
        task_id="small",
        operations=[{"operation": "set_fields", "fields": [{"name": "done", "value": True}]}],
        retries=0,
    )

    wrong = TransformOperator(
        task_id="wrong",
        operations=[{"operation": "set_fields", "fields": [{"name": "done", "value": True}]}],
        retries=0,
    )

    end = TransformOperator(
        task_id="end",
        operations=[{"operation": "set_fields", "fields": [{"name": "done", "value": True}]}],
        retries=0,
        trigger_rule="none_failed_min_one_success",
    )

    start >> large >> Label("true") >> inner >> Label("true") >> huge >> end
    large >> Label("false") >> small >> end
    large >> Label("error") >> wrong >> end
    inner >> Label("false") >> inner_false >> end

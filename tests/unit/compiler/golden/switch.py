"""
Switch

Compiled by FlowForge from the workflow switch. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/switch; publishing it there replaces this file.
"""

from airflow.sdk import DAG, Label
from flowforge_provider.operators.branch import SwitchOperator
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="switch",
    dag_display_name="Switch",
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

    sort = SwitchOperator(
        task_id="sort",
        mode="value",
        value="{{ trigger.body.kind }}",
        cases=[{"id": "urgent", "label": 'Sehr dringend "!"', "value": "high"}, {"id": "case_2", "value": 5}],
        ignore_case=True,
        ports={"case_2": ["again"], "default": ["rest"], "urgent": ["first"]},
        retries=0,
    )

    again = SwitchOperator(
        task_id="again",
        cases=[
            {
                "id": "big",
                "conditions": {
                    "conditions": [
                        {
                            "left": "{{ trigger.body.total }}",
                            "type": "number",
                            "operator": "greater",
                            "right": 1,
                        },
                    ],
                },
            },
        ],
        match="all",
        ports={"big": ["end"], "default": ["end"]},
        retries=0,
    )

    first = TransformOperator(
        task_id="first",
        operations=[{"operation": "set_fields", "fields": [{"name": "done", "value": True}]}],
        retries=0,
    )

    rest = TransformOperator(
        task_id="rest",
        operations=[{"operation": "set_fields", "fields": [{"name": "done", "value": True}]}],
        retries=0,
    )

    end = TransformOperator(
        task_id="end",
        operations=[{"operation": "set_fields", "fields": [{"name": "done", "value": True}]}],
        retries=0,
        trigger_rule="none_failed_min_one_success",
    )

    start >> sort >> Label("case_2") >> again >> Label("big, default") >> end
    sort >> Label("urgent") >> first >> end
    sort >> Label("default") >> rest >> end

"""
Merge

Compiled by FlowForge from the workflow merge. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/merge; publishing it there replaces this file.
"""

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Label
from flowforge_provider.operators.branch import IfOperator
from flowforge_provider.operators.merge import MergeOperator
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="merge",
    dag_display_name="Merge",
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

    ask = IfOperator(
        task_id="ask",
        conditions={"conditions": [{"left": "{{ trigger.body.a }}", "operator": "exists"}]},
        ports={"false": ["ask-false"], "true": ["a"]},
        retries=0,
    )

    a = TransformOperator(
        task_id="a",
        operations=[{"operation": "set_fields", "fields": [{"name": "done", "value": True}]}],
        ports={"success": ["a-success"], "error": ["a-error"]},
        retries=0,
    )

    a_error = EmptyOperator(
        task_id="a-error",
    )

    a_success = EmptyOperator(
        task_id="a-success",
    )

    ask_false = EmptyOperator(
        task_id="ask-false",
    )

    all_ = MergeOperator(
        task_id="all",
        retries=0,
        trigger_rule="none_failed_min_one_success",
    )

    b = TransformOperator(
        task_id="b",
        operations=[{"operation": "set_fields", "fields": [{"name": "done", "value": True}]}],
        retries=0,
    )

    first = MergeOperator(
        task_id="first",
        mode="first",
        retries=0,
        trigger_rule="one_success",
    )

    joined = MergeOperator(
        task_id="joined",
        mode="join",
        left="{{ steps.all.a }}",
        right="{{ steps.first }}",
        keys=[{"left": "id"}, {"left": "a.b", "right": "c"}],
        rows="full",
        clash="left",
        retries=0,
        trigger_rule="none_failed_min_one_success",
    )

    lists = MergeOperator(
        task_id="lists",
        mode="append",
        lists=["{{ steps.a }}", "{{ steps.b }}"],
        retries=0,
        trigger_rule="none_failed_min_one_success",
    )

    start >> [ask, b]
    ask >> Label("true") >> a >> a_success >> [all_, first]
    ask >> Label("false") >> ask_false >> all_ >> joined
    a >> Label("error") >> a_error >> lists
    b >> [first, lists]
    first >> joined

"""
Respond

Compiled by FlowForge from the workflow respond. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/respond; publishing it there replaces this file.
"""

from airflow.sdk import DAG, Label
from flowforge_provider.operators.respond import RespondOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="respond",
    dag_display_name="Respond",
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

    answer = RespondOperator(
        task_id="answer",
        status="{{ trigger.body.status }}",
        content="text",
        text="Hi",
        headers=[{"name": "X-A", "value": "b"}],
        ports={"error": ["file"]},
        retries=0,
    )

    file = RespondOperator(
        task_id="file",
        content="file",
        file="{{ steps.answer.body }}",
        retries=0,
    )

    start >> answer >> Label("error") >> file

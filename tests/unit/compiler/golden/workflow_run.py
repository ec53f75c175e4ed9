"""
Run workflows

Compiled by FlowForge from the workflow workflow_run. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/workflow_run; publishing it there replaces this file.
"""

from datetime import timedelta

from airflow.sdk import DAG, Label
from flowforge_provider.operators.retry import StepRetryPolicy
from flowforge_provider.operators.trigger import TriggerOperator
from flowforge_provider.operators.workflow_run import WorkflowRunOperator

with DAG(
    dag_id="workflow_run",
    dag_display_name="Run workflows",
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

    ask = WorkflowRunOperator(
        task_id="ask",
        task_display_name="Ask",
        workflow_id="orders",
        payload={"id": "{{ trigger.body.id }}"},
        ports={"success": ["tell"], "error": ["failed"]},
        retries=2,
        retry_delay=timedelta(seconds=10),
        retry_policy=StepRetryPolicy(never_on=["workflow-failed"]),
        execution_timeout=timedelta(hours=1),
    )

    failed = WorkflowRunOperator(
        task_id="failed",
        workflow_id="audit-log",
        payload={"error": "{{ steps.ask.error.message }}"},
        cancel_child=False,
        retries=2,
        retry_delay=timedelta(seconds=10),
        retry_policy=StepRetryPolicy(never_on=["workflow-failed"]),
    )

    tell = WorkflowRunOperator(
        task_id="tell",
        workflow_id="audit-log",
        payload="{{ steps.ask.result }}",
        mode="start",
        retries=2,
        retry_delay=timedelta(seconds=10),
        retry_policy=StepRetryPolicy(never_on=["workflow-failed"]),
    )

    start >> ask >> tell
    ask >> Label("error") >> failed

"""
Quotes \"\"\" and \\ back

'''\"\"\"\\
\\N{BULLET}\u202e

Compiled by FlowForge from the workflow hostile_strings. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/hostile_strings; publishing it there replaces this file.
"""

from airflow.sdk import DAG
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="hostile_strings",
    dag_display_name='Quotes """ and \\ back',
    description="'''\"\"\"\\\n\\N{BULLET}\u202e",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    default_args={"variables": {'"': "'", "\\": "{{ vars }}"}},
    tags=['"""', "\\", "flowforge"],
) as dag:
    start = TriggerOperator(
        task_id="start",
        task_display_name='"""\nimport os # \\',
        trigger_type="manual",
    )

    a = TransformOperator(
        task_id="a",
        operations=[
            {
                "operation": "set_fields",
                "fields": [
                    {"name": "quotes", "value": "'\"\"\"'''\\\"\\"},
                    {"name": "control", "value": "\x01\x07\x1b[31m\r\n\u2028"},
                    {"name": "direction", "value": "\u202e\u2066\u200b"},
                    {"name": "braces", "value": {"{{ 1 + 1 }}": "{% raw %}", "${HOME}": "%s"}},
                    {
                        "name": "long",
                        "value": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                    },
                    {"name": "code", "value": "\") or __import__('os').system('true') or (\""},
                ],
            },
        ],
        retries=0,
        doc_md="/etc/passwd.md",
    )

    start >> a

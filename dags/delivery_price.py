"""
Delivery price

Works out what a delivery costs. Other workflows run it; see the example "Quote".

Compiled by FlowForge from the workflow delivery_price. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/delivery_price; publishing it there replaces this file.
"""

from airflow.sdk import DAG
from flowforge_provider.operators.respond import RespondOperator
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="delivery_price",
    dag_display_name="Delivery price",
    description='Works out what a delivery costs. Other workflows run it; see the example "Quote".',
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
        doc_md="Takes the weight of a parcel and whether it is urgent.",
    )

    price = TransformOperator(
        task_id="price",
        task_display_name="Work out the price",
        operations=[
            {
                "operation": "set_fields",
                "fields": [
                    {
                        "name": "price",
                        "value": "{{ 5 + trigger.body.weight_kg * 2 + (10 if trigger.body.express else 0) }}",
                    },
                    {"name": "currency", "value": "EUR"},
                ],
            },
        ],
        retries=0,
        doc_md="A basic price, one for the weight, one for haste.",
    )

    answer = RespondOperator(
        task_id="answer",
        task_display_name="Answer",
        body="{{ steps.price }}",
        retries=0,
        doc_md="What the caller gets.",
    )

    start >> price >> answer

"""
How long a compiled Dag file takes to import, beside two hand-written ones: with the same operators, which
shows what the compiler's way of writing costs, and with the operators of Airflow's own providers.

Each import happens in a fresh interpreter, in turn. Processor seconds are counted, which a busy machine
disturbs less than the clock, and the quickest of several counts. Two figures: all that a fresh interpreter
does for the file, Airflow's own import included; and what the file adds where Airflow is loaded already, as
in a dag-processor.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROUNDS = 7
MOST_RATIO = 1.2
COMPILED = Path(__file__).parents[1] / "dags" / "orders_postgres.py"

HAND_WRITTEN = '''\
"""Orders to PostgreSQL."""

from datetime import timedelta

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.providers.http.operators.http import HttpOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG


def work_out_total(ti):
    product = ti.xcom_pull(task_ids="get_product")
    return {"total": product["price"] * ti.dag_run.conf["quantity"]}


with DAG(
    dag_id="orders_by_hand",
    schedule=None,
    catchup=False,
    default_args={"retries": 2, "retry_delay": timedelta(seconds=2)},
) as dag:
    start = EmptyOperator(task_id="start")

    get_product = HttpOperator(
        task_id="get_product",
        http_conn_id="flowforge_demo",
        method="GET",
        endpoint="/products/{{ dag_run.conf.id }}",
        response_filter=lambda response: response.json(),
    )

    total = PythonOperator(task_id="total", python_callable=work_out_total)

    place_order = HttpOperator(
        task_id="place_order",
        http_conn_id="flowforge_demo",
        endpoint="/orders",
        data="{{ ti.xcom_pull(task_ids='total') | tojson }}",
        headers={"Content-Type": "application/json"},
    )

    store_order = SQLExecuteQueryOperator(
        task_id="store_order",
        conn_id="flowforge_orders_db",
        sql="INSERT INTO orders (total) VALUES (%(total)s)",
        parameters={"total": "{{ ti.xcom_pull(task_ids='total')['total'] }}"},
    )

    start >> get_product >> total >> place_order >> store_order
'''

SAME_OPERATORS = '''\
"""Orders to PostgreSQL."""

from datetime import timedelta

from airflow.sdk import DAG
from flowforge_provider.operators.http import HttpOperator
from flowforge_provider.operators.postgres import PostgresOperator
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="orders_same_operators",
    schedule=None,
    catchup=False,
    default_args={"retries": 2, "retry_delay": timedelta(seconds=2)},
) as dag:
    start = TriggerOperator(task_id="start", trigger_type="manual")

    get_product = HttpOperator(
        task_id="get_product",
        connection_id="flowforge_demo",
        url="/products/{{ trigger.body.id }}",
    )

    total = TransformOperator(
        task_id="total",
        fields=[{"name": "total", "value": "{{ steps.get_product.body.price * trigger.body.quantity }}"}],
    )

    place_order = HttpOperator(
        task_id="place_order",
        connection_id="flowforge_demo",
        method="POST",
        url="/orders",
        body_type="json",
        body="{{ steps.total }}",
    )

    store_order = PostgresOperator(
        task_id="store_order",
        connection_id="flowforge_orders_db",
        sql="INSERT INTO orders (total) VALUES (%(total)s)",
        values=[{"name": "total", "value": "{{ steps.total.total }}"}],
    )

    start >> get_product >> total >> place_order >> store_order
'''

_CHILD = """
import runpy, sys, time
if sys.argv[2] == "warm":
    from airflow.sdk import DAG, BaseOperator
started = time.process_time()
module = runpy.run_path(sys.argv[1])
print(time.process_time() - started)
assert len(module["dag"].tasks) == 5
"""


def main() -> int:
    """Measure, print a table, and return 1 when a bound is broken."""
    with tempfile.TemporaryDirectory() as folder:
        files = {"compiled": COMPILED}
        for name, source in (("same operators", SAME_OPERATORS), ("Airflow's operators", HAND_WRITTEN)):
            files[name] = Path(folder) / f"orders_{len(files)}.py"
            files[name].write_text(source)
        environment = {**os.environ, "AIRFLOW_HOME": folder, "PYTHONWARNINGS": "ignore"}
        best = {(name, start): float("inf") for name in files for start in ("cold", "warm")}
        for _ in range(ROUNDS):
            for (name, start), least in best.items():
                seconds = _import_seconds(files[name], start=start, environment=environment)
                best[name, start] = min(least, seconds)

    print(f"Import of a Dag file of 5 tasks, processor milliseconds, best of {ROUNDS} fresh interpreters")
    print("                                fresh interpreter   Airflow loaded before")
    for name in files:
        title = name if name == "compiled" else f"by hand, {name}"
        print(f"  {title:<28} {best[name, 'cold'] * 1000:16.0f} {best[name, 'warm'] * 1000:23.0f}")
    worst = 0.0
    for name in list(files)[1:]:
        cold, warm = (best["compiled", start] / best[name, start] for start in ("cold", "warm"))
        worst = max(worst, cold, warm)
        print(
            f"Compiled / by hand with {name}: {cold:.2f}x (at most {MOST_RATIO}), "
            f"with Airflow loaded {warm:.2f}x (at most {MOST_RATIO})"
        )
    return int(worst > MOST_RATIO)


def _import_seconds(path: Path, *, start: str, environment: dict[str, str]) -> float:
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(path), start],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    sys.exit(main())

"""
How long a compiled Dag file takes to import, beside a hand-written one with the same kinds of operators.

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
        by_hand = Path(folder) / "orders_by_hand.py"
        by_hand.write_text(HAND_WRITTEN)
        files = {"compiled": COMPILED, "by hand": by_hand}
        environment = {**os.environ, "AIRFLOW_HOME": folder, "PYTHONWARNINGS": "ignore"}
        best = {(name, start): float("inf") for name in files for start in ("cold", "warm")}
        for _ in range(ROUNDS):
            for (name, start), least in best.items():
                seconds = _import_seconds(files[name], start=start, environment=environment)
                best[name, start] = min(least, seconds)

    ratio = {start: best["compiled", start] / best["by hand", start] for start in ("cold", "warm")}
    print(f"Import of a Dag file of 5 tasks, processor milliseconds, best of {ROUNDS} fresh interpreters")
    print("                 fresh interpreter   Airflow loaded before")
    for name in files:
        print(f"  {name:<12} {best[name, 'cold'] * 1000:17.0f} {best[name, 'warm'] * 1000:23.0f}")
    print(
        f"Compiled / by hand: {ratio['cold']:.2f}x (at most {MOST_RATIO}), "
        f"with Airflow loaded {ratio['warm']:.2f}x (at most {MOST_RATIO})"
    )
    return int(max(ratio.values()) > MOST_RATIO)


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

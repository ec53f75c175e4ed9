"""Run a Dag file that the compiler made, and return its Dag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowforge_provider.exceptions import CompileError

if TYPE_CHECKING:
    from airflow.sdk import DAG


def build_dag(source: str, *, fileloc: str) -> DAG:
    """
    Return the Dag that a source defines.

    :param source: what ``compile_graph`` returned, and nothing else: it is executed
    :param fileloc: path that Airflow shows as the Dag's file
    :raises CompileError: the source does not make exactly one Dag, or Airflow refuses it
    """
    from airflow.sdk import DAG

    namespace: dict[str, object] = {"__name__": "flowforge_compiled", "__file__": fileloc, "__doc__": None}
    try:
        exec(compile(source, fileloc, "exec", dont_inherit=True), namespace)  # noqa: S102 (our own output)
    except Exception as error:
        raise CompileError(f"Airflow refuses the compiled Dag: {error}") from error
    dag = namespace.get("dag")
    if not isinstance(dag, DAG):
        raise CompileError("The source makes no Dag.")
    dag.fileloc = fileloc
    return dag

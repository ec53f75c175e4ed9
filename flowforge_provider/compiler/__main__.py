"""
Compile graph documents to Dag files beside Airflow: ``python -m flowforge_provider.compiler``.

For files in a repository; a running Airflow publishes through its API or ``airflow flowforge publish``.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from flowforge_provider.compiler import compile_graph
from flowforge_provider.exceptions import FlowForgeError, GraphValidationError
from flowforge_provider.graph.load import load_graph


def main(arguments: list[str] | None = None) -> int:
    """
    Compile each document into ``<output>/<name>.py``.

    :param arguments: command line without the program's name
    :return: exit status: 1 when a document has errors or, with --check, a file is out of date, else 0
    """
    parser = argparse.ArgumentParser(prog="python -m flowforge_provider.compiler", description=main.__doc__)
    parser.add_argument("documents", nargs="+", type=Path, help="graph documents (JSON)")
    parser.add_argument("--output", type=Path, required=True, help="folder of the Dag files")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is out of date")
    options = parser.parse_args(arguments)
    failed = False
    for document in options.documents:
        target = options.output / f"{document.stem}.py"
        try:
            source = compile_graph(load_graph(json.loads(document.read_text(encoding="utf-8"))))
        except (FlowForgeError, ValueError) as error:
            failed = True
            _complain(document, error)
            continue
        present = target.read_text(encoding="utf-8") if target.exists() else None
        if present == source:
            continue
        if options.check:
            failed = True
            sys.stderr.write(f"{target} is out of date with {document}. Compile it again without --check.\n")
            continue
        target.write_text(source, encoding="utf-8")
        sys.stdout.write(f"{target}\n")
    return int(failed)


def _complain(document: Path, error: Exception) -> None:
    sys.stderr.write(f"{document}: {error}\n")
    if isinstance(error, GraphValidationError):
        for issue in error.issues:
            place = issue.node_id or issue.edge_id or "graph"
            sys.stderr.write(f"  {place}: {issue.message} [{issue.code}]\n")


if __name__ == "__main__":
    sys.exit(main())

"""Commands on graph files, which need no database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowforge_provider import settings
from flowforge_provider.cli.command import (
    EXIT_FAILED,
    EXIT_OK,
    command,
    describe_issue,
    print_error,
    print_rows,
)
from flowforge_provider.cli.files import read_json, write_text
from flowforge_provider.exceptions import GraphFormatError
from flowforge_provider.graph.issues import Issue

if TYPE_CHECKING:
    from argparse import Namespace


@command
def validate(args: Namespace) -> int:
    """Print every issue of every file; exit with 1 when one is an error."""
    found = [(path, issue) for path in args.files for issue in _issues_of(path)]
    if args.output in {"json", "yaml"}:
        print_rows([{"file": path, **issue.model_dump()} for path, issue in found], output=args.output)
    elif found:
        print_rows(
            [
                {
                    "file": path,
                    "severity": issue.severity,
                    "where": issue.node_id or issue.edge_id or "",
                    "field": issue.field or "",
                    "message": issue.message,
                    "code": issue.code,
                }
                for path, issue in found
            ],
            output=args.output,
        )
    else:
        noun = "file is" if len(args.files) == 1 else "files are"
        write_text(f"{len(args.files)} {noun} valid.\n", path=None)
    return EXIT_FAILED if any(issue.severity == "error" for _, issue in found) else EXIT_OK


@command
def compile_file(args: Namespace) -> int:
    """Print the Python source of the Dag; warnings go to standard error."""
    from flowforge_provider.compiler import compile_graph
    from flowforge_provider.graph.load import load_graph
    from flowforge_provider.graph.validation import validate_graph

    graph = load_graph(read_json(args.file))
    source = compile_graph(graph)
    for issue in validate_graph(graph, max_nodes=settings.max_nodes()):
        print_error(describe_issue(issue))
    write_text(source, path=args.out)
    return EXIT_OK


def _issues_of(path: str) -> list[Issue]:
    from flowforge_provider.graph.validation import check_document

    try:
        data = read_json(path)
    except GraphFormatError as error:
        # One unreadable file must not hide the issues of the others.
        return [Issue(code=error.error_code, message=error.message)]
    return check_document(data, max_nodes=settings.max_nodes())[1]

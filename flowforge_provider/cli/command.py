"""What all commands share: errors as text on standard error, exit codes, output as Airflow prints it."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any

from airflow.utils.cli import suppress_logs_and_warning
from airflow.utils.providers_configuration_loader import providers_configuration_loaded
from sqlalchemy.exc import DBAPIError

from flowforge_provider.exceptions import FlowForgeError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Sequence

    from flowforge_provider.graph.issues import Issue

EXIT_OK = 0
# Something was found or has failed; argparse itself exits with 2 for wrong usage.
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_TIMEOUT = 3
EXIT_INTERRUPTED = 130


def command(function: Callable[[Namespace], int]) -> Callable[[Namespace], None]:
    """
    Wrap a command: print our errors with all their issues, and exit with the code that it returns.

    :param function: the command; returns an exit code
    """
    quiet = suppress_logs_and_warning(providers_configuration_loaded(_collect(function)))

    @functools.wraps(function)
    def wrapper(args: Namespace) -> None:
        quiet(args)
        code: int = args.flowforge_exit_code
        if code:
            sys.exit(code)

    return wrapper


def print_rows(rows: Sequence[dict[str, Any]], *, output: str) -> None:
    """Print rows in the format that -o names."""
    from airflow.cli.simple_table import AirflowConsole
    from rich.markup import escape

    if output == "table":
        # Rich would take "[dag_processor]" for an instruction to itself and print nothing.
        rows = [{key: _escaped(value, escape) for key, value in row.items()} for row in rows]
    AirflowConsole().print_as(data=rows, output=output)


def _escaped(value: Any, escape: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return escape(value)
    return [_escaped(item, escape) for item in value] if isinstance(value, list) else value


def print_error(text: str) -> None:
    """Print to standard error."""
    print(text, file=sys.stderr)


def describe_issue(issue: Issue) -> str:
    """Return an issue as one line: where, what, code."""
    where = ".".join(part for part in (issue.node_id or issue.edge_id, issue.field) if part)
    prefix = f"{where}: " if where else ""
    return f"{issue.severity}: {prefix}{issue.message} [{issue.code}]"


def _collect(function: Callable[[Namespace], int]) -> Callable[[Namespace], None]:
    # Airflow's wrapper gives no return values, hence the note in args.
    @functools.wraps(function)
    def collect(args: Namespace) -> None:
        try:
            args.flowforge_exit_code = function(args)
        except FlowForgeError as error:
            print_error(f"{error.message} [{error.error_code}]")
            for issue in getattr(error, "issues", ()):
                print_error(f"  {describe_issue(issue)}")
            args.flowforge_exit_code = EXIT_FAILED
        except DBAPIError as error:
            print_error(_describe_database_error(error))
            args.flowforge_exit_code = EXIT_FAILED
        except KeyboardInterrupt:
            args.flowforge_exit_code = EXIT_INTERRUPTED
        except BrokenPipeError:
            # The reader of the output has seen enough, as with `| head`.
            args.flowforge_exit_code = EXIT_OK

    return collect


def _describe_database_error(error: DBAPIError) -> str:
    from flowforge_provider.api.errors import names_missing_table

    if names_missing_table(error):
        return "The tables of FlowForge are missing or old. Run `airflow db migrate`. [not-migrated]"
    cause = str(error.orig).strip().partition("\n")[0]
    return (
        f"Airflow's database cannot be used: {cause}\nSee that it runs, and that [database] sql_alchemy_conn "
        "names it. [database-unavailable]"
    )

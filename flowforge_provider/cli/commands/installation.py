"""Commands on the installation itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.utils.session import create_session

from flowforge_provider.cli.command import EXIT_FAILED, EXIT_OK, command, print_rows

if TYPE_CHECKING:
    from argparse import Namespace


@command
def sync_permissions(args: Namespace) -> int:
    """Make missing permission rows and print what was done."""
    from flowforge_provider.api.permissions import sync_permissions as sync

    with create_session() as session:
        report = sync(session=session)
    if not report.needed:
        lines = [{"change": "none", "what": "The auth manager keeps no permission rows; nothing is needed."}]
    else:
        lines = [
            {"change": "created", "what": f"{action} on {resource}"} for action, resource in report.created
        ]
        lines += [{"change": "granted", "what": f"{what} to {role}"} for role, what in report.granted]
        lines = lines or [{"change": "none", "what": "All permissions are there."}]
    print_rows(lines, output=args.output)
    return EXIT_OK


@command
def doctor(args: Namespace) -> int:
    """Print the result of every check; exit with 1 when one has found an error."""
    from flowforge_provider.checks import run_checks

    checks = run_checks()
    print_rows(
        [
            {
                "status": check.status,
                "check": check.code,
                "message": check.message,
                "what to do": check.fix or "",
            }
            for check in checks
        ],
        output=args.output,
    )
    return EXIT_FAILED if any(check.status == "error" for check in checks) else EXIT_OK

"""Commands on the installation itself."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from airflow.utils.session import create_session

from flowforge_provider.cli.audit import recorded_change
from flowforge_provider.cli.command import EXIT_FAILED, EXIT_OK, command, print_rows

if TYPE_CHECKING:
    from argparse import Namespace

    from flowforge_provider.checks import Check


@command
def sync_permissions(args: Namespace) -> int:
    """Make missing permission rows and print what was done."""
    from flowforge_provider.api.permissions import sync_permissions as sync
    from flowforge_provider.api.permissions import sync_workflow_permissions

    with recorded_change("sync_permissions", workflows=args.workflows), create_session() as session:
        report = sync(session=session)
        if args.workflows:
            sync_workflow_permissions(report=report, session=session)
    if not report.needed:
        lines = [{"change": "none", "what": "The auth manager keeps no permission rows; nothing is needed."}]
    else:
        lines = [
            {"change": "created", "what": f"{action} on {resource}"} for action, resource in report.created
        ]
        lines += [{"change": "created", "what": f'role "{name}"'} for name in report.roles]
        lines += [{"change": "granted", "what": f"{what} to {role}"} for role, what in report.granted]
        lines += [{"change": "created", "what": f"rights on workflow {name}"} for name in report.workflows]
        lines = lines or [{"change": "none", "what": "All permissions are there."}]
    print_rows(lines, output=args.output)
    return EXIT_OK


@command
def doctor(args: Namespace) -> int:
    """Print the result of every check; exit with 1 when one has found an error."""
    from flowforge_provider.checks import run_checks

    checks = run_checks(network=True)
    if args.output == "table":
        # Lines of their own and never wrapped, because some are to be copied into airflow.cfg.
        sys.stdout.writelines(_describe(check) for check in checks)
    else:
        print_rows(_rows(checks), output=args.output)
    return EXIT_FAILED if any(check.status == "error" for check in checks) else EXIT_OK


def _describe(check: Check) -> str:
    lines = [f"{check.status:8}{check.message} [{check.code}]"]
    lines += [f"        {line}" for line in check.fix.splitlines()]
    return "\n".join(lines) + "\n"


def _rows(checks: list[Check]) -> list[dict[str, str]]:
    return [
        {
            "status": check.status,
            "check": check.code,
            "message": check.message,
            "what_to_do": check.fix,
        }
        for check in checks
    ]

"""
The commands of ``airflow flowforge``.

Every ``airflow`` command imports this module, so it imports nothing of FlowForge; what a command does is
loaded when it runs.
"""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import Any

from airflow.cli.cli_config import (
    ARG_OUTPUT,
    ARG_VERBOSE,
    ActionCommand,
    Arg,
    CLICommand,
    GroupCommand,
    lazy_load_command,
)

_COMMANDS = "flowforge_provider.cli.commands"


def _arg(*flags: str, **options: Any) -> Arg:
    return Arg(flags, **options)  # type: ignore[no-untyped-call]


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ArgumentTypeError("must be 1 or more")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise ArgumentTypeError("must be a number of seconds, 0 or more")
    return value


def _days(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 36_500:
        raise ArgumentTypeError("must be a number of days, 0 or more")
    return value


ARG_WORKFLOW_RIGHTS = _arg(
    "--workflows",
    action="store_true",
    help="Also make the permissions of each single workflow, to be given to roles",
)
ARG_FILE = _arg("file", metavar="FILE", help="Graph document as JSON; - reads standard input")
ARG_FILES = _arg("files", metavar="FILE", nargs="+", help="Graph documents as JSON; - reads standard input")
ARG_WORKFLOW = _arg("workflow_id", metavar="WORKFLOW", help="Id of the workflow")
ARG_SEARCH = _arg("-s", "--search", help="Words that all occur in name, id, description or tags")
ARG_TAG = _arg("-t", "--tag", action="append", default=[], help="Only workflows with this tag; repeatable")
ARG_STATE = _arg("--state", choices=("draft", "published", "changed"), help="Only workflows in this state")
ARG_LIMIT = _arg("--limit", type=_count, default=None, help="Largest number of lines; all when absent")
ARG_OUT_FILE = _arg("--out", metavar="PATH", help="Write to this file; standard output when absent")
ARG_NAME = _arg("--name", help="Name of the workflow; the document's own when absent")
ARG_UPDATE = _arg(
    "--update",
    action="store_true",
    help="Save over the draft of the workflow that has the document's id, where there is one",
)
ARG_PUBLISH = _arg("--publish", action="store_true", help="Publish it as well")
ARG_MESSAGE = _arg("-m", "--message", default="", help="What changed, for the list of revisions")
ARG_FORMAT = _arg(
    "-f",
    "--format",
    choices=("json", "python"),
    default="json",
    help="json: the graph document; python: the compiled Dag (default: json)",
)
ARG_REVISION = _arg("-r", "--revision", type=_count, help="Number of a revision; the draft when absent")
ARG_PAYLOAD = _arg(
    "-p",
    "--payload",
    help="Payload as JSON, which expressions see as trigger.body; the trigger's sample when absent",
)
ARG_PAYLOAD_FILE = _arg(
    "--payload-file", metavar="PATH", help="Payload from a JSON file; - reads standard input"
)
ARG_WAIT = _arg("-w", "--wait", action="store_true", help="Wait for the end; exit code 1 unless it succeeds")
ARG_TIMEOUT = _arg(
    "--timeout", type=_seconds, default=None, help="Seconds to wait at most; exit code 3 after that"
)
ARG_TYPE = _arg("type", metavar="TYPE", help="Name of the node type, your own name first: acme.greet")
ARG_FOLDER = _arg("--folder", metavar="PATH", help="Folder to write to; named like the type when absent")


ARG_HOST = _arg("--host", default="0.0.0.0", help="Address to listen on (default: 0.0.0.0)")  # noqa: S104
ARG_PORT = _arg("-p", "--port", type=_count, default=8081, help="Port to listen on (default: 8081)")
ARG_WORKERS = _arg("-w", "--workers", type=_count, default=1, help="Processes to run (default: 1)")
ARG_NICE = _arg(
    "--nice",
    type=int,
    default=5,
    metavar="N",
    help="How far other processes on this machine come first, as in nice(1); 0: not at all (default: 5)",
)
ARG_PROXY_HEADERS = _arg(
    "--proxy-headers",
    action="store_true",
    help="Take the sender's address from X-Forwarded-For of a proxy that FORWARDED_ALLOW_IPS names",
)
ARG_SSL_CERT = _arg("--ssl-cert", metavar="PATH", default=None, help="Certificate, to serve HTTPS")
ARG_SSL_KEY = _arg("--ssl-key", metavar="PATH", default=None, help="Key of the certificate")

ARG_OLDER_THAN = _arg(
    "--older-than",
    type=_days,
    metavar="DAYS",
    help="Days that deliveries are kept; [flowforge] delivery_retention_days when absent",
)
ARG_OLDER_THAN_ALL = _arg(
    "--older-than",
    type=_days,
    metavar="DAYS",
    help="In place of the days that [flowforge] and the workflows' settings say",
)
ARG_ONLY_WORKFLOW = _arg(
    "--workflow", metavar="ID", default=None, help="Only executions of this workflow and deliveries to it"
)
ARG_BATCH_OF_RUNS = _arg(
    "--batch", type=_count, default=100, help="Rows to remove in one transaction (default: 100)"
)
ARG_DRY_RUN = _arg("--dry-run", action="store_true", help="Only count what would be removed")
ARG_BATCH = _arg("--batch", type=_count, default=500, help="Rows to remove in one transaction (default: 500)")


def get_flowforge_cli_commands() -> list[CLICommand]:
    """Return the group that Airflow adds to its commands."""
    return [
        GroupCommand(
            name="flowforge",
            help="Check, publish and run drawn workflows",
            subcommands=(
                ActionCommand(
                    name="list",
                    help="List workflows",
                    func=lazy_load_command(f"{_COMMANDS}.workflows.list_workflows"),
                    args=(ARG_SEARCH, ARG_TAG, ARG_STATE, ARG_LIMIT, ARG_OUTPUT, ARG_VERBOSE),
                ),
                ActionCommand(
                    name="validate",
                    help="Report everything that is wrong with graph files; needs no database",
                    func=lazy_load_command(f"{_COMMANDS}.graphs.validate"),
                    args=(ARG_FILES, ARG_OUTPUT, ARG_VERBOSE),
                ),
                ActionCommand(
                    name="compile",
                    help="Compile a graph file to the Python source of its Dag; needs no database",
                    func=lazy_load_command(f"{_COMMANDS}.graphs.compile_file"),
                    args=(ARG_FILE, ARG_OUT_FILE, ARG_VERBOSE),
                ),
                ActionCommand(
                    name="import",
                    help="Make a workflow from a graph file",
                    func=lazy_load_command(f"{_COMMANDS}.workflows.import_file"),
                    args=(ARG_FILE, ARG_NAME, ARG_UPDATE, ARG_PUBLISH, ARG_MESSAGE, ARG_OUTPUT, ARG_VERBOSE),
                ),
                ActionCommand(
                    name="export",
                    help="Write a workflow as a graph document or as Python",
                    func=lazy_load_command(f"{_COMMANDS}.workflows.export_workflow"),
                    args=(ARG_WORKFLOW, ARG_FORMAT, ARG_REVISION, ARG_OUT_FILE, ARG_VERBOSE),
                ),
                ActionCommand(
                    name="publish",
                    help="Make a workflow's draft live",
                    func=lazy_load_command(f"{_COMMANDS}.workflows.publish_workflow"),
                    args=(ARG_WORKFLOW, ARG_MESSAGE, ARG_OUTPUT, ARG_VERBOSE),
                ),
                ActionCommand(
                    name="unpublish",
                    help="Take a workflow offline",
                    func=lazy_load_command(f"{_COMMANDS}.workflows.unpublish_workflow"),
                    args=(ARG_WORKFLOW, ARG_OUTPUT, ARG_VERBOSE),
                ),
                ActionCommand(
                    name="run",
                    help="Start an execution of a published workflow",
                    func=lazy_load_command(f"{_COMMANDS}.runs.run_workflow"),
                    args=(
                        ARG_WORKFLOW,
                        ARG_PAYLOAD,
                        ARG_PAYLOAD_FILE,
                        ARG_WAIT,
                        ARG_TIMEOUT,
                        ARG_OUTPUT,
                        ARG_VERBOSE,
                    ),
                ),
                ActionCommand(
                    name="front-door",
                    help="Serve webhooks in a process of its own, apart from the api-server",
                    func=lazy_load_command(f"{_COMMANDS}.front_door.serve"),
                    args=(
                        ARG_HOST,
                        ARG_PORT,
                        ARG_WORKERS,
                        ARG_NICE,
                        ARG_PROXY_HEADERS,
                        ARG_SSL_CERT,
                        ARG_SSL_KEY,
                    ),
                ),
                ActionCommand(
                    name="clean",
                    help="Remove old deliveries with their files; what waits for its run stays",
                    func=lazy_load_command(f"{_COMMANDS}.deliveries.clean"),
                    args=(ARG_OLDER_THAN, ARG_DRY_RUN, ARG_BATCH, ARG_OUTPUT, ARG_VERBOSE),
                ),
                ActionCommand(
                    name="cleanup",
                    help="Remove old executions, deliveries, alerts and tests of steps",
                    description=(
                        "Remove ended executions with their steps and data, settled deliveries with their "
                        "files, alerts and tests of steps that are older than they are to be kept, and print "
                        "what, with numbers and bytes. What runs or waits is never removed."
                    ),
                    func=lazy_load_command(f"{_COMMANDS}.cleanup.cleanup"),
                    args=(
                        ARG_OLDER_THAN_ALL,
                        ARG_ONLY_WORKFLOW,
                        ARG_DRY_RUN,
                        ARG_BATCH_OF_RUNS,
                        ARG_OUTPUT,
                        ARG_VERBOSE,
                    ),
                ),
                ActionCommand(
                    name="node-types",
                    help="List the node types that are installed; needs no database",
                    func=lazy_load_command(f"{_COMMANDS}.node_types.list_node_types"),
                    args=(ARG_OUTPUT, ARG_VERBOSE),
                ),
                ActionCommand(
                    name="new-node-type",
                    help="Write a package with a node type to start from",
                    func=lazy_load_command(f"{_COMMANDS}.node_types.new_node_type"),
                    args=(ARG_TYPE, ARG_FOLDER, ARG_VERBOSE),
                ),
                ActionCommand(
                    name="sync-permissions",
                    help="Make FlowForge's permissions and roles in FabAuthManager",
                    func=lazy_load_command(f"{_COMMANDS}.installation.sync_permissions"),
                    args=(ARG_WORKFLOW_RIGHTS, ARG_OUTPUT, ARG_VERBOSE),
                ),
                ActionCommand(
                    name="doctor",
                    help="Check the installation on this machine and say what to do",
                    func=lazy_load_command(f"{_COMMANDS}.installation.doctor"),
                    args=(ARG_OUTPUT, ARG_VERBOSE),
                ),
            ),
        )
    ]

from __future__ import annotations

import ast
import subprocess
import sys

from airflow.cli.cli_config import GroupCommand

from flowforge_provider.cli.definition import get_flowforge_cli_commands

COMMANDS = {
    "list",
    "validate",
    "compile",
    "import",
    "export",
    "publish",
    "unpublish",
    "run",
    "front-door",
    "clean",
    "cleanup",
    "node-types",
    "new-node-type",
    "sync-permissions",
    "doctor",
}


def test_all_commands_are_there_and_load() -> None:
    (group,) = get_flowforge_cli_commands()
    assert isinstance(group, GroupCommand)
    assert group.name == "flowforge"
    assert {command.name for command in group.subcommands} == COMMANDS


def test_declaring_the_commands_loads_nothing_of_flowforge() -> None:
    program = (
        "import sys, flowforge_provider.cli.definition as definition\n"
        "definition.get_flowforge_cli_commands()\n"
        "print(sorted(name for name in sys.modules if name.startswith('flowforge_provider.')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    allowed = {
        "flowforge_provider.cli",
        "flowforge_provider.cli.definition",
        "flowforge_provider.get_provider_info",
    }
    assert set(ast.literal_eval(done.stdout)) <= allowed


def test_plugin_loads_no_web_framework_before_the_api_server_asks() -> None:
    program = (
        "import sys, airflow.plugins_manager\n"
        "before = set(sys.modules)\n"
        "from flowforge_provider.plugins.flowforge_plugin import FlowForgePlugin\n"
        "FlowForgePlugin().validate()\n"
        "print(sorted({name.partition('.')[0] for name in set(sys.modules) - before}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['flowforge_provider']"

"""Commands about node types, which need no database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flowforge_provider.cli.command import EXIT_FAILED, EXIT_OK, command, print_error, print_rows
from flowforge_provider.cli.files import write_text

if TYPE_CHECKING:
    from argparse import Namespace


@command
def list_node_types(args: Namespace) -> int:
    """Print the node types that are installed; exit with 1 when one cannot be used."""
    from flowforge_provider.nodes.registry import get_registry

    registry = get_registry()
    print_rows(
        [
            {
                "type": node_type.type,
                "version": node_type.version,
                "kind": node_type.kind,
                "group": node_type.group,
                "title": node_type.title,
                "summary": node_type.summary,
                "from": node_type.__module__.partition(".")[0],
            }
            for node_type in registry.all()
        ],
        output=args.output,
    )
    for entry_point, message in registry.problems:
        print_error(f"{entry_point}: {message} [node-type-broken]")
    return EXIT_FAILED if registry.problems else EXIT_OK


@command
def new_node_type(args: Namespace) -> int:
    """Write a package with a node type to start from."""
    from flowforge_provider.cli.scaffold import write_package

    folder = Path(args.folder or args.type.replace(".", "-").replace("_", "-"))
    files = write_package(args.type, folder)
    told = "\n".join(f"  {path}" for path in files)
    write_text(
        f"Written:\n{told}\n\nTry it, in the environment of your Airflow:\n"
        f"  pip install --no-deps --editable {folder}\n  pytest {folder}\n"
        "Restart the api-server: the node type is then in the palette.\n",
        path=None,
    )
    return EXIT_OK

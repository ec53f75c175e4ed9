"""Commands on stored workflows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from airflow.utils.platform import getuser
from airflow.utils.session import create_session

from flowforge_provider.cli.audit import recorded_change
from flowforge_provider.cli.command import EXIT_OK, command, print_rows
from flowforge_provider.cli.files import read_json, write_text
from flowforge_provider.exceptions import GraphFormatError, NotFoundError

if TYPE_CHECKING:
    from argparse import Namespace

    from sqlalchemy.orm import Session

    from flowforge_provider.store.tables import WorkflowRow

_ALL = 1_000_000


@command
def list_workflows(args: Namespace) -> int:
    """Print the workflows that match, the last saved first."""
    from flowforge_provider.store.workflows import list_workflows as read

    with create_session() as session:
        rows, _ = read(
            search=args.search,
            tags=args.tag,
            state=args.state,
            limit=_ALL if args.limit is None else args.limit,
            session=session,
        )
        lines = [
            {
                "workflow_id": row.id,
                "name": row.name,
                "state": row.state,
                "trigger": row.trigger_type or "",
                "revision": row.published_revision or "",
                "tags": row.tags,
                "updated_at": row.updated_at.isoformat(timespec="seconds"),
                "updated_by": row.updated_by,
            }
            for row in rows
        ]
    print_rows(lines, output=args.output)
    return EXIT_OK


@command
def import_file(args: Namespace) -> int:
    """Make a workflow, or save over an existing draft, and publish it when asked."""
    document = read_json(args.file)
    if not isinstance(document, dict):
        raise GraphFormatError("The file does not hold a graph document: a JSON object is expected.")
    # The entry is committed before the change takes SQLite's one lock, and completed after it.
    with recorded_change("import_workflow", file=args.file, update=args.update) as change:
        with create_session() as session:
            row = _save(document, name=args.name, update=args.update, session=session)
            line: dict[str, Any] = {"workflow_id": row.id, "state": row.state}
        change.made(line["workflow_id"])
    if args.publish:
        line = _publish(line["workflow_id"], message=args.message)
    print_rows([line], output=args.output)
    return EXIT_OK


@command
def export_workflow(args: Namespace) -> int:
    """Write a workflow's draft or one of its revisions."""
    from flowforge_provider.compiler import compile_graph
    from flowforge_provider.graph.load import load_graph
    from flowforge_provider.store.documents import without_pins
    from flowforge_provider.store.revisions import get_revision
    from flowforge_provider.store.workflows import get_workflow

    with create_session() as session:
        data = without_pins(get_workflow(args.workflow_id, session).draft)
        if args.revision is not None:
            data = get_revision(workflow_id=args.workflow_id, number=args.revision, session=session).graph
    if args.format == "python":
        text = compile_graph(load_graph(data))
    else:
        text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    write_text(text, path=args.out)
    return EXIT_OK


@command
def publish_workflow(args: Namespace) -> int:
    """Make a draft live and print what became of it."""
    print_rows([_publish(args.workflow_id, message=args.message)], output=args.output)
    return EXIT_OK


@command
def unpublish_workflow(args: Namespace) -> int:
    """Take a workflow offline."""
    from flowforge_provider.publishing import unpublish

    with recorded_change("unpublish_workflow", workflow_id=args.workflow_id):
        result = unpublish(workflow_id=args.workflow_id, user=getuser())
    line = {"workflow_id": args.workflow_id, "state": "unpublished", "seq": result.seq}
    print_rows([line], output=args.output)
    return EXIT_OK


def _save(document: dict[str, Any], *, name: str | None, update: bool, session: Session) -> WorkflowRow:
    from flowforge_provider.api.services.imports import import_workflow
    from flowforge_provider.store.workflows import update_draft

    own_id = document.get("id")
    if update and isinstance(own_id, str):
        own_name = document.get("name")
        try:
            return update_draft(
                workflow_id=own_id,
                name=name or (own_name if isinstance(own_name, str) else None),
                graph=document,
                expected_version=None,
                user=getuser(),
                session=session,
            )
        except NotFoundError:
            pass
    return import_workflow(document=document, name=name, user=getuser(), session=session)


def _publish(workflow_id: str, *, message: str) -> dict[str, Any]:
    from flowforge_provider.publishing import publish

    with recorded_change("publish_workflow", workflow_id=workflow_id, message=message or None):
        result = publish(workflow_id=workflow_id, message=message, user=getuser())
    return {
        "workflow_id": workflow_id,
        "state": result.state,
        "revision": result.revision,
        "seq": result.seq,
    }

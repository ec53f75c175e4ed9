"""Operations on the fields of objects, and the text template."""

from __future__ import annotations

from typing import Any

from flowforge_provider.transforms import paths
from flowforge_provider.transforms.errors import OperationError
from flowforge_provider.transforms.files import text_file
from flowforge_provider.transforms.work import Operation, Work, for_each, put_at


def set_fields(operation: Operation, value: Any, work: Work) -> Any:
    """Set fields in order; each sees the fields that were set before it only when the others are kept."""
    count = len(operation["fields"])

    def of_item(item: Any, index: int) -> Any:
        keep = operation["keep_other_fields"]
        if keep and item is not None and type(item) is not dict:
            raise OperationError(
                f"The other fields are to be kept, but the item is {paths.kind_of(item)}, not an object.",
                field="keep_other_fields",
            )
        made = item if keep and item is not None else {}
        for place in range(count):
            field = operation["fields"][place]
            seen = made if keep else item
            new = work.evaluate(operation, f"fields.{place}.value", item=seen, index=index, value=value)
            made = put_at(made, field["name"], new, field_name=f"fields.{place}.name")
        return made

    return for_each(work, value, of_item) if operation["each_item"] else of_item(value, 0)


def rename_fields(operation: Operation, value: Any, work: Work) -> Any:
    """Give fields other names; a renamed field keeps its place, a moved one goes to the end."""

    def of_item(item: Any, _index: int) -> Any:
        for place, rename in enumerate(operation["renames"]):
            old, new = rename["name"], rename["value"]
            found = paths.get(item, old)
            if found is paths.MISSING or old == new:
                continue
            if (
                type(item) is dict
                and old in item
                and len(paths.read_path(old)) == 1 == len(paths.read_path(new))
            ):
                target = str(paths.read_path(new)[0])
                item = {
                    target if name == old else name: inner for name, inner in item.items() if name != target
                }
            else:
                item = put_at(paths.remove(item, old), new, found, field_name=f"renames.{place}.value")
        return item

    return for_each(work, value, of_item)


def remove_fields(operation: Operation, value: Any, work: Work) -> Any:
    """Leave fields out; those that an item lacks are passed over."""

    def of_item(item: Any, _index: int) -> Any:
        for name in operation["names"]:
            if name:
                item = paths.remove(item, name)
        return item

    return for_each(work, value, of_item)


def keep_fields(operation: Operation, value: Any, work: Work) -> Any:
    """Hand on the named fields only, in the order of the names."""

    def of_item(item: Any, _index: int) -> Any:
        kept: Any = {}
        for place, name in enumerate(operation["names"]):
            found = paths.get(item, name) if name else paths.MISSING
            if found is not paths.MISSING:
                kept = put_at(kept, name, found, field_name=f"names.{place}")
        return kept

    return for_each(work, value, of_item)


def text(operation: Operation, value: Any, work: Work) -> Any:
    """Make a text of a template, or a file of it."""

    def of_item(item: Any, index: int) -> Any:
        made = work.evaluate(operation, "template", item=item, index=index, value=value)
        if type(made) is not str:
            from flowforge_provider.expressions.values import to_text

            made = to_text(made, work.scope().budget)
        if operation["as_file"]:
            made = text_file(operation, work, made, item=item, index=index, value=value)
        return put_at(item, operation["target"], made)

    return for_each(work, value, of_item) if operation["each_item"] else of_item(value, 0)

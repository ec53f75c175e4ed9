"""Operations on lists: filter, sort, limit, remove duplicates, split and join."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flowforge_provider.exceptions import StepError
from flowforge_provider.expressions.values import truth
from flowforge_provider.transforms import order, paths
from flowforge_provider.transforms.errors import OperationError, ValueMismatchError
from flowforge_provider.transforms.work import Operation, Work, at_item, convert, for_each, need_list, put_at

if TYPE_CHECKING:
    from collections.abc import Callable


def filter_items(operation: Operation, value: Any, work: Work) -> list[Any]:
    """Keep the items that fulfil the conditions, or for which the expression is true."""
    fulfils = _by_expression if operation["filter_by"] == "expression" else _by_conditions
    test = fulfils(operation, value, work)
    kept = []
    for index, item in enumerate(need_list(value)):
        work.tick()
        with at_item(index):
            if test(item, index):
                kept.append(item)
    return kept


def _by_expression(operation: Operation, value: Any, work: Work) -> Callable[[Any, int], bool]:
    def test(item: Any, index: int) -> bool:
        found = work.evaluate(operation, "condition", item=item, index=index, value=value)
        if type(found) is str:
            raise OperationError(
                f"The condition is the text {found!r:.60}, not true or false. Write an expression that "
                "compares: {{ row.total > 100 }}.",
                field="condition",
            )
        return truth(found)

    return test


def _by_conditions(operation: Operation, _value: Any, work: Work) -> Callable[[Any, int], bool]:
    from flowforge_provider.expressions.limits import Budget
    from flowforge_provider.nodes.condition_check import holds
    from flowforge_provider.nodes.conditions import FieldConditions

    # Values in it were filled in before; what they hold is no template.
    conditions = FieldConditions.model_validate(operation["conditions"], context={"rendered": True})
    workflow = work.data.get("workflow") or {}
    timezone = workflow.get("timezone") or "UTC"

    def test(item: Any, _index: int) -> bool:
        try:
            return holds(conditions, item=item, timezone=timezone, budget=Budget(work.limits))
        except StepError as error:
            raise OperationError(error.message, field="conditions") from None

    return test


def sort(operation: Operation, value: Any, work: Work) -> list[Any]:
    """Sort by several keys; items that are equal in all of them keep their order."""
    items = list(need_list(value))
    # The least important key first: each pass keeps the order of what is equal in it.
    for sort_key in reversed(operation["sort_by"] or [_WHOLE]):
        work.tick()
        keyed, without = [], []
        for item in items:
            key = _sort_key(sort_key["compare"], paths.get(item, sort_key["field"]))
            if key is None:
                without.append(item)
            else:
                keyed.append((key, item))
        keyed.sort(key=lambda pair: pair[0], reverse=sort_key["direction"] == "descending")
        sorted_items = [item for _, item in keyed]
        items = without + sorted_items if sort_key["nulls"] == "first" else sorted_items + without
    return items


_WHOLE: dict[str, str] = {"field": "", "direction": "ascending", "compare": "value", "nulls": "last"}
_KEYS = {
    "value": order.order_key,
    "ignore_case": order.case_key,
    "natural": order.natural_key,
    "number": order.number_key,
}


def _sort_key(compare: str, value: Any) -> tuple[Any, ...] | None:
    return None if value is None or value is paths.MISSING else _KEYS[compare](value)


def limit(operation: Operation, value: Any, work: Work) -> list[Any]:
    """Leave out some items and hand on at most so many of the others, from the start or from the end."""
    items = need_list(value)
    skip = _whole_number(operation, "skip", value, work) or 0
    count = _whole_number(operation, "count", value, work)
    if operation["from_end"]:
        end = max(0, len(items) - skip)
        return items[0 if count is None else max(0, end - count) : end]
    return items[skip : None if count is None else skip + count]


def _whole_number(operation: Operation, name: str, value: Any, work: Work) -> int | None:
    number = work.evaluate(operation, name, item=value, index=0, value=value)
    if type(number) is float and number.is_integer():
        number = int(number)
    if number is not None and (type(number) is not int or number < 0):
        raise OperationError(
            f"It takes a whole number from 0 on, not {number!r:.60}. Convert a text with | int.", field=name
        )
    return number


def deduplicate(operation: Operation, value: Any, work: Work) -> list[Any]:
    """Keep the first or the last of items that are equal, in the fields or as a whole."""
    items = need_list(value)
    names = [name for name in operation["names"] if name]
    seen: set[Any] = set()
    kept = []
    for item in reversed(items) if operation["keep"] == "last" else items:
        work.tick()
        key = tuple(key_of(paths.get(item, name)) for name in names) if names else key_of(item)
        if key not in seen:
            seen.add(key)
            kept.append(item)
    return kept[::-1] if operation["keep"] == "last" else kept


def key_of(value: Any) -> tuple[Any, ...]:
    """Return what is the same for equal values only; a missing value counts as null."""
    return order.order_key(None if value is paths.MISSING else value)


def split_out(operation: Operation, value: Any, work: Work) -> list[Any]:
    """Make an item of each entry of a list inside the value, or inside each of its items."""
    path, target = operation["field"], operation["target"]
    made: list[Any] = []
    for index, item in enumerate(value if type(value) is list else [value]):
        work.tick()
        with at_item(index):
            entries = paths.get(item, path)
            if entries is None or entries is paths.MISSING:
                continue
            if type(entries) is not list:
                where = f"The field {path!r}" if path else "The item"
                raise OperationError(f"{where} is {paths.kind_of(entries)}, not a list.", field="field")
            if operation["keep_other_fields"] and path:
                rest = paths.remove(item, path) if target else item
                made.extend(put_at(rest, target or path, entry) for entry in entries)
            elif target:
                made.extend(put_at({}, target, entry) for entry in entries)
            else:
                made.extend(entries)
    return made


def collect(operation: Operation, value: Any, work: Work) -> Any:
    """Make one list of a field of all items, or of the items, as such or in a field of a new object."""
    work.tick()
    items = need_list(value)
    path = operation["field"]
    found = [paths.get(item, path) for item in items]
    entries = [entry for entry in found if entry is not paths.MISSING]
    return put_at({}, operation["target"], entries) if operation["target"] else entries


def chunk(operation: Operation, value: Any, work: Work) -> list[list[Any]]:
    """Cut a list into lists of at most so many items."""
    work.tick()
    items, size = need_list(value), operation["size"]
    return [items[start : start + size] for start in range(0, len(items), size)]


def split_text(operation: Operation, value: Any, work: Work) -> Any:
    """Cut a text at each separator; white space around the parts goes away, except when it separates."""
    separator = _separator(operation)

    def cut(source: Any) -> list[str]:
        if type(source) is not str:
            raise ValueMismatchError(f"It splits a text, not {paths.kind_of(source)}.", field="field")
        parts = source.split(separator) if separator else list(source)
        return [part.strip() for part in parts] if separator.strip() else parts

    return convert(work, operation, value, cut)


def join_text(operation: Operation, value: Any, work: Work) -> Any:
    """
    Join a list to one text.

    Without a field, or with one that all items have, the items are joined; with a field that holds a list,
    that list is, in each item.
    """
    from flowforge_provider.expressions.library.texts import join

    path, separator = operation["field"], _separator(operation)

    def of_list(entries: Any) -> str:
        found = [entry for entry in need_list(entries) if entry is not None and entry is not paths.MISSING]
        return join(work.scope(), found, separator)

    if type(value) is not list:
        return put_at(value, operation["target"] or path, of_list(paths.get(value, path)))
    entries = [paths.get(item, path) for item in value]
    if path and entries and all(type(entry) is list for entry in entries):
        return for_each(
            work,
            value,
            lambda item, _index: put_at(item, operation["target"] or path, of_list(paths.get(item, path))),
        )
    text = of_list(entries)
    return put_at({}, operation["target"], text) if operation["target"] else text


def _separator(operation: Operation) -> str:
    signs = {"\\n": "\n", "\\t": "\t", "\\r": "\r", "\\\\": "\\"}
    return re.sub(r"\\[ntr\\]", lambda match: signs[match[0]], operation["separator"])

"""One operation after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.transforms import aggregate, csv_text, dates, documents, fields, lists, numbers, web
from flowforge_provider.transforms.errors import OperationError, PipelineError
from flowforge_provider.transforms.jq_operation import jq

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flowforge_provider.transforms.work import Operation, Work

OPERATIONS: dict[str, Callable[[Operation, Any, Work], Any]] = {
    "set_fields": fields.set_fields,
    "rename_fields": fields.rename_fields,
    "remove_fields": fields.remove_fields,
    "keep_fields": fields.keep_fields,
    "jq": jq,
    "filter": lists.filter_items,
    "sort": lists.sort,
    "limit": lists.limit,
    "deduplicate": lists.deduplicate,
    "aggregate": aggregate.aggregate,
    "split_out": lists.split_out,
    "collect": lists.collect,
    "chunk": lists.chunk,
    "split_text": lists.split_text,
    "join_text": lists.join_text,
    "text": fields.text,
    "parse_json": documents.parse_json,
    "format_json": documents.format_json,
    "parse_csv": csv_text.parse_csv,
    "format_csv": csv_text.format_csv,
    "parse_xml": documents.parse_xml,
    "format_xml": documents.format_xml,
    "date": dates.date,
    "number": numbers.number,
    "url": web.url,
    "base64": web.base64,
    "hash": web.hash_,
}


def run_pipeline(
    operations: Sequence[Operation],
    value: Any,
    work: Work,
    *,
    watch: Callable[[int, Any], None] | None = None,
) -> Any:
    """
    Return what the operations make of a value, which is not changed.

    :param operations: as ``Operation.model_dump`` writes them, all their fields there
    :param value: any JSON
    :param work: data and limits
    :param watch: is called with the index and the result of each operation
    :raises PipelineError: an operation failed; it knows which one
    """
    for index, operation in enumerate(operations):
        name = operation["operation"]
        try:
            work.tick()
            value = OPERATIONS[name](operation, value, work)
        except OperationError as error:
            raise PipelineError(error, operation=index, name=name) from error
        except RecursionError:
            too_deep = OperationError("The value is nested too deeply.")
            raise PipelineError(too_deep, operation=index, name=name) from None
        if watch is not None:
            watch(index, value)
    return value

"""JSON and XML to values and back."""

from __future__ import annotations

import json
import re
from typing import Any

from flowforge_provider.transforms import paths
from flowforge_provider.transforms.csv_text import read_value
from flowforge_provider.transforms.errors import OperationError, ValueMismatchError
from flowforge_provider.transforms.files import read_text, text_file
from flowforge_provider.transforms.work import Operation, Work, convert
from flowforge_provider.xml_documents import MAX_DEPTH, read_xml

_NAME = re.compile(r"[^\W\d][\w.-]*(?::[^\W\d][\w.-]*)?")


def parse_json(operation: Operation, value: Any, work: Work) -> Any:
    """Read the JSON in a text or a file."""
    from flowforge_provider.expressions.library.encoding import fromjson

    return convert(
        work, operation, value, lambda source: fromjson(work.scope(), read_text(source, what="JSON"))
    )


def format_json(operation: Operation, value: Any, work: Work) -> Any:
    """Write a value as JSON."""

    def write(source: Any) -> Any:
        made = json.dumps(source, ensure_ascii=False, indent=2 if operation["indent"] else None)
        return _told(operation, work, made, source, value)

    return convert(work, operation, value, write, whole=True)


def _told(operation: Operation, work: Work, text: str, source: Any, value: Any) -> Any:
    if not operation["as_file"]:
        return text
    return text_file(operation, work, text, item=source, index=0, value=value)


def parse_xml(operation: Operation, value: Any, work: Work) -> Any:
    """
    Read XML: elements become objects, attributes fields with @, texts beside either ``#text``.

    Document type definitions are refused, so that no entity can grow without bounds or read a file.
    """

    def read(source: Any) -> Any:
        made = _parse(read_text(source, what="XML"), operation["always_lists"])
        return _converted(made) if operation["convert_values"] else made

    return convert(work, operation, value, read)


def _parse(text: str, always_lists: list[str]) -> Any:
    try:
        return read_xml(text, always_lists=always_lists)
    except ValueError as error:
        raise ValueMismatchError(str(error)) from None


def _converted(value: Any) -> Any:
    if type(value) is dict:
        return {name: _converted(item) for name, item in value.items()}
    if type(value) is list:
        return [_converted(item) for item in value]
    return read_value(value) if type(value) is str else value


def format_xml(operation: Operation, value: Any, work: Work) -> Any:
    """Write a value as XML; the fields ``@name`` become attributes, ``#text`` the text of an element."""

    def write(source: Any) -> Any:
        import xmltodict

        is_document = (
            type(source) is dict and len(source) == 1 and type(next(iter(source.values()))) is not list
        )
        body = {operation["root"]: {"item": source} if type(source) is list else source}
        document = source if is_document else body
        _check_names(document, 0)
        made = xmltodict.unparse(document, pretty=operation["indent"], indent="  ")
        return _told(operation, work, made, source, value)

    return convert(work, operation, value, write, whole=True)


def _check_names(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise OperationError(f"The value is nested deeper than {MAX_DEPTH} levels.")
    if type(value) is dict:
        for name, item in value.items():
            if name != "#text" and not _NAME.fullmatch(name.removeprefix("@")):
                raise OperationError(
                    f"{name!r:.60} cannot be the name of an XML element. Rename the field first."
                )
            if name.startswith("@") and type(item) in {dict, list}:
                raise OperationError(
                    f"The attribute {name!r:.60} is {paths.kind_of(item)}; it must be a text."
                )
            _check_names(item, depth + 1)
    elif type(value) is list:
        for item in value:
            _check_names(item, depth + 1)

"""CSV (RFC 4180) to lists of objects and back."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import sys
from typing import Any, Literal

from flowforge_provider.transforms import paths
from flowforge_provider.transforms.errors import OperationError, ValueMismatchError
from flowforge_provider.transforms.files import read_text, text_file
from flowforge_provider.transforms.work import Operation, Work, at_item, convert

_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
_QUOTING: dict[str, Literal[0, 1, 2, 3]] = {
    "minimal": csv.QUOTE_MINIMAL,
    "text": csv.QUOTE_NONNUMERIC,
    "all": csv.QUOTE_ALL,
}
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
# What a spreadsheet takes for the start of a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def parse_csv(operation: Operation, value: Any, work: Work) -> Any:
    """Read rows: objects when the columns have names, else lists."""
    return convert(work, operation, value, lambda source: _read(operation, source, work), whole=True)


def _read(operation: Operation, source: Any, work: Work) -> list[Any]:
    text = read_text(source, encoding=operation["encoding"], what="CSV").removeprefix("\ufeff")
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    # Without newline="" line ends inside quotes would be changed.
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=_DELIMITERS[operation["delimiter"]], strict=True
    )
    change = read_value if operation["convert_values"] else str
    names: list[str] | None = None if operation["header"] else operation["columns"] or None
    rows: list[Any] = []
    wait_for_header = operation["header"]
    try:
        for cells in reader:
            work.tick()
            if not cells:
                continue  # An empty line.
            if wait_for_header:
                names, wait_for_header = _unique_names(cells), False
            elif names is None:
                rows.append([change(cell) for cell in cells])
            else:
                rows.append(_row(names, [change(cell) for cell in cells], reader.line_num))
    except csv.Error as error:
        raise ValueMismatchError(f"Line {reader.line_num} is not CSV: {error}.") from None
    return rows


def _row(names: list[str], cells: list[Any], line: int) -> dict[str, Any]:
    if len(cells) > len(names):
        raise ValueMismatchError(
            f"Line {line} has {len(cells)} values, but there are {len(names)} columns. Check the delimiter "
            "and the quotes."
        )
    return dict(zip(names, [*cells, *[None] * (len(names) - len(cells))], strict=True))


def _unique_names(cells: list[str]) -> list[str]:
    """Return a name for each column, all different: an empty one becomes column_2, a repeated one name_2."""
    names: list[str] = []
    for place, cell in enumerate(cells, start=1):
        base = cell.strip() or f"column_{place}"
        name, number = base, 2
        while name in names:
            name, number = f"{base}_{number}", number + 1
        names.append(name)
    return names


def read_value(text: str) -> Any:
    """Return the number or boolean that a text is; the text itself when a number would lose something."""
    if text in {"true", "false"}:
        return text == "true"
    if len(text) > 40 or not _NUMBER.fullmatch(text):
        return text
    if text.lstrip("-").isdecimal():
        return text if text == "-0" or abs(int(text)) > 2**53 else int(text)
    number = float(text)
    if not math.isfinite(number):
        return text
    from decimal import Decimal

    return number if Decimal(repr(number)) == Decimal(text) else text


def format_csv(operation: Operation, value: Any, work: Work) -> Any:
    """Write rows as a text, or as a file."""

    def write(source: Any) -> Any:
        text = _write(operation, source, work)
        if not operation["as_file"]:
            return text
        return text_file(operation, work, text, item=source, index=0, value=value)

    return convert(work, operation, value, write, whole=True)


def _write(operation: Operation, source: Any, work: Work) -> str:
    if type(source) is dict:
        source = [source]
    if type(source) is not list:
        raise OperationError(
            f"CSV is written of a list of objects, not of {paths.kind_of(source)}.", field="field"
        )
    columns = operation["columns"] or _all_columns(source)
    made = io.StringIO(newline="")
    writer = csv.writer(
        made, delimiter=_DELIMITERS[operation["delimiter"]], quoting=_QUOTING[operation["quoting"]]
    )
    if operation["header"] and columns:
        # Names are texts, also where texts alone are quoted.
        writer.writerow([_cell(name, operation) for name in columns])
    for index, row in enumerate(source):
        work.tick()
        with at_item(index):
            if type(row) is dict:
                cells = [paths.get(row, _as_path(name, row)) for name in columns]
            elif type(row) is list and not operation["columns"]:
                cells = row
            else:
                raise OperationError(
                    f"A row is {paths.kind_of(row)}, not an object. Make objects first, with Set fields."
                )
            writer.writerow([_cell(cell, operation) for cell in cells])
    return made.getvalue()


def _as_path(name: str, row: dict[str, Any]) -> str:
    # A column that was found, and not typed, may have dots in its name.
    return f"[{json.dumps(name)}]" if name in row else name


def _all_columns(rows: list[Any]) -> list[str]:
    names: dict[str, None] = {}
    for row in rows:
        if type(row) is dict:
            names.update(dict.fromkeys(row))
    return list(names)


def _cell(value: Any, operation: Operation) -> Any:
    if value is None or value is paths.MISSING:
        # None is never quoted, not even where all texts are.
        return "" if operation["quoting"] == "all" else None
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is int or type(value) is float:
        return value
    text = value if type(value) is str else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if operation["escape_formulas"] and text.startswith(_FORMULA) else text

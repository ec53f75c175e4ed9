"""Whether a JSON Schema can be used, and what is wrong with a payload by it: all of it at once."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flowforge_provider.nodes.payload.patterns import check_pattern, fits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema import FormatChecker

__all__ = ["MAX_SCHEMA_BYTES", "PayloadFault", "check_schema", "find_faults"]

MAX_SCHEMA_BYTES = 64 * 1024
_MAX_FAULTS = 100
_CODES = {
    "required": "payload-missing",
    "type": "payload-type",
    "enum": "payload-choice",
    "const": "payload-choice",
    "format": "payload-format",
    "pattern": "payload-format",
    "minimum": "payload-range",
    "maximum": "payload-range",
    "exclusiveMinimum": "payload-range",
    "exclusiveMaximum": "payload-range",
    "multipleOf": "payload-range",
    "minLength": "payload-range",
    "maxLength": "payload-range",
    "minItems": "payload-range",
    "maxItems": "payload-range",
    "uniqueItems": "payload-range",
    "additionalProperties": "payload-unknown",
    "unevaluatedProperties": "payload-unknown",
}


@dataclass(frozen=True)
class PayloadFault:
    """
    One thing that is wrong with a payload.

    :param path: keys and indexes from the payload's root to the value, or to where it is missing
    :param code: kebab-case, with a heading in docs/errors.md
    :param keyword: of JSON Schema, which the value breaks
    :param expected: what the keyword says
    """

    path: tuple[str | int, ...]
    code: str
    keyword: str = ""
    expected: Any = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """The path, dotted; empty for the whole payload."""
        return ".".join(str(part) for part in self.path)


def check_schema(schema: Any) -> str | None:  # noqa: PLR0911 - one return per kind of mistake
    """
    Return what keeps a JSON Schema from being used, or None.

    :param schema: JSON
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    if not isinstance(schema, dict):
        return 'A JSON Schema is an object, for example {"type": "object", "properties": {…}}.'
    try:
        if len(json.dumps(schema)) > MAX_SCHEMA_BYTES:
            return f"The schema has more than {MAX_SCHEMA_BYTES} bytes. Describe less."
        Draft202012Validator.check_schema(schema)
        parts = list(_parts(schema))
    except SchemaError as error:
        place = ".".join(str(part) for part in error.absolute_path)
        return f"This is no JSON Schema{f', at {place}' if place else ''}: {error.message[:300]}."
    except RecursionError:
        return "The schema is nested too deep."
    for part in parts:
        for reference in (part.get(name) for name in ("$ref", "$dynamicRef")):
            if isinstance(reference, str) and not _is_known(reference, schema):
                return (
                    f'The schema refers to "{reference[:200]}", which is not in it. References go to its own '
                    'parts, as in "#/$defs/address".'
                )
        patterns = part.get("patternProperties")
        names = list(patterns) if isinstance(patterns, dict) else []
        for pattern in [*names, *([part["pattern"]] if isinstance(part.get("pattern"), str) else [])]:
            problem = check_pattern(pattern)
            if problem:
                return problem
    try:
        find_faults({}, schema)
    except RecursionError:
        return "The schema refers to itself without end. End the circle."
    return None


def find_faults(payload: Any, schema: Mapping[str, Any]) -> list[PayloadFault]:
    """
    Return all that is wrong with a payload, in the order of the schema's fields; at most a hundred faults.

    :param payload: JSON
    :param schema: JSON Schema, draft 2020-12, for which ``check_schema`` finds nothing wrong
    """
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend
    from referencing import Registry

    validator_class = extend(Draft202012Validator, {"pattern": _pattern, "uniqueItems": _unique})
    # An empty registry: a schema must not make this server fetch an address.
    validator = validator_class(dict(schema), registry=Registry(), format_checker=_formats())
    found: list[PayloadFault] = []
    for error in validator.iter_errors(payload):
        found += _faults_of(error)
        if len(found) >= _MAX_FAULTS:
            break
    order = {name: index for index, name in enumerate(schema.get("properties") or ())}
    last = len(order)
    return sorted(
        found[:_MAX_FAULTS], key=lambda fault: order.get(fault.path[0], last) if fault.path else last
    )


def _faults_of(error: Any) -> Iterator[PayloadFault]:
    path, keyword = tuple(error.absolute_path), str(error.validator)
    code = _CODES.get(keyword, "payload-mismatch")
    if keyword == "required":
        # One error a property, which only the message names.
        names = error.validator_value if isinstance(error.instance, dict) else ()
        missing = [name for name in names if name not in error.instance]
        for name in missing:
            if error.message.startswith(repr(name)):
                yield PayloadFault((*path, name), code, keyword)
        return
    if keyword in ("additionalProperties", "unevaluatedProperties") and isinstance(error.instance, dict):
        known = set((error.schema or {}).get("properties") or ())
        unknown = [name for name in error.instance if name not in known][:10]
        yield from (PayloadFault((*path, name), code, keyword) for name in unknown)
        return
    if isinstance(error.validator_value, bool) and error.validator is None:
        yield PayloadFault(path, "payload-mismatch", "false")
        return
    if keyword == "minLength" and error.validator_value == 1:
        yield PayloadFault(path, "payload-missing", "required")
        return
    yield PayloadFault(path, code, keyword, error.validator_value)


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[Any]:
    from jsonschema.exceptions import ValidationError

    if isinstance(instance, str) and not fits(pattern, instance):
        yield ValidationError("The text does not fit the pattern.")


def _unique(_validator: Any, wanted: bool, instance: Any, _schema: Any) -> Iterator[Any]:
    """Look at each item once; the library compares each one with all others."""
    from jsonschema.exceptions import ValidationError

    if not wanted or not isinstance(instance, list):
        return
    seen: set[str] = set()
    for item in instance:
        text = json.dumps(_plain(item), sort_keys=True)
        if text in seen:
            yield ValidationError("Two items are the same.")
            return
        seen.add(text)


def _plain(value: Any) -> Any:
    """Return a value in which equal numbers are written alike."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


@lru_cache(maxsize=1)
def _formats() -> FormatChecker:
    """Return the formats that forms know; the others say nothing, as the standard has it."""
    from jsonschema import FormatChecker

    checker = FormatChecker(formats=())
    functions = {
        "date": _check_date,
        "date-time": _check_moment,
        "email": _check_email,
        "uri": _check_uri,
    }
    for name, function in functions.items():
        checker.checkers[name] = (function, ValueError)
    return checker


def _check_date(value: Any) -> bool:
    return not isinstance(value, str) or (len(value) == len("2026-03-01") and bool(date.fromisoformat(value)))


def _check_moment(value: Any) -> bool:
    if not isinstance(value, str):
        return True
    if not re.match(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d", value):
        return False
    text = value[:-1] + "+00:00" if value.endswith(("Z", "z")) else value
    # Python 3.10 reads three or six digits of a second only, and the number of them says nothing here.
    text = re.sub(r"\.\d+", "", text.upper())
    return datetime.fromisoformat(text).tzinfo is not None


def _check_email(value: Any) -> bool:
    if not isinstance(value, str):
        return True
    name, _, host = value.rpartition("@")
    has_blank = re.search(r"[\s<>,;\x00-\x1f]", value) is not None
    return bool(name and host.strip(".") == host and "." in host and ".." not in host and not has_blank)


def _check_uri(value: Any) -> bool:
    if not isinstance(value, str):
        return True
    parts = urlsplit(value)
    if re.search(r"[\s<>\"\\^`{|}\x00-\x1f]", value):
        return False
    return bool(parts.scheme) and (parts.scheme not in ("http", "https") or bool(parts.hostname))


def _parts(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of a schema. Those in examples and defaults do no harm."""
    waiting = [schema]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _is_known(reference: str, schema: Mapping[str, Any]) -> bool:
    if not reference.startswith("#"):
        return False
    if reference == "#":
        return True
    target: Any = schema
    for key in reference.removeprefix("#").split("/")[1:]:
        key = key.replace("~1", "/").replace("~0", "~")  # noqa: PLW2901 - as JSON Pointer writes it
        if isinstance(target, list) and key.isdecimal() and int(key) < len(target):
            target = target[int(key)]
        elif isinstance(target, dict) and key in target:
            target = target[key]
        else:
            return False
    return reference.startswith("#/")

"""Types of PostgreSQL, known by their OIDs and looked up where they are not built in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Form = Literal["text", "bool", "integer", "float", "numeric", "json", "bytea", "moment", "array", "composite"]


@dataclass(frozen=True)
class PostgresType:
    """
    How a type looks as JSON.

    :param oid: its OID
    :param name: as SQL writes it, quoted and with its schema where it needs them
    :param form: what its text form means; types without a form of their own are ``text``
    :param element: OID of an array's elements, or 0
    :param delimiter: what stands between an array's elements
    :param attributes: pairs (name, OID) of a composite type
    """

    oid: int
    name: str
    form: Form = "text"
    element: int = 0
    delimiter: str = ","
    attributes: tuple[tuple[str, int], ...] = ()


# OIDs of built-in types never change: src/include/catalog/pg_type.dat.
_SIMPLE: dict[int, tuple[str, Form]] = {
    16: ("boolean", "bool"),
    17: ("bytea", "bytea"),
    18: ('"char"', "text"),
    19: ("name", "text"),
    20: ("bigint", "integer"),
    21: ("smallint", "integer"),
    23: ("integer", "integer"),
    25: ("text", "text"),
    26: ("oid", "integer"),
    114: ("json", "json"),
    700: ("real", "float"),
    701: ("double precision", "float"),
    705: ("unknown", "text"),
    1042: ("bpchar", "text"),
    1043: ("character varying", "text"),
    1082: ("date", "text"),
    1083: ("time without time zone", "text"),
    1114: ("timestamp without time zone", "moment"),
    1184: ("timestamp with time zone", "moment"),
    1186: ("interval", "text"),
    1266: ("time with time zone", "moment"),
    1700: ("numeric", "numeric"),
    2278: ("void", "text"),
    2950: ("uuid", "text"),
    3802: ("jsonb", "json"),
}
_ARRAYS = {
    1000: 16,
    1001: 17,
    1003: 19,
    1016: 20,
    1005: 21,
    1007: 23,
    1009: 25,
    199: 114,
    1021: 700,
    1022: 701,
    1014: 1042,
    1015: 1043,
    1182: 1082,
    1183: 1083,
    1115: 1114,
    1185: 1184,
    1187: 1186,
    1231: 1700,
    2951: 2950,
    3807: 3802,
}
BUILT_IN: dict[int, PostgresType] = {
    oid: PostgresType(oid, name, form) for oid, (name, form) in _SIMPLE.items()
} | {oid: PostgresType(oid, f"{_SIMPLE[element][0]}[]", "array", element) for oid, element in _ARRAYS.items()}
UNKNOWN_OID = 705
TEXT_OID = 25

# Follows elements of arrays, bases of domains and attributes of composite types.
_LOOK_UP = """
WITH RECURSIVE needed (oid) AS (
    SELECT unnest($1::text::oid[])
    UNION
    SELECT below.oid FROM needed
    JOIN pg_catalog.pg_type t ON t.oid = needed.oid
    CROSS JOIN LATERAL (
        SELECT t.typelem WHERE t.typcategory = 'A'
        UNION ALL SELECT t.typbasetype WHERE t.typtype = 'd'
        UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a
        WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
    ) below (oid)
)
SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
    'oid', t.oid::bigint,
    'name', pg_catalog.format_type(t.oid, -1),
    'kind', t.typtype,
    'element', CASE WHEN t.typcategory = 'A' AND t.typlen = -1 AND t.oid NOT IN (22, 30)
        THEN t.typelem::bigint ELSE 0 END,
    'delimiter', coalesce((SELECT e.typdelim FROM pg_catalog.pg_type e WHERE e.oid = t.typelem), ','),
    'base', t.typbasetype::bigint,
    'attributes', coalesce((
        SELECT pg_catalog.json_agg(
            pg_catalog.json_build_array(a.attname, a.atttypid::bigint) ORDER BY a.attnum)
        FROM pg_catalog.pg_attribute a
        WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
    ), '[]')
)), '[]')::text
FROM needed JOIN pg_catalog.pg_type t ON t.oid = needed.oid
"""


class TypeCatalog:
    """
    The types of one database, as far as they were asked for.

    :param fetch: runs SQL with ``$1`` placeholders and values, and returns the one text that it yields
    """

    def __init__(self, fetch: Callable[[str, list[str]], str]) -> None:
        self._fetch = fetch
        self._known = dict(BUILT_IN)

    def get(self, oid: int) -> PostgresType:
        """Return a type; one that the database does not know either is text."""
        return self._known.get(oid) or PostgresType(oid, "text")

    def load(self, oids: Iterable[int]) -> None:
        """Look up, in one query, all of these types that are not known yet, and what they are made of."""
        missing = sorted({oid for oid in oids if oid and oid not in self._known})
        if not missing:
            return
        rows = json.loads(self._fetch(_LOOK_UP, [f"{{{','.join(map(str, missing))}}}"]))
        found = {row["oid"]: row for row in rows}
        for oid in [*found, *missing]:
            self._known.setdefault(oid, _from_row(oid, found))


def _from_row(oid: int, rows: Mapping[int, dict[str, object]]) -> PostgresType:
    row = rows.get(oid)
    if row is None:
        return BUILT_IN.get(oid) or PostgresType(oid, "text")
    name = str(row["name"])
    if row["kind"] == "d":
        base = _from_row(int(str(row["base"])), rows)
        return PostgresType(oid, name, base.form, base.element, base.delimiter, base.attributes)
    if row["element"]:
        return PostgresType(oid, name, "array", int(str(row["element"])), str(row["delimiter"]))
    if row["kind"] == "c":
        attributes: list[tuple[str, int]] = row["attributes"]  # type: ignore[assignment]
        return PostgresType(oid, name, "composite", attributes=tuple((n, o) for n, o in attributes))
    known = BUILT_IN.get(oid)
    return known or PostgresType(oid, name)

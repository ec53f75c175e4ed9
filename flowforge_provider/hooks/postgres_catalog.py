"""What a database holds, for pickers: schemas, tables, columns, functions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal, NamedTuple

from flowforge_provider.hooks.postgres import Options, Transaction

if TYPE_CHECKING:
    from collections.abc import Mapping

ObjectKind = Literal["schemas", "tables", "columns", "functions"]

# Seconds for connecting, and again for the query: a form waits for it.
TIMEOUT_S = 5
_LIMIT = 2_000

_SCHEMAS = """
SELECT n.nspname AS name, '' AS description
FROM pg_catalog.pg_namespace n
WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
"""
_TABLES = """
SELECT c.relname AS name, CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
    WHEN 'f' THEN 'foreign table' ELSE 'table' END AS description
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
AND CASE WHEN $1 = '' THEN pg_catalog.pg_table_is_visible(c.oid)
        AND n.nspname NOT IN ('pg_catalog', 'information_schema') ELSE n.nspname = $1 END
"""
_COLUMNS = """
SELECT a.attname AS name, pg_catalog.concat_ws(', ',
    pg_catalog.format_type(a.atttypid, a.atttypmod),
    CASE WHEN i.indisprimary THEN 'primary key' WHEN a.attgenerated <> '' THEN 'generated'
        WHEN a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' THEN 'required' END) AS description
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY (i.indkey)
WHERE c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
AND CASE WHEN $1 = '' THEN pg_catalog.pg_table_is_visible(c.oid) ELSE n.nspname = $1 END
"""
_FUNCTIONS = """
SELECT p.proname AS name, pg_catalog.string_agg(pg_catalog.concat(
    CASE p.prokind WHEN 'p' THEN 'procedure ' END, '(', pg_catalog.pg_get_function_arguments(p.oid), ')',
    CASE p.prokind WHEN 'f' THEN ' → ' || pg_catalog.pg_get_function_result(p.oid) END), '; ') AS description
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE p.prokind IN ('f', 'p') AND p.prorettype <> 'pg_catalog.trigger'::pg_catalog.regtype
AND CASE WHEN $1 = '' THEN pg_catalog.pg_function_is_visible(p.oid)
        AND n.nspname NOT IN ('pg_catalog', 'information_schema') ELSE n.nspname = $1 END
GROUP BY p.proname
"""
_AS_JSON = f"""
SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(f.name, f.description)), '[]')::text
FROM (SELECT * FROM ({{query}}) q{{order}} LIMIT {_LIMIT}) f
"""  # noqa: S608 - filled with the texts above
# kind -> query, names of its arguments in order
_QUERIES: dict[ObjectKind, tuple[str, tuple[str, ...]]] = {
    "schemas": (_SCHEMAS, ()),
    "tables": (_TABLES, ("schema",)),
    "columns": (_COLUMNS, ("schema", "table")),
    "functions": (_FUNCTIONS, ("schema",)),
}


class DatabaseObject(NamedTuple):
    """A name in a database, and a few words about it."""

    name: str
    description: str


def list_objects(
    connection_id: str, kind: ObjectKind, *, arguments: Mapping[str, str] | None = None
) -> list[DatabaseObject]:
    """
    Ask a database what it holds; the first 2,000 in the order of their names, columns in their own.

    :param connection_id: Airflow connection of type postgres
    :param kind: what is listed
    :param arguments: ``schema`` of tables, columns and functions, empty for those that the database finds
        without one; ``table`` of columns
    :raises StepError: the database cannot be reached in time, or refuses
    """
    query, names = _QUERIES[kind]
    order = "" if kind == "columns" else " ORDER BY 1"
    options = Options(
        statement_timeout_s=TIMEOUT_S, connect_timeout_s=TIMEOUT_S, bound_connecting=True, read_only=True
    )
    transaction = Transaction(connection_id, options)
    with transaction.open():
        text = transaction.fetch_json(
            _AS_JSON.format(query=query, order=order), [(arguments or {}).get(name, "") for name in names]
        )
    return [DatabaseObject(name, description) for name, description in json.loads(text)]

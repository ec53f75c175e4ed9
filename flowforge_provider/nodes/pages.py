"""The documentation page of each node type, made from its class: ``docs/nodes/``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowforge_provider.nodes.describe import describe
from flowforge_provider.nodes.registry import get_registry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flowforge_provider.nodes.spec import NodeType

_GENERATED = "<!-- Made from the class {path} by `make codegen`. Edit the class. -->"
_LONGEST_DEFAULT = 60


def page_name(type_: str) -> str:
    """Return the name of a type's page and example without an extension: http.request -> http_request."""
    return type_.replace(".", "_")


def render_page(node_type: type[NodeType], *, links: Mapping[str, str] | None = None) -> str:
    """
    Return the page of a node type as Markdown.

    :param node_type: a class from the registry
    :param links: text -> relative address of more to read: its example, its failure table
    """
    about = describe(node_type)
    parts = [
        f"# {about['title']}",
        _GENERATED.format(path=f"{node_type.__module__}.{node_type.__qualname__}"),
        about["summary"],
        f"Type `{about['type']}`, version {about['version']}, in the palette under *{about['group']}*.",
        about["help"].strip(),
    ]
    if about["ports"] or about["ports_from"]:
        parts += ["## Ports", *_ports(about["ports"], about["ports_from"])]
    parts += ["## Parameters", *_parameters(about["parameters_schema"], about["default_parameters"])]
    if about["output_schema"]:
        parts += ["## Output", *_output(about["output_schema"])]
    if about["kind"] == "action":
        parts += ["## Retries", _retries(about["default_retry"])]
    parts += ["## Example", *_example(about["example"])]
    if links:
        parts += ["## More", "\n".join(f"- [{text}]({address})" for text, address in links.items())]
    return "\n\n".join(parts) + "\n"


def render_index(node_types: Sequence[type[NodeType]]) -> str:
    """Return the page that lists all node types, in the order of the palette."""
    rows = []
    for node_type in node_types:
        group = node_type.group if node_type.kind != "trigger" else "Triggers"
        link = f"[{node_type.title}]({page_name(node_type.type)}.md)"
        rows.append((group, link, f"`{node_type.type}`", node_type.summary))
    return (
        "\n\n".join(
            [
                "# Node types",
                "<!-- Made from the node types' classes by `make codegen`. -->",
                "Every step that a workflow can be drawn with. [How to add one](../node-types.md).",
                _table(("Group", "Node", "Type", "What it does"), rows),
            ]
        )
        + "\n"
    )


def build_pages(folder: Path, *, root: Path) -> dict[Path, str]:
    """
    Return path -> text of all pages of this package's own node types.

    :param folder: where the pages belong
    :param root: of the project, where examples and failure tables lie
    """
    own = [
        node_type
        for node_type in get_registry().all()
        if node_type.__module__.startswith("flowforge_provider.")
    ]
    pages = {folder / "README.md": render_index(own)}
    for node_type in own:
        name = page_name(node_type.type)
        more = {
            "A workflow to try it with": root / "dags" / "graphs" / f"{name}.json",
            "The same as a Dag": root / "dags" / f"{name}.py",
            "What happens when something fails": root / "docs" / "failures" / f"{name}.md",
        }
        links = {
            text: f"../../{path.relative_to(root).as_posix()}" for text, path in more.items() if path.exists()
        }
        pages[folder / f"{name}.md"] = render_page(node_type, links=links)
    return pages


def _ports(ports: Sequence[Mapping[str, Any]], source: Mapping[str, Any] | None) -> Iterator[str]:
    rows = [(f"`{port['id']}`", port["description"] or port["label"]) for port in ports]
    if source is not None:
        rows.insert(0, (f"each of `{source['parameter']}`", f"The `{source['id']}` of the item is the port."))
    yield _table(("Port", "Taken when"), rows)


def _parameters(schema: Mapping[str, Any], defaults: Mapping[str, Any]) -> Iterator[str]:
    rows = list(_parameter_rows(schema, schema, defaults=defaults))
    if not rows:
        yield "None."
        return
    yield "`{{ }}` marks those that may hold [expressions](../expressions.md)."
    yield _table(("Parameter", "Type", "Default", "Meaning"), rows)


def _parameter_rows(
    schema: Mapping[str, Any],
    root: Mapping[str, Any],
    *,
    prefix: str = "",
    defaults: Mapping[str, Any] | None = None,
    seen: tuple[str, ...] = (),
) -> Iterator[tuple[str, str, str, str]]:
    required = set(schema.get("required", ()))
    ordered = sorted(
        schema.get("properties", {}).items(), key=lambda item: item[1].get("x-order", len(required) + 10_000)
    )
    for name, given in ordered:
        field, refs = _resolve(given, root)
        if any(ref in seen for ref in refs):
            continue  # A model that holds itself: its fields are there already.
        default = given.get("default", (defaults or {}).get(name))
        told = "required" if name in required else _default(default)
        kind = _kind(field, root) + (" `{{ }}`" if _takes_expressions(given) else "")
        yield f"`{prefix}{name}`", kind, told, _meaning(given, root)
        below = seen + tuple(refs)
        for variant in _variants(field, root):
            if variant.get("properties"):
                yield from _parameter_rows(variant, root, prefix=f"{prefix}{name}.", seen=below)
            items, more = _resolve(variant.get("items") or {}, root)
            for item in _variants(items, root):
                if item.get("properties") and not any(ref in below for ref in more):
                    yield from _parameter_rows(
                        item, root, prefix=f"{prefix}{name}[].", seen=below + tuple(more)
                    )


def _resolve(schema: Any, root: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    refs: list[str] = []
    while isinstance(schema, dict) and "$ref" in schema:
        refs.append(schema["$ref"])
        target = root.get("$defs", {}).get(schema["$ref"].removeprefix("#/$defs/"), {})
        schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
    return (schema if isinstance(schema, dict) else {}), refs


def _variants(schema: Mapping[str, Any], root: Mapping[str, Any]) -> list[dict[str, Any]]:
    inner = schema.get("anyOf") or schema.get("oneOf")
    return [_resolve(variant, root)[0] for variant in inner] if inner else [dict(schema)]


def _kind(schema: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    names = []
    for variant in _variants(schema, root):
        if "enum" in variant or "const" in variant:
            values = variant.get("enum", [variant.get("const")])
            names.append(", ".join(f"`{value}`" for value in values))
        elif variant.get("type") == "array":
            items, _ = _resolve(variant.get("items") or {}, root)
            names.append(f"list of {_kind(items, root)}" if items.get("type") != "object" else "list")
        else:
            names.append(str(variant.get("type", "any")))
    return " or ".join(dict.fromkeys(names))


def _takes_expressions(schema: Mapping[str, Any]) -> bool:
    return bool(schema.get("x-expression")) or any(
        isinstance(variant, dict) and variant.get("x-expression") for variant in schema.get("anyOf", ())
    )


def _default(value: Any) -> str:
    if value is None or value == "":
        return ""
    text = json.dumps(value, ensure_ascii=False)
    return f"`{text}`" if len(text) <= _LONGEST_DEFAULT else "see the form"


def _meaning(schema: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    text = str(schema.get("description") or schema.get("title") or "")
    resolved, _ = _resolve(schema, root)
    labels = resolved.get("x-option-labels") or {}
    told = "; ".join(f"`{value}`: {label}" for value, label in labels.items() if str(value) != label.lower())
    when = _condition(schema.get("x-visible-when") or {})
    return " ".join(filter(None, [text, f"({told})" if told else "", f"Counts when {when}." if when else ""]))


def _condition(when: Mapping[str, Any]) -> str:
    told = []
    for name, values in when.items():
        wanted = values if isinstance(values, list) else [values]
        told.append(f"`{name}` is {' or '.join(f'`{value}`' for value in wanted)}")
    return " and ".join(told)


def _output(schema: Mapping[str, Any]) -> Iterator[str]:
    description = schema.get("description")
    if description:
        yield str(description)
    rows = list(_output_rows(schema))
    if rows:
        yield _table(("Field", "Type", "Meaning"), rows)


def _output_rows(schema: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str, str]]:
    for name, field in schema.get("properties", {}).items():
        kind = field.get("type", "any")
        told = " or ".join(kind) if isinstance(kind, list) else str(kind)
        yield f"`{prefix}{name}`", told, str(field.get("description", ""))
        yield from _output_rows(field, f"{prefix}{name}.")
        items = field.get("items")
        if isinstance(items, dict):
            yield from _output_rows(items, f"{prefix}{name}[].")


def _retries(retry: Mapping[str, Any]) -> str:
    if not retry["retries"]:
        return "Not tried again unless the node says so. See [retries](../retries.md)."
    growth = ", doubling" if retry["exponential_backoff"] else ""
    longest = f" up to {retry['max_delay_s']:g} s" if retry["max_delay_s"] else ""
    rules = ", ".join(f"`{rule}`" for rule in retry["retry_on"] or ()) or "all that another try could mend"
    never = ", ".join(f"`{rule}`" for rule in retry["never_on"] or ())
    return (
        f"Unless the node says otherwise: {retry['retries']} more tries, the first after "
        f"{retry['delay_s']:g} s{growth}{longest}, after these errors: {rules}"
        f"{f'; never after {never}' if never else ''}. See [retries](../retries.md)."
    )


def _example(example: Mapping[str, Any]) -> Iterator[str]:
    yield f"```json\n{json.dumps(example.get('parameters', {}), indent=2, ensure_ascii=False)}\n```"
    if example.get("data"):
        yield "With these data:"
        yield f"```json\n{json.dumps(example['data'], indent=2, ensure_ascii=False)}\n```"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(text) for text in line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main() -> None:
    """Write docs/nodes anew, and remove the pages of node types that are gone."""
    root = Path(__file__).resolve().parents[2]
    folder = root / "docs" / "nodes"
    folder.mkdir(parents=True, exist_ok=True)
    pages = build_pages(folder, root=root)
    for stale in set(folder.glob("*.md")) - pages.keys():
        stale.unlink()
    for path, text in pages.items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

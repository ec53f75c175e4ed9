"""Filling in one field of a form, whatever control it is drawn with, as a person does."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

# Kinds of fields that change between a fixed value and an expression by the switch beside their label.
_SWITCHED = {"number", "boolean", "select", "value-list", "datetime", "duration", "color"}


def fill_field(page: Page, root: Locator, path: str, value: Any) -> None:
    """
    Put a value into a field.

    :param page: the page
    :param root: the panel that holds the form
    :param path: of the parameter with its parent (``parameters.values.0.name``)
    :param value: as the saved graph holds it: text, number, boolean; a mapping for objects and for rows of
        names and values; a list for chips and for lists of objects; an expression in its double braces
    """
    field = find_field(root, path)
    kind = str(field.get_attribute("data-kind"))
    if kind in _SWITCHED:
        if is_expression(value):
            field.get_by_test_id("mode-expression").click()
            type_text(page, field, value)
            return
        switch = field.get_by_test_id("mode-fixed")
        if switch.count() > 0:
            switch.click()
    if kind in _WITH_PARTS:
        _WITH_PARTS[kind](page, root, path, value)
    elif kind == "boolean":
        _switch(field, on=bool(value))
    elif kind in ("select", "connection"):
        choose_value(field, value)
    elif kind == "value-list":
        _type_chips(page, field, value)
    elif kind == "timezone":
        _search_option(field, str(value))
    elif kind == "color":
        field.locator(f"input[value={json.dumps(value)}]").check(force=True)
    else:
        if kind == "duration":
            field.get_by_test_id("unit").select_option(value="s")
        type_text(page, field, _as_text(value))


def find_field(root: Locator, path: str) -> Locator:
    """
    Return a field, and open what hides it: more options, a closed group, a closed row.

    :param root: the panel that holds the form
    :param path: of the parameter with its parent
    """
    field = root.get_by_test_id(f"field-{path}")
    expect(root.locator("[data-field]").first).to_be_attached()
    closed = root.locator(
        "[data-testid=more-options][aria-expanded=false], [data-testid^=group-][aria-expanded=false],"
        " [data-testid^=row-toggle-][aria-expanded=false]"
    )
    # Another field may still be deciding whether this one is shown.
    for _ in range(40):
        if field.count() > 0:
            break
        if closed.count() > 0:
            closed.first.click()
        else:
            root.page.wait_for_timeout(50)
    field.first.scroll_into_view_if_needed()
    return field.first


def is_expression(value: Any) -> bool:
    """
    Return whether a value is a text with an expression in it.

    :param value: of a parameter
    """
    return isinstance(value, str) and "{{" in value


def type_text(page: Page, field: Locator, text: str) -> None:
    """
    Replace the text of a field.

    :param page: the page
    :param field: the field
    :param text: what to type; expressions in double braces too
    """
    code = field.locator(".cm-content")
    if code.count() > 0:
        code.first.click()
        page.keyboard.press("ControlOrMeta+A")
        page.keyboard.press("Delete")
        # All at once, as pasted text: no completion list opens and no bracket is closed behind it.
        page.keyboard.insert_text(text)
        return
    # A schedule can be clicked together beside its expression.
    main = field.locator("input[data-mono]")
    (main if main.count() > 0 else field.locator("input, textarea")).first.fill(text)


def choose_value(field: Locator, value: Any) -> None:
    """
    Choose an option of a select.

    :param field: the field
    :param value: as the graph holds it, or the label that is shown
    """
    select = field.locator("select").first
    select.scroll_into_view_if_needed()
    wanted = _as_text(value)
    options = select.locator("option")

    def read() -> list[dict[str, str]]:
        found: list[dict[str, str]] = options.evaluate_all(
            "options => options.map(one => ({key: one.value, label: one.textContent.trim(), "
            "value: one.dataset.value ?? one.value}))"
        )
        return found

    # The options of a connection come from the server.
    for _ in range(100):
        fitting = [one for one in read() if one["value"] == wanted] or [
            one for one in read() if one["label"] == wanted or one["label"].startswith(f"{wanted} ")
        ]
        if fitting:
            select.select_option(value=fitting[0]["key"])
            return
        field.page.wait_for_timeout(100)
    raise AssertionError(f"{wanted!r} is not among the options {[one['label'] for one in read()]}.")


def fill_inline(page: Page, cell: Locator, value: Any) -> None:
    """
    Fill in a value that may be of any kind: text, number, yes or no, a document.

    :param page: the page
    :param cell: where it stands
    :param value: as the graph holds it
    """
    kinds = {str: "text", bool: "boolean", int: "number", float: "number"}
    kind = kinds.get(type(value), "json")
    choice = cell.locator("label select")
    if choice.count() > 0 and choice.input_value() != kind:
        choice.select_option(value=kind)
    if kind == "boolean":
        cell.locator("select").last.select_option(value=json.dumps(value))
    else:
        type_text(page, cell, value if kind == "text" else json.dumps(value))


def _switch(field: Locator, *, on: bool) -> None:
    switch = field.get_by_role("switch")
    if (switch.get_attribute("aria-checked") == "true") != on:
        switch.click()
    expect(switch).to_have_attribute("aria-checked", json.dumps(on))


def _type_chips(page: Page, field: Locator, values: Sequence[Any]) -> None:
    boxes = field.get_by_role("checkbox")
    if boxes.count() > 0:
        wanted = {_as_text(value) for value in values}
        for box in boxes.all():
            box.set_checked(box.get_attribute("value") in wanted)
        return
    chips = field.locator("[data-testid=chip-remove]")
    while chips.count() > 0:
        chips.first.click()
    entry = field.locator("input").first
    for value in values:
        entry.fill(_as_text(value))
        page.keyboard.press("Enter")


def _fill_pairs(page: Page, root: Locator, path: str, rows: Any) -> None:
    pairs = (
        list(rows.items()) if isinstance(rows, Mapping) else [(row["name"], row.get("value")) for row in rows]
    )
    _clear_rows(root, path)
    add = root.get_by_test_id(f"add-{path}")
    for index, (name, value) in enumerate(pairs):
        add.scroll_into_view_if_needed()
        add.click()
        type_text(page, root.get_by_test_id(f"field-{path}.{index}.name"), name)
        fill_inline(page, root.get_by_test_id(f"field-{path}.{index}.value"), value)


def _fill_objects(page: Page, root: Locator, path: str, rows: Sequence[Mapping[str, Any]]) -> None:
    _clear_rows(root, path)
    for index, row in enumerate(rows):
        add = root.get_by_test_id(f"add-{path}")
        add.scroll_into_view_if_needed()
        add.click()
        for name, value in row.items():
            fill_field(page, root, f"{path}.{index}.{name}", value)


def _fill_members(page: Page, root: Locator, path: str, value: Mapping[str, Any]) -> None:
    for name, part in value.items():
        fill_field(page, root, f"{path}.{name}", part)


def _clear_rows(root: Locator, path: str) -> None:
    rows = root.get_by_test_id(f"row-{path}.0")
    while rows.count() > 0:
        rows.get_by_test_id("row-remove").first.click()


def _fill_json(page: Page, root: Locator, path: str, value: Any) -> None:
    field = find_field(root, path)
    if field.locator("label select").count() > 0:
        return fill_inline(page, field, value)
    switch = field.get_by_test_id("mode-expression")
    whole = isinstance(value, str) and value.strip().startswith("{{") and value.strip().endswith("}}")
    if switch.count() > 0:
        (switch if whole else field.get_by_test_id("mode-json")).click()
    if whole:
        return type_text(page, field, value)
    if root.get_by_test_id(f"add-{path}").count() > 0:
        return _fill_rows_of_object(page, root, path, value)
    # What is not asked for as a document is plain text.
    plain = isinstance(value, str) and switch.count() == 0
    return type_text(page, field, value if plain else json.dumps(value, indent=2))


def _fill_rows_of_object(page: Page, root: Locator, path: str, value: Mapping[str, Any]) -> None:
    for index, (name, part) in enumerate(value.items()):
        root.get_by_test_id(f"add-{path}").click()
        row = root.get_by_test_id(f"row-{path}.{index}")
        row.locator("input").first.fill(name)
        fill_inline(page, row.get_by_test_id("pair-value"), part)


def _search_option(field: Locator, text: str) -> None:
    box = field.get_by_role("combobox")
    box.click()
    box.fill(text)
    field.get_by_role("option").first.click()


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


_WITH_PARTS: Mapping[str, Callable[[Page, Locator, str, Any], None]] = {
    "key-value": _fill_pairs,
    "object": _fill_members,
    "object-list": _fill_objects,
    "json": _fill_json,
}

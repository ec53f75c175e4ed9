"""The form of the selected node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests.e2e.pages.form_fields import choose_value, fill_field, find_field, type_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playwright.sync_api import Locator, Page


class PropertiesPanel:
    """
    The panel with a node's form.

    :param page: a browser page that shows the editor
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.get_by_test_id("properties-panel")

    def field(self, name: str) -> Locator:
        """
        Return a field of the form.

        :param name: of the parameter; parts of lists by number (``values.0.name``)
        """
        return self.root.get_by_test_id(f"field-parameters.{name}")

    def fill(self, values: Mapping[str, Any]) -> None:
        """
        Fill in fields of any kind, in this order, as a person does.

        :param values: path of the parameter (``values.0.name``) -> what the saved graph holds then: text,
            number, boolean; a mapping for objects and for rows of names and values; a list for chips and for
            lists of objects; an expression in its double braces
        """
        for name, value in values.items():
            fill_field(self.page, self.root, f"parameters.{name}", value)

    def type_text(self, name: str, text: str) -> None:
        """
        Replace the text of a field.

        :param name: of the parameter
        :param text: what to type; expressions in double braces too
        """
        type_text(self.page, find_field(self.root, f"parameters.{name}"), text)

    def choose(self, name: str, value: str) -> None:
        """
        Choose an option by its label or the beginning of it.

        :param name: of the parameter
        :param value: label, or for a Connection its id
        """
        choose_value(find_field(self.root, f"parameters.{name}"), value)

    def choose_mode(self, name: str, mode: str) -> None:
        """
        Choose how a value of any kind is written.

        :param name: of the parameter
        :param mode: ``json`` or ``expression``
        """
        self.field(name).get_by_test_id(f"mode-{mode}").click()

    def add_rows(self, name: str, rows: Mapping[str, str]) -> None:
        """
        Add rows of name and value.

        :param name: of the parameter
        :param rows: name -> value, in order
        """
        find_field(self.root, f"parameters.{name}")
        for index, (key, value) in enumerate(rows.items()):
            add = self.root.get_by_test_id(f"add-parameters.{name}")
            add.scroll_into_view_if_needed()
            add.click()
            self.type_text(f"{name}.{index}.name", key)
            self.type_text(f"{name}.{index}.value", value)

    def close(self) -> None:
        """Close the panel."""
        self.root.get_by_test_id("panel-close").click()
        expect(self.root).to_be_hidden()

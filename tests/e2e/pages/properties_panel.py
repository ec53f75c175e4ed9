"""The form of the selected node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

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

    def type_text(self, name: str, text: str) -> None:
        """
        Replace the text of a field.

        :param name: of the parameter
        :param text: what to type; expressions in double braces too
        """
        field = self.field(name)
        field.scroll_into_view_if_needed()
        code = field.locator(".cm-content")
        if code.count() > 0:
            code.first.click()
            self.page.keyboard.press("ControlOrMeta+A")
            self.page.keyboard.press("Delete")
            # All at once, as pasted text: no completion list opens and no bracket is closed behind it.
            self.page.keyboard.insert_text(text)
            return
        field.locator("input, textarea").first.fill(text)

    def choose(self, name: str, value: str) -> None:
        """
        Choose an option by its label or the beginning of it.

        :param name: of the parameter
        :param value: label, or for a Connection its id
        """
        select = self.field(name).locator("select")
        select.scroll_into_view_if_needed()
        options = select.locator("option")
        expect(options.filter(has_text=value).first).to_be_attached(timeout=15_000)
        labels = [text.strip() for text in options.all_inner_texts()]
        chosen = next(label for label in labels if label == value or label.startswith(f"{value} "))
        select.select_option(label=chosen)

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

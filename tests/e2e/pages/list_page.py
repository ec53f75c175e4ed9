"""The list of workflows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.e2e.pages.editor_page import EditorPage

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


class ListPage:
    """
    The list of workflows inside Airflow's web UI.

    :param page: a browser page
    :param base_url: of Airflow, without a slash at the end
    """

    def __init__(self, page: Page, *, base_url: str) -> None:
        self.page = page
        self._url = f"{base_url}/plugin/flowforge"

    def open(self) -> None:
        """Open the list and wait until it shows."""
        self.page.goto(self._url)
        # Airflow that has no workflow yet shows where to begin instead of a table.
        shown = self.page.get_by_test_id("workflow-list").or_(self.page.get_by_test_id("list-empty"))
        expect(shown).to_be_visible(timeout=30_000)

    def row(self, workflow_id: str) -> Locator:
        """
        Return the line of a workflow.

        :param workflow_id: its id
        """
        return self.page.get_by_test_id(f"workflow-row-{workflow_id}")

    def open_workflow(self, workflow_id: str) -> EditorPage:
        """
        Open a workflow in the editor.

        :param workflow_id: its id
        """
        self.page.get_by_test_id(f"workflow-link-{workflow_id}").click()
        editor = EditorPage(self.page)
        expect(editor.canvas).to_be_visible(timeout=30_000)
        return editor

    def choose(self, workflow_id: str, action: str) -> None:
        """
        Choose an action from the menu of a workflow.

        :param workflow_id: its id
        :param action: ``duplicate``, ``delete`` and so on
        """
        self.page.get_by_test_id(f"workflow-menu-{workflow_id}").click()
        self.page.get_by_test_id(f"menu-{action}").click()

    def create_blank(self, name: str) -> None:
        """
        Make an empty workflow and land in the editor.

        :param name: of the workflow
        """
        self.page.get_by_test_id("new-workflow").first.click()
        self.page.get_by_test_id("create-name").fill(name)
        self.page.get_by_test_id("create-template-blank").click()
        self.page.get_by_test_id("create-submit").click()
        expect(self.page.get_by_test_id("editor-page")).to_be_visible(timeout=30_000)

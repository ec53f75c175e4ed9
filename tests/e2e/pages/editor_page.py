"""The editor of one workflow: palette, canvas, toolbar, run panel."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.e2e.pages.properties_panel import PropertiesPanel

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


class EditorPage:
    """
    The editor inside Airflow's web UI.

    :param page: a browser page that shows the editor
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.canvas = page.get_by_test_id("canvas")
        self.properties = PropertiesPanel(page)
        self.step_output = page.get_by_test_id("step-output")

    def open(self, base_url: str, workflow_id: str) -> None:
        """
        Open a workflow and wait until its drawing stands still.

        :param base_url: of Airflow, without a slash at the end
        :param workflow_id: its id
        """
        self.page.goto(f"{base_url}/plugin/flowforge/workflows/{workflow_id}")
        expect(self.canvas).to_be_visible(timeout=30_000)
        self.settle()

    # -- building

    def node_ids(self) -> set[str]:
        """Return the ids of the nodes on the canvas."""
        found = self.page.locator(".react-flow__node").evaluate_all(
            "nodes => nodes.map(node => node.dataset.id)"
        )
        return {str(node_id) for node_id in found}

    def drag_node(self, node_type: str, *, x: float, y: float) -> str:
        """
        Drag a node type from the palette onto the canvas and return the new node's id.

        :param node_type: such as ``http.request``
        :param x: of the drop, in pixels from the canvas's left edge
        :param y: of the drop, in pixels from the canvas's upper edge
        """
        self.close_properties()
        before = self.node_ids()
        item = self.page.get_by_test_id(f"palette-item-{node_type}")
        item.scroll_into_view_if_needed()
        item.drag_to(self.canvas, target_position={"x": x, "y": y})
        expect(self.page.locator(".react-flow__node")).to_have_count(len(before) + 1)
        (new,) = self.node_ids() - before
        return new

    def add_node(self, node_type: str) -> str:
        """
        Click a node type in the palette and return the new node's id.

        :param node_type: such as ``http.request``
        """
        before = self.node_ids()
        self.page.get_by_test_id(f"palette-item-{node_type}").click()
        expect(self.page.locator(".react-flow__node")).to_have_count(len(before) + 1)
        (new,) = self.node_ids() - before
        self.settle()
        return new

    def pick_node(self, node_type: str, *, search: str) -> str:
        """
        Add a node by the keyboard alone and return its id.

        :param node_type: such as ``http.request``
        :param search: what is typed to find it; it must be the first one found
        """
        self.close_properties()
        before = self.node_ids()
        self.page.keyboard.press("n")
        expect(self.page.get_by_test_id("node-picker-search")).to_be_focused()
        self.page.keyboard.type(search)
        found = self.page.get_by_test_id(f"node-picker-item-{node_type}")
        expect(found).to_have_attribute("aria-selected", "true")
        self.page.keyboard.press("Enter")
        expect(self.page.locator(".react-flow__node")).to_have_count(len(before) + 1)
        (new,) = self.node_ids() - before
        self.settle()
        return new

    def drag_existing(self, node_id: str, *, by: tuple[float, float]) -> None:
        """
        Move a node with the mouse.

        :param node_id: its id
        :param by: pixels to the right and down
        """
        x, y = _center(self.node(node_id))
        mouse = self.page.mouse
        mouse.move(x, y)
        mouse.down()
        mouse.move(x + by[0], y + by[1], steps=8)
        mouse.up()

    def close_properties(self) -> None:
        """Close the form, which takes room from the canvas."""
        if self.properties.root.is_visible():
            self.page.get_by_test_id("panel-close").click()
            expect(self.properties.root).to_be_hidden()
            self.settle()

    def connect(self, source: str, target: str, *, port: str = "success") -> None:
        """
        Draw an edge with the mouse.

        :param source: id of a node
        :param target: id of a node
        :param port: of the source
        """
        self.draw_line(source, self.page.get_by_test_id(f"in-{target}"), port=port)
        expect(self.edge(source, target, port=port)).to_be_attached()

    def draw_line(self, source: str, end: Locator, *, port: str = "success") -> None:
        """
        Draw a line with the mouse from an output to anywhere, and let go.

        :param source: id of a node
        :param end: where the line ends
        :param port: of the source
        """
        start = self.page.get_by_test_id(f"port-{source}-{port}")
        mouse = self.page.mouse
        # A hover waits until its target stands still, which a canvas that is being moved does not.
        start.hover()
        mouse.down()
        middle = [(a + b) / 2 for a, b in zip(_center(start), _center(end), strict=True)]
        mouse.move(*middle, steps=8)
        end.hover()
        mouse.up()

    def edge(self, source: str, target: str, *, port: str = "success") -> Locator:
        """
        Return an edge.

        :param source: id of a node
        :param target: id of a node
        :param port: of the source
        """
        return self.page.get_by_test_id(f"edge-{source}.{port}->{target}")

    def node(self, node_id: str) -> Locator:
        """
        Return a node on the canvas.

        :param node_id: its id
        """
        return self.page.get_by_test_id(f"node-{node_id}")

    def select(self, node_id: str) -> PropertiesPanel:
        """
        Click a node and return the panel that shows its form.

        :param node_id: its id
        """
        self.show_all()
        self.node(node_id).click()
        expect(self.properties.root).to_be_visible()
        self.settle()
        return self.properties

    def show_all(self) -> None:
        """Make every node visible: the form of one node moves the canvas."""
        self.close_properties()
        self.fit_view()

    def delete(self, node_id: str) -> None:
        """
        Delete a node by the keyboard.

        :param node_id: its id
        """
        self.node(node_id).click()
        self.page.keyboard.press("Delete")
        expect(self.node(node_id)).to_have_count(0)

    def fit_view(self) -> None:
        """Show the whole graph."""
        self.page.get_by_test_id("fit-view").click()
        self.settle()

    def settle(self) -> None:
        """Wait until the canvas has stopped moving."""
        self.page.wait_for_function(
            """async () => {
                const root = document.querySelector('flowforge-root')?.shadowRoot ?? document;
                const place = () => root.querySelector('.react-flow__viewport')?.getAttribute('style') ?? '';
                const first = place();
                await new Promise(done => setTimeout(done, 150));
                return first === place();
            }"""
        )

    def undo(self) -> None:
        """Take the last change back."""
        self.page.get_by_test_id("undo").click()

    def redo(self) -> None:
        """Make the change again that was taken back."""
        self.page.get_by_test_id("redo").click()

    # -- saving and publishing

    def wait_until_saved(self) -> None:
        """Wait until the draft is saved."""
        expect(self.page.get_by_test_id("save-state")).to_have_attribute(
            "data-state", "saved", timeout=15_000
        )

    def publish(self, message: str) -> None:
        """
        Publish the draft and wait until it can be run.

        :param message: of the publication
        """
        self.wait_until_saved()
        self.page.get_by_test_id("publish-button").click()
        self.page.get_by_test_id("publish-message").fill(message)
        self.page.get_by_test_id("publish-submit").click()
        expect(self.page.get_by_test_id("publish-result")).to_have_attribute(
            "data-state", "runnable", timeout=30_000
        )
        self.page.keyboard.press("Escape")
        expect(self.page.get_by_test_id("publish-dialog")).to_be_hidden()

    # -- running

    def run(self, payload: object) -> None:
        """
        Start a run by the dialog.

        :param payload: JSON that stands for what the trigger receives
        """
        self.page.get_by_test_id("run-button").click()
        dialog = self.page.get_by_test_id("run-dialog")
        dialog.locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.press("Delete")
        self.page.keyboard.insert_text(json.dumps(payload, indent=2))
        self.page.get_by_test_id("run-submit").click()
        expect(dialog).to_be_hidden()

    def open_execution(self, execution_id: str) -> None:
        """
        Choose a run from the list of runs.

        :param execution_id: ``<workflow>.<run>``
        """
        self.open_tab("executions")
        run_id = execution_id.split(".", 1)[1]
        self.page.get_by_test_id(f"run-row-{run_id}").click(timeout=15_000)

    def open_tab(self, name: str) -> None:
        """
        Open a tab below the canvas.

        :param name: ``executions``, ``run``, ``issues`` or ``code``
        """
        tab = self.page.get_by_test_id(f"tab-{name}")
        panel = self.page.get_by_test_id("bottom-panel")
        # A click on the tab that is seen would close the panel.
        if panel.get_attribute("data-open") is None or tab.get_attribute("aria-selected") != "true":
            tab.click()
        expect(panel).to_have_attribute("data-open", "true")
        expect(tab).to_have_attribute("aria-selected", "true")

    def run_state(self, node_id: str) -> Locator:
        """
        Return the mark of a node's state in the shown run.

        :param node_id: its id
        """
        return self.page.get_by_test_id(f"run-state-{node_id}")

    def wait_for_state(self, node_id: str, state: str, *, timeout_s: float = 90) -> None:
        """
        Wait until a node shows a state.

        :param node_id: its id
        :param state: such as ``success``
        :param timeout_s: seconds until the test fails
        """
        expect(self.run_state(node_id)).to_have_attribute("data-state", state, timeout=timeout_s * 1000)

    def open_step(self, node_id: str) -> None:
        """
        Show the details of a step in the run panel.

        :param node_id: its id
        """
        self.open_tab("run")
        self.page.get_by_test_id(f"step-row-{node_id}").click()
        expect(self.page.get_by_test_id("step-detail")).to_be_visible()


def _center(locator: Locator) -> tuple[float, float]:
    box = locator.bounding_box()
    assert box is not None, f"{locator} is not on the screen"
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

"""One workflow that is drawn in the browser and looked at through the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests.e2e.api import API, draft_of, edges_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from tests.e2e.pages.editor_page import EditorPage


class Drawing:
    """
    A workflow in the editor.

    :param editor: the editor, open
    :param client: of the same server, signed in
    :param workflow_id: its id
    """

    def __init__(self, editor: EditorPage, *, client: httpx.Client, workflow_id: str) -> None:
        self.editor = editor
        self.workflow_id = workflow_id
        self._client = client

    def add(self, node_type: str, *, search: str = "") -> str:
        """
        Add a node and return its id: drag it from the palette, or find it by the keyboard by its name.

        :param node_type: such as ``http.request``
        :param search: what is typed into the picker; the type must be the first one found
        """
        if search:
            return self.editor.pick_node(node_type, search=search)
        self.editor.show_all()
        box = self.editor.canvas.bounding_box()
        assert box is not None
        # Below what is drawn already, each one a little further to the right.
        place = 0.2 + 0.15 * (len(self.editor.node_ids()) % 5)
        return self.editor.drag_node(node_type, x=box["width"] * place, y=box["height"] * 0.8)

    def connect(self, source: str, target: str, *, port: str = "success") -> None:
        """
        Draw an edge with the mouse, unless it is there.

        :param source: id of a node
        :param target: id of a node
        :param port: of the source
        """
        self.editor.show_all()
        if self.editor.edge(source, target, port=port).count() == 0:
            self.editor.connect(source, target, port=port)

    def fill(self, node_id: str, values: Mapping[str, Any]) -> None:
        """
        Open the form of a node and fill in fields of any kind, in this order.

        :param node_id: its id
        :param values: path of the parameter -> value; see :meth:`PropertiesPanel.fill`
        """
        self.editor.select(node_id).fill(values)

    def graph(self) -> dict[str, Any]:
        """Wait until the draft is saved and return it as JSON."""
        self.editor.wait_until_saved()
        return draft_of(self._client, self.workflow_id)

    def edges(self) -> set[tuple[str, str, str]]:
        """Wait until the draft is saved and return its edges: source, port of the source, target."""
        return edges_of(self.graph())

    def parameters(self, node_id: str) -> dict[str, Any]:
        """
        Wait until the draft is saved and return the parameters of a node.

        :param node_id: its id
        """
        (found,) = [node["parameters"] for node in self.graph()["nodes"] if node["id"] == node_id]
        return dict(found)

    def expect_no_issues(self) -> None:
        """Fail when the server or the editor finds something wrong with the saved draft."""
        self.editor.wait_until_saved()
        answer = self._client.post(f"{API}/workflows/{self.workflow_id}/validate")
        assert answer.status_code == 200, answer.text
        assert answer.json()["issues"] == []
        expect(self.editor.page.locator("[data-testid^=node-issues-]")).to_have_count(0)
        expect(self.editor.page.locator("[data-field][data-invalid]")).to_have_count(0)

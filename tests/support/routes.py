"""Walk all routes of the API, as its OpenAPI document lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx

    from tests.support.asgi import AsgiClient

# What stands in paths; nothing with these names exists.
_SAMPLES = {
    "template_id": "nothing",
    "workflow_id": "no-such-workflow",
    "execution_id": "no-such-workflow.manual__1",
    "connection_id": "no-such-connection",
    "delivery_id": "0" * 32,
    "file_id": "0" * 32,
    "rule_id": "0" * 32,
    "channel_id": "0" * 32,
    "message_id": "0" * 32,
    "group_id": "0" * 32,
    "redrive_id": "0" * 32,
    "node_id": "step",
    "node_type": "no.such.type",
    "test_id": "test__1",
    "path": "some/path",
    "number": "1",
    "seq": "1",
}
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
PREFIX = "/flowforge"


class Operation(NamedTuple):
    """
    One method of one path.

    :param permission: an action, ``signed-in`` or ``public``
    """

    method: str
    path: str
    permission: str
    description: dict[str, Any]

    def send(
        self, client: httpx.Client | AsgiClient, *, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """
        Ask for something that does not exist, with an empty JSON body where there is one.

        :param headers: sent with it
        """
        url = PREFIX + self.path
        for name, value in _SAMPLES.items():
            url = url.replace("{" + name + "}", value)
        assert "{" not in url, f"tests/support/routes.py has no sample for {url}"
        if self.method in _WRITES:
            return client.request(self.method, url, json={}, headers={"If-Match": "*", **(headers or {})})
        # A stream of events ends at once, so that it can be waited for.
        streams = "text/event-stream" in self.description["responses"].get("200", {}).get("content", {})
        params = {"max_s": 0} if streams else {}
        return client.request(self.method, url, headers=dict(headers or {}), params=params)


def walk_operations(document: dict[str, Any]) -> Iterator[Operation]:
    """Yield every operation of an OpenAPI document; what references to shared responses mean is put in."""
    shared = {
        f"#/components/responses/{name}": response
        for name, response in document["components"]["responses"].items()
    }
    for path, item in document["paths"].items():
        for method, written in item.items():
            responses = {
                status: {**shared[response["$ref"]], **response} if "$ref" in response else response
                for status, response in written["responses"].items()
            }
            description = {**written, "responses": responses}
            yield Operation(method.upper(), path, description["x-permission"], description)


def assert_problem(response: httpx.Response, *, status: int | None = None) -> None:
    """Fail unless the response is a problem in the one shape."""
    where = f"{response.request.method} {response.request.url}: {response.status_code} {response.text[:300]}"
    assert response.headers["content-type"] == "application/problem+json", where
    body = response.json()
    assert {"type", "title", "status", "detail", "code", "issues"} <= set(body), where
    assert body["status"] == response.status_code, where
    assert body["detail"], where
    assert body["type"].endswith(body["code"]), where
    if status is not None:
        assert response.status_code == status, where


def check_access(
    *, anonymous: httpx.Client | AsgiClient, viewer: httpx.Client | AsgiClient, document: dict[str, Any]
) -> int:
    """
    Ask every route as nobody and as a viewer; return how many operations there were.

    Nobody gets 401 everywhere but on public routes. A viewer gets 403 from all that changes something.
    """
    count = 0
    for operation in walk_operations(document):
        count += 1
        if operation.permission == "public":
            assert operation.send(anonymous).status_code != 403
            continue
        response = operation.send(anonymous)
        assert_problem(response, status=401)
        assert response.headers["www-authenticate"] == "Bearer"
        response = operation.send(viewer)
        if operation.permission in {"read", "signed-in"}:
            assert response.status_code != 401, operation
        else:
            assert_problem(response, status=403)
    return count

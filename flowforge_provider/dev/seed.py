"""
What a new development instance starts with: the example workflows and the Connections that they use.

All goes through the HTTP API, as a person's own work would. A thing is made once: what a person changes or
deletes stays changed or deleted, but for the address of the demo endpoint, which follows the port.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flowforge_provider.dev.ports import LOOPBACK
from flowforge_provider.examples import find_examples

if TYPE_CHECKING:
    from collections.abc import Iterable

DEMO_CONNECTION = "flowforge_demo"
TOKEN_CONNECTION = "flowforge_orders_token"  # noqa: S105 - an id
#: Everybody on this machine is an administrator of a development instance, so this keeps nobody out; it makes
#: the command in the README work as it stands.
DEV_TOKEN = "flowforge-dev-token"  # noqa: S105


@dataclass(frozen=True)
class Example:
    """
    A workflow to start with.

    :param name: of the file in the examples folder, without ``.json``
    :param published: whether it is made live; one that needs a Connection of the person's own stays a draft
    """

    name: str
    published: bool


EXAMPLES = (Example("orders", published=True), Example("orders_postgres", published=False))


class SeedError(Exception):
    """The instance refused something that it should start with."""


class Seeder:
    """
    Fills an instance.

    :param base_url: of its api-server, without a slash at the end
    :param port: of its api-server
    """

    def __init__(self, *, base_url: str, port: int) -> None:
        self._base_url = base_url
        self._port = port
        # The server is on this machine, whatever proxy the environment names for the rest of the world.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def seed(self, *, done: Iterable[str]) -> list[str]:
        """
        Make what is missing and return the names of everything that was ever made.

        :param done: what this method has returned at earlier starts
        :raises SeedError: the instance refused; says what it answered
        """
        names = list(done)
        self._point_demo_connection_here()
        if TOKEN_CONNECTION not in names:
            self._add_token_connection()
            names.append(TOKEN_CONNECTION)
        for example in EXAMPLES:
            if example.name not in names:
                self._add_example(example)
                names.append(example.name)
        return names

    def _point_demo_connection_here(self) -> None:
        path = f"/api/v2/connections/{DEMO_CONNECTION}"
        wanted = {
            "connection_id": DEMO_CONNECTION,
            "conn_type": "http",
            "description": "FlowForge's demo endpoint on this machine",
            "host": f"http://{LOOPBACK}",
            "port": self._port,
        }
        status, present = self._call("GET", path)
        if status == 404:
            self._expect(201, "POST", "/api/v2/connections", wanted)
        elif present.get("port") != self._port:
            self._expect(200, "PATCH", f"{path}?update_mask=port", wanted)

    def _add_token_connection(self) -> None:
        status, _ = self._call("GET", f"/api/v2/connections/{TOKEN_CONNECTION}")
        if status != 404:
            return
        body = {
            "connection_id": TOKEN_CONNECTION,
            "conn_type": "generic",
            "description": "What the webhook of the example workflow asks for in X-FlowForge-Token",
            "password": DEV_TOKEN,
        }
        self._expect(201, "POST", "/api/v2/connections", body)

    def _add_example(self, example: Example) -> None:
        path = find_examples() / f"{example.name}.json"
        try:
            graph = json.loads(path.read_text())
        except (OSError, ValueError) as error:
            raise SeedError(f"{path} cannot be read: {error}") from error
        answer = self._expect(
            201, "POST", "/flowforge/api/workflows", {"name": graph["name"], "graph": graph}
        )
        if example.published:
            route = f"/flowforge/api/workflows/{answer['id']}/publish"
            self._expect(200, "POST", route, {"message": "Example"})

    def _expect(self, status: int, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        got, answer = self._call(method, path, body)
        if got != status:
            raise SeedError(f"{method} {path} answered {got}: {json.dumps(answer)[:500]}")
        return answer

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        request = urllib.request.Request(  # noqa: S310 - our own server
            self._base_url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with self._opener.open(request, timeout=60) as response:
                return response.status, _parse(response.read())
        except urllib.error.HTTPError as error:
            return error.code, _parse(error.read())
        except OSError as error:
            raise SeedError(f"{method} {path}: {error}") from error


def _parse(data: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(data)
    except ValueError:
        return {"text": data.decode(errors="replace")}
    return answer if isinstance(answer, dict) else {"answer": answer}

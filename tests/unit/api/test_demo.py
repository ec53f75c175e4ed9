from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flowforge_provider.api.routes.demo import _is_loopback
from flowforge_provider.api.services.demo import Shop

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.asgi import AsgiClient

URL = "/flowforge/api/demo"
ROUTES = [("GET", f"{URL}/products/7"), ("GET", f"{URL}/orders"), ("POST", f"{URL}/orders")]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_the_shop_is_for_development_only(
    client: Callable[[str | None], AsgiClient], monkeypatch: pytest.MonkeyPatch, method: str, path: str
) -> None:
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__DEV_MODE", "False")
    answer = client("admin").request(method, path, json={} if method == "POST" else None)
    assert answer.status_code == 404


def test_the_shop_sells(client: Callable[[str | None], AsgiClient], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__DEV_MODE", "True")
    shop = client(None)
    product = shop.get(f"{URL}/products/7").json()
    assert set(product) == {"id", "name", "price"}
    assert product == shop.get(f"{URL}/products/7").json()
    assert shop.get(f"{URL}/products/0").status_code == 422
    placed = shop.post(f"{URL}/orders", json={"product_id": 7})
    assert placed.status_code == 201
    assert shop.get(f"{URL}/orders").json()["orders"][0] == placed.json()
    assert shop.post(f"{URL}/orders", json={"text": "x" * 20_000}).status_code == 413


def test_the_shop_forgets_old_orders() -> None:
    shop = Shop()
    for number in range(300):
        shop.add_order(number)
    orders = shop.orders()
    assert len(orders) == 200
    assert orders[0]["order"] == 299
    assert orders[0]["order_id"] == 300


@pytest.mark.parametrize(
    ("host", "expected"), [("127.0.0.1", True), ("::1", True), ("10.0.0.1", False), ("", False)]
)
def test_only_this_machine_counts_as_loopback(host: str, expected: bool) -> None:
    assert _is_loopback(host) is expected

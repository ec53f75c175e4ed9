"""A small shop for the example workflows; it exists in a development instance only."""

import ipaddress
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request

from flowforge_provider import settings
from flowforge_provider.api.errors import ApiError
from flowforge_provider.api.json_route import JsonRoute
from flowforge_provider.api.security import PUBLIC
from flowforge_provider.api.services.demo import Shop, get_shop
from flowforge_provider.runs.payload import check_payload

_MAX_ORDER_BYTES = 10_000


def _development_only(request: Request) -> None:
    """Answer 404 unless this is a development instance and the caller is on the same machine."""
    host = request.client.host if request.client is not None else ""
    if not settings.dev_mode() or not _is_loopback(host):
        raise ApiError(404, "not-found", f"There is nothing at {request.url.path}.")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        # Starlette's test client, and uvicorn behind a unix socket, have no address.
        return host in {"testclient", "localhost"}


router = APIRouter(
    prefix="/demo",
    tags=["demo"],
    route_class=JsonRoute,
    dependencies=[PUBLIC, Depends(_development_only)],
    include_in_schema=False,
)
ShopDep = Annotated[Shop, Depends(get_shop)]


@router.get("/products/{product_id}", operation_id="get_demo_product")
def get_product(product_id: Annotated[int, Path(ge=1, le=1_000_000)], shop: ShopDep) -> dict[str, Any]:
    """Return a product: id, name, price."""
    return shop.product(product_id)


@router.post("/orders", status_code=201, operation_id="add_demo_order")
def add_order(order: dict[str, Any], shop: ShopDep) -> dict[str, Any]:
    """Keep an order in memory and return it with its number."""
    if check_payload(order) > _MAX_ORDER_BYTES:
        raise ApiError(413, "body-too-large", f"An order may have {_MAX_ORDER_BYTES} bytes.")
    return shop.add_order(order)


@router.get("/orders", operation_id="list_demo_orders")
def list_orders(shop: ShopDep) -> dict[str, Any]:
    """Return the last orders, newest first."""
    orders = shop.orders()
    return {"orders": orders, "total_entries": len(orders)}

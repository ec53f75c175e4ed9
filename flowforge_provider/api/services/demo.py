"""The shop that the example workflows talk to: products that follow from their number, orders in memory."""

from __future__ import annotations

import threading
from collections import deque
from datetime import datetime, timezone
from typing import Any

__all__ = ["Shop", "get_shop"]

_NAMES = ("Teapot", "Kettle", "Lantern", "Compass", "Notebook", "Backpack", "Blanket", "Whistle", "Thermos")
_MAX_ORDERS = 200


class Shop:
    """Keeps the last orders of this process."""

    def __init__(self) -> None:
        self._orders: deque[dict[str, Any]] = deque(maxlen=_MAX_ORDERS)
        self._count = 0
        self._lock = threading.Lock()

    @staticmethod
    def product(product_id: int) -> dict[str, Any]:
        """
        Return a product; the same number is always the same product.

        :param product_id: 1 or more
        """
        name = _NAMES[product_id % len(_NAMES)]
        return {"id": product_id, "name": name, "price": round(4.5 + (product_id * 7 % 40) * 1.25, 2)}

    def add_order(self, order: Any) -> dict[str, Any]:
        """
        Keep an order and return it with its number.

        :param order: any JSON
        """
        with self._lock:
            self._count += 1
            kept = {
                "order_id": self._count,
                "received_at": datetime.now(tz=timezone.utc).isoformat(),
                "order": order,
            }
            self._orders.append(kept)
            return kept

    def orders(self) -> list[dict[str, Any]]:
        """Return the last orders, newest first."""
        with self._lock:
            return list(reversed(self._orders))


_shop = Shop()


def get_shop() -> Shop:
    """Return the shop of this process."""
    return _shop

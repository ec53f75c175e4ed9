"""Parameters of ``webhook``: what callers are answered."""

from __future__ import annotations

from flowforge_provider.nodes.spec import Parameters


class ResponseParameters(Parameters):
    """What callers are answered; orders 400 to 499."""

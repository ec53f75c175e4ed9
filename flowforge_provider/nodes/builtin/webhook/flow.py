"""Parameters of ``webhook``: how fast deliveries become runs."""

from __future__ import annotations

from flowforge_provider.nodes.spec import Parameters


class FlowParameters(Parameters):
    """How fast deliveries become runs; orders 300 to 399."""

"""What Airflow discovers about FlowForge."""

from __future__ import annotations

from typing import Any


def get_provider_info() -> dict[str, Any]:
    """Return the provider description that Airflow's ProvidersManager reads (provider_info.schema.json)."""
    return {
        "package-name": "airflow-provider-flowforge",
        "name": "FlowForge",
        "description": "Draw workflows inside Airflow; each one compiles to a readable, versioned Dag.",
    }

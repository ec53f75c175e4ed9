"""What Airflow discovers must fit its schema and lead to things that exist."""

from __future__ import annotations

import json
from importlib import import_module
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from flowforge_provider.get_provider_info import get_provider_info


def modules(kind: str) -> list[str]:
    return [module for group in get_provider_info()[kind] for module in group["python-modules"]]


def test_fits_airflows_schema() -> None:
    schema: dict[str, Any] = json.loads(files("airflow").joinpath("provider_info.schema.json").read_text())
    jsonschema.validate(get_provider_info(), schema)


@pytest.mark.parametrize("name", modules("operators") + modules("bundles"))
def test_named_modules_exist(name: str) -> None:
    import_module(name)


@pytest.mark.parametrize(
    "path",
    [
        *get_provider_info()["db-managers"],
        *get_provider_info()["cli"],
        *get_provider_info()["notifications"],
        *(each["hook-class-name"] for each in get_provider_info()["connection-types"]),
    ],
)
def test_named_objects_exist(path: str) -> None:
    module, _, name = path.rpartition(".")
    assert getattr(import_module(module), name)


def test_airflow_knows_the_options() -> None:
    from airflow.providers_manager import ProvidersManager

    manager = ProvidersManager()  # type: ignore[no-untyped-call]
    assert "airflow-provider-flowforge" in manager.providers
    assert get_provider_info()["db-managers"][0] in manager.db_managers


def test_each_option_is_described() -> None:
    for name, option in get_provider_info()["config"]["flowforge"]["options"].items():
        assert option["description"], name
        assert isinstance(option["default"], str), name

"""The pinned versions install on every Python that FlowForge supports."""

from __future__ import annotations

from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

CONSTRAINTS = Path(__file__).resolve().parents[3] / "constraints.txt"
PYTHONS = ("3.10", "3.11", "3.12", "3.13")


@pytest.mark.parametrize("python", PYTHONS)
def test_no_pinned_version_refuses_a_supported_python(python: str) -> None:
    pinned: dict[str, set[str]] = {}
    for line in CONSTRAINTS.read_text().splitlines():
        if line and not line.startswith("#"):
            pin = Requirement(line)
            if pin.marker is None or pin.marker.evaluate({"python_version": python}):
                versions = pinned.setdefault(canonicalize_name(pin.name), set())
                versions.update(each.version for each in pin.specifier)
    # Only what is installed here tells which Pythons it takes; the other versions are of other Pythons.
    refused = [
        f"{each.name}=={each.version} wants Python {wanted}"
        for each in distributions()
        if "Requires-Python" in each.metadata
        and each.version in pinned.get(canonicalize_name(each.name), ())
        and f"{python}.99" not in SpecifierSet(wanted := each.metadata["Requires-Python"])
    ]
    assert refused == []

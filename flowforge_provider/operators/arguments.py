"""An operator's own parameters: told from Airflow's arguments, and pinned to the Dag version."""

from __future__ import annotations

import hashlib
import json
from abc import abstractmethod
from functools import lru_cache
from inspect import signature
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

if TYPE_CHECKING:
    from collections.abc import Mapping


def split_arguments(
    arguments: Mapping[str, Any], *, parameters: Mapping[str, Any] | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """
    Return (the node's parameters, keyword arguments for Airflow's BaseOperator).

    :param arguments: keyword arguments of an operator's constructor
    :param parameters: parameters whose names Airflow takes, or that are no identifiers
    """
    airflow_names = _airflow_names()
    own = {name: value for name, value in arguments.items() if name not in airflow_names}
    own.update(parameters or {})
    return own, {name: value for name, value in arguments.items() if name in airflow_names}


@lru_cache(maxsize=1)
def _airflow_names() -> frozenset[str]:
    # Names with an underscore in front are how Airflow's metaclass talks to constructors.
    names = set(signature(BaseOperator.__init__).parameters) - {"self", "kwargs"}
    return frozenset(names | {"_airflow_from_mapped", "_airflow_mapped_validation_only"})


class PinnedContent:
    """
    Make a changed parameter a changed Dag.

    Airflow serializes only template fields of an operator, and gives a Dag whose serialized form is unchanged
    no new version: runs in progress would then continue with the new parameters. One digest in the serialized
    form prevents that.
    """

    @abstractmethod
    def pinned_content(self) -> list[Any]:
        """Return everything of the operator, as JSON, that Airflow's own serialization leaves out."""

    @property
    def flowforge_digest(self) -> str:
        """Return a digest of the content that Airflow's own serialization leaves out."""
        text = json.dumps(self.pinned_content(), separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @classmethod
    def get_serialized_fields(cls) -> frozenset[str]:
        """Return the names of the attributes that Airflow serializes."""
        return frozenset(super().get_serialized_fields() | {"flowforge_digest"})  # type: ignore[misc]

"""Find and render the templates in a node's parameters, as the parameters model says where they may stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from flowforge_provider.exceptions import (
    ExpressionError,
    ExpressionLimitError,
    ExpressionSyntaxError,
    ExpressionValueError,
)
from flowforge_provider.nodes.spec import Parameters
from flowforge_provider.nodes.templated import OPEN, TEMPLATE_FOUND

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

    from flowforge_provider.expressions import Limits

_EXPRESSION_ERRORS = (ExpressionSyntaxError, ExpressionLimitError, ExpressionValueError, ExpressionError)

P = TypeVar("P", bound=Parameters)


class Template(NamedTuple):
    """
    A string with expressions, and the path of its place inside the parameters: headers.0.value.

    ``names`` are those that its expressions see beside the usual ones.
    """

    path: str
    text: str
    names: tuple[str, ...] = ()


def render_parameters(
    model: type[P], parameters: Mapping[str, Any], data: Mapping[str, Any], *, limits: Limits | None = None
) -> P:
    """
    Fill in the expressions and check the result.

    Only fields that the model declares as ``Templated`` are rendered. What an expression yields is never
    rendered again.

    :param model: the node type's parameters model
    :param parameters: parameters as saved in the graph
    :param data: what expressions see: trigger, steps, run, workflow, vars
    :param limits: bounds of each templated field; ``Limits()`` when absent
    :return: an instance of the model without templates
    :raises ExpressionError: the first expression that cannot be evaluated
    :raises pydantic.ValidationError: a rendered value is not of its field's type
    """
    from flowforge_provider.expressions import render

    def render_value(value: Any) -> Any:
        return render(value, data, limits=limits)

    try:
        return model.model_validate(dict(parameters), context={"render": render_value})
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            cause = detail.get("ctx", {}).get("error")
            if isinstance(cause, ExpressionError):
                kind = next(kind for kind in _EXPRESSION_ERRORS if isinstance(cause, kind))
                message = f"{dotted(detail['loc'])}: {cause.message}"
                raise kind(message, code=cause.error_code) from error
        raise


def inspect_parameters(
    model: type[Parameters], parameters: Mapping[str, Any]
) -> tuple[list[Template], list[ErrorDetails]]:
    """
    Return the templates in the parameters and what is wrong with the other values.

    :param model: the node type's parameters model
    :param parameters: parameters as saved in the graph
    :return: templates in the order of the model; pydantic's errors, each with ``loc``, ``type``, ``msg``
    """
    templates: list[Template] = []
    errors: list[ErrorDetails] = []
    try:
        model.model_validate(dict(parameters), context={"find": True})
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            if detail["type"] == TEMPLATE_FOUND:
                facts = detail.get("ctx", {})
                # A field may tell which part of its text holds the expressions that count.
                found = find_templates(facts.get("template", detail["input"]), dotted(detail["loc"]))
                names = tuple(facts.get("names", ()))
                templates.extend(template._replace(names=names) for template in found)
            else:
                errors.append(detail)
    return templates, errors


def find_templates(value: Any, path: str = "") -> Iterator[Template]:
    """
    Yield every string that holds ``{{`` inside a JSON value, keys included.

    :param value: any JSON
    :param path: path of the value itself, put before the paths that are found
    """
    if isinstance(value, str):
        if OPEN in value:
            yield Template(path, value)
    elif isinstance(value, dict):
        for key, item in value.items():
            below = f"{path}.{key}" if path else str(key)
            if OPEN in str(key):
                yield Template(path, str(key))
            yield from find_templates(item, below)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from find_templates(item, f"{path}.{index}" if path else str(index))


def find_field(model: type[BaseModel], path: str) -> FieldInfo | None:
    """
    Return the last field on a path through a model and the models below it; None when it leads to none.

    :param model: the parameters model
    :param path: names and indexes, joined by dots: operations.0.program
    """
    models, field = [model], None
    for part in path.split("."):
        if part.isdecimal():
            continue
        below = next((one.model_fields[part] for one in models if part in one.model_fields), None)
        if below is None:
            break  # Inside a field that holds any JSON.
        field = below
        models = list(_models_in(field.annotation))
    return field


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def dotted(location: tuple[int | str, ...]) -> str:
    """Return a location of pydantic as a path: ("headers", 0, "name") becomes headers.0.name."""
    return ".".join(str(part) for part in location)

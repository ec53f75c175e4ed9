"""The process in which a pipeline runs; started by path, with an empty environment."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

# Characters of a sample, as JSON.
_SAMPLE_CHARS = 60_000


def main() -> None:
    """Read a request from standard input, run its operations, write the reply."""
    request = json.load(sys.stdin)
    # Where the packages are is known to whoever asked, also when it learnt that from its environment.
    sys.path[:] = request["path"]
    import resource

    for name, value in (
        ("RLIMIT_AS", request["memory_bytes"]),
        ("RLIMIT_CPU", request["cpu_s"]),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_CORE", 0),
    ):
        kind = getattr(resource, name, None)
        if kind is not None:
            _, most = resource.getrlimit(kind)
            allowed = value if most == resource.RLIM_INFINITY else min(value, most)
            resource.setrlimit(kind, (allowed, allowed))
    try:
        reply = _run(request)
    except MemoryError:
        request.clear()
        reply = _error(
            "The operations need too much memory. Work on fewer items, or raise [flowforge] "
            "transform_memory_bytes.",
            code="transform-memory",
        )
    sys.stdout.write(reply)


def _run(request: dict[str, Any]) -> str:
    from flowforge_provider.expressions.limits import Limits
    from flowforge_provider.files import use_contents
    from flowforge_provider.transforms.errors import PipelineError
    from flowforge_provider.transforms.pipeline import run_pipeline
    from flowforge_provider.transforms.work import Work

    use_contents(request["files"])
    work = Work(
        data=request["data"],
        time_limit_s=request["time_limit_s"],
        max_bytes=request["max_bytes"],
        limits=Limits(**request["limits"]),
        secrets=request["secrets"],
    )
    most = request["sample_items"]
    steps: list[str] = []

    def watch(_index: int, value: Any) -> None:
        steps.append(_sample(value, most))

    try:
        value = run_pipeline(
            request["operations"], request["value"], work, watch=watch if most is not None else None
        )
    except PipelineError as error:
        told = error.error
        return _error(
            told.message,
            code=told.code,
            field=told.field,
            item=told.item,
            operation=error.operation,
            name=error.name,
            steps=steps,
        )
    try:
        made = json.dumps(value, allow_nan=False)
    except (ValueError, RecursionError) as error:
        return _error(f"The result is not JSON: {error}.", code="output-not-json")
    if len(made) > request["max_bytes"] * 6:  # Six characters may be one: é is one byte more than that.
        return _error(
            f"The result has more than {request['max_bytes']} bytes as JSON. Return less, or raise "
            "[flowforge] max_output_bytes.",
            code="output-too-large",
        )
    return f'{{"value": {made}, "steps": [{", ".join(steps)}], "notes": {json.dumps(work.notes)}}}'


def _sample(value: Any, most: int) -> str:
    """Return a value as people look at it: the first items of a list, the beginning of what is large."""
    is_list = isinstance(value, list)
    shown = value[:most] if is_list else value
    text, cut = json.dumps(shown), is_list and len(value) > most
    if len(text) > _SAMPLE_CHARS:
        text, cut = json.dumps(text[:_SAMPLE_CHARS]), True
    return f'{{"count": {len(value) if is_list else "null"}, "cut": {json.dumps(cut)}, "value": {text}}}'


def _error(
    message: str,
    *,
    code: str,
    field: str = "",
    item: int | None = None,
    operation: int | None = None,
    name: str = "",
    steps: Sequence[str] = (),
) -> str:
    facts = {
        "message": message,
        "code": code,
        "field": field,
        "item": item,
        "operation": operation,
        "name": name,
    }
    return f'{{"error": {json.dumps(facts)}, "steps": [{", ".join(steps)}]}}'


if __name__ == "__main__":
    main()

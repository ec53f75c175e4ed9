from __future__ import annotations

from typing import Any

import pytest

from flowforge_provider import settings
from flowforge_provider.exceptions import ExpressionLimitError
from flowforge_provider.operators import rendering
from flowforge_provider.operators.transform import TransformOperator


def test_the_limits_of_the_settings_hold_for_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("trigger_data", "run_data", "workflow_data"):
        monkeypatch.setattr(rendering, name, lambda _context: {})
    monkeypatch.setattr(rendering, "step_outputs", lambda _context, _steps: {})
    monkeypatch.setattr(settings, "expression_max_output_bytes", lambda: 10)
    context: Any = {}
    operator = TransformOperator(
        task_id="t", fields=[{"name": "a", "value": "{{ vars.text }}"}], variables={"text": "x" * 50}
    )
    with pytest.raises(ExpressionLimitError, match="larger than 10 characters"):
        rendering.render(operator, context)

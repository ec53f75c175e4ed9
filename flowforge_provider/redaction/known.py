"""Hidden values that are known, and where else they stand."""

from __future__ import annotations

from typing import Any

__all__ = ["KnownTexts"]

# Of shorter ones there are too many that mean something else. Up to two characters nothing is compared.
_SHORTEST_WITHIN = 5
_SHORTEST = 3
# With more, texts are searched by their beginnings.
_FEW = 16


class KnownTexts:
    """Texts and numbers that are hidden somewhere."""

    def __init__(self) -> None:
        self._whole: set[str] = set()
        self._within: dict[str, list[str]] = {}

    def __len__(self) -> int:
        return len(self._whole)

    def add(self, value: Any) -> list[str]:
        """Add all texts and numbers in JSON; return the new ones that are long enough for a log's masker."""
        new: list[str] = []
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list):
            for item in value:
                new += self.add(item)
            return new
        text = _text_of(value)
        if text is None or len(text) < _SHORTEST or text in self._whole:
            return new
        self._whole.add(text)
        if len(text) >= _SHORTEST_WITHIN:
            self._within.setdefault(text[:_SHORTEST_WITHIN], []).append(text)
            new.append(text)
        return new

    def hold(self, value: Any) -> bool:
        """Tell whether a text or number is, or holds, a hidden one."""
        text = _text_of(value)
        return text is not None and (text in self._whole or next(self._inside(text), None) is not None)

    def mask(self, text: str) -> str:
        """Return a text with ``***`` in place of hidden ones."""
        if text in self._whole:
            return "***"
        for found in sorted(set(self._inside(text)), key=len, reverse=True):
            text = text.replace(found, "***")
        return text

    def _inside(self, text: str) -> Any:
        if not self._within or len(text) < _SHORTEST_WITHIN:
            return
        if len(self._whole) <= _FEW:
            for each in self._whole:
                if len(each) >= _SHORTEST_WITHIN and each in text:
                    yield each
            return
        for start in range(len(text) - _SHORTEST_WITHIN + 1):
            for each in self._within.get(text[start : start + _SHORTEST_WITHIN], ()):
                if text.startswith(each, start):
                    yield each


def _text_of(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return str(value)

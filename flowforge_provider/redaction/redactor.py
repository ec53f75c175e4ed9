"""Apply a workflow's rules to what is about to be stored or shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.redaction.known import KnownTexts
from flowforge_provider.redaction.rules import find_places
from flowforge_provider.redaction.sealing import HIDDEN, MARK, digest_key, map_texts, open_sealed, seal_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flowforge_provider.redaction.rules import Place

__all__ = ["Redactor"]

_TRIGGER_DEPTH = 2
_STEP_DEPTH = 3
# The rest of what started a run says which trigger it was, and is no data.
_TRIGGER_DATA = ("body", "headers", "query")


class Redactor:
    """
    Hides what rules name, and the same values wherever else they stand in what comes afterwards.

    :param rules: JSONPaths
    :param scope: the workflow
    :param tell: is given each new hidden text, to keep it out of logs
    """

    def __init__(
        self, rules: Sequence[str], *, scope: str, tell: Callable[[str], None] | None = None
    ) -> None:
        self.rules = tuple(rules)
        self._scope = scope
        self._tell = tell
        self._known = KnownTexts()

    def __bool__(self) -> bool:
        return bool(self.rules) or bool(len(self._known))

    def open(self, value: Any, *, scope: str | None = None) -> Any:
        """
        Return a copy of JSON with its sealed values opened; they are known from now on.

        :param scope: where they were sealed, when that was elsewhere
        :raises StepError: one cannot be opened; code ``sealed-value``
        """

        def change(text: str) -> Any:
            if not text.startswith(MARK):
                return text
            opened = open_sealed(text, scope=scope or self._scope)
            self.remember(opened)
            return opened

        return map_texts(value, change)

    def remember(self, value: Any) -> None:
        """Hide a value from now on, wherever it stands."""
        for text in self._known.add(value):
            if self._tell is not None:
                self._tell(text)

    def note_trigger(self, trigger: Mapping[str, Any]) -> None:
        """Remember what rules name in what started a run, which Airflow may have stored as it was."""
        if self.rules:
            self._of_trigger(trigger, lambda value: value)

    def seal_trigger(self, trigger: Mapping[str, Any]) -> dict[str, Any]:
        """Return what started a run as it is stored: later steps can open what is hidden."""
        return self._of_trigger(trigger, self._seal) if self else dict(trigger)

    def hide_trigger(self, trigger: Mapping[str, Any]) -> dict[str, Any]:
        """Return what started a run as it is shown."""
        return self._of_trigger(trigger, _hide) if self else dict(trigger)

    def _of_trigger(self, trigger: Mapping[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
        document = {"trigger": {key: trigger[key] for key in _TRIGGER_DATA if key in trigger}}
        places = _split(find_places(self.rules, document, below=_TRIGGER_DEPTH), document)
        return {**trigger, **self._apply(document, places, change)["trigger"]}

    def seal(self, value: Any, *, step: str, part: str = "output") -> Any:
        """
        Return what a step hands on as it is stored: later steps can open what is hidden.

        Texts that only look sealed, because somebody has sent them, are sealed as what they are.

        :param part: ``output``, or ``item``: one of a loop's
        """
        return self.seal_given(self._protect(value), step=step, part=part)

    def seal_given(self, value: Any, *, step: str, part: str = "output") -> Any:
        """Return data of a step of which some may be sealed already, as it is stored."""
        return self._of_step(value, step, part, self._seal)

    def hide(self, value: Any, *, step: str, part: str) -> Any:
        """
        Return a record of a step as it is shown.

        :param part: ``input``, ``error`` or ``output``
        """
        return self._of_step(value, step, part, _hide)

    def _of_step(self, value: Any, step: str, part: str, change: Callable[[Any], Any]) -> Any:
        if not self:
            return value
        document = {"steps": {step: {part: value}}}
        places = find_places(self.rules, document, below=_STEP_DEPTH)
        return self._apply(document, places, change)["steps"][step][part]

    def seal_known(self, value: Any, *, scope: str | None = None) -> Any:
        """
        Return JSON with the values sealed that are known to be hidden.

        :param scope: who opens them, when that is not this workflow
        """
        if not len(self._known):
            return value
        return self._apply(value, [], lambda each: seal_value(each, scope=scope or self._scope))

    def hide_known(self, value: Any) -> Any:
        """Return JSON as it is shown, without what is known to be hidden."""
        return self._apply(value, [], _hide) if len(self._known) else value

    def hide_text(self, text: str) -> str:
        """Return a text without what is known to be hidden."""
        return self._known.mask(text)

    def hide_key(self, key: str | None) -> str | None:
        """Return what is kept of a key that may hold hidden values: the same for the same key."""
        return digest_key(key, scope=self._scope) if key is not None and self._known.hold(key) else key

    def _seal(self, value: Any) -> Any:
        if isinstance(value, str) and value.startswith(MARK):
            return value
        return seal_value(value, scope=self._scope)

    def _protect(self, value: Any) -> Any:
        return map_texts(
            value, lambda text: seal_value(text, scope=self._scope) if text.startswith(MARK) else text
        )

    def _apply(self, document: Any, places: Sequence[Place], change: Callable[[Any], Any]) -> Any:
        for place in places:
            value = _at(document, place)
            if not (isinstance(value, str) and value.startswith(MARK)):
                self.remember(value)
        wanted = set(places)

        def walk(value: Any, place: Place) -> Any:
            if place in wanted:
                # There is nothing to hide in what is not there.
                return value if value is None else change(value)
            if isinstance(value, dict):
                return {key: walk(item, (*place, key)) for key, item in value.items()}
            if isinstance(value, list):
                return [walk(item, (*place, index)) for index, item in enumerate(value)]
            if isinstance(value, str) and change is _hide:
                return self._known.mask(value)
            return change(value) if self._known.hold(value) else value

        return walk(document, ())


def _split(places: Sequence[Place], document: Any) -> list[Place]:
    """
    Return places with an object of headers or of the query taken apart.

    They stay objects, so that what reads them finds its names.
    """
    split: list[Place] = []
    for place in places:
        value = _at(document, place)
        if place[1:] in (("headers",), ("query",)) and isinstance(value, dict):
            split += [(*place, key) for key in value]
        else:
            split.append(place)
    return split


def _at(document: Any, place: Place) -> Any:
    for key in place:
        document = document[key]
    return document


def _hide(value: Any) -> Any:
    if isinstance(value, str) and value == "":
        return value
    return HIDDEN

"""The step that sends messages by a Telegram bot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.exceptions import StepError
from flowforge_provider.operators.base import FlowForgeOperator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.sdk import Context

    from flowforge_provider.hooks.telegram import BotHook
    from flowforge_provider.hooks.telegram_plan import Part
    from flowforge_provider.nodes.builtin.telegram import TelegramParameters
    from flowforge_provider.operators.progress import Progress

_CHATS = "telegram_chats"


class TelegramOperator(FlowForgeOperator):
    """
    Send a message to each chat and return {message_id, results}.

    What was sent is remembered after each message: another try goes on behind it, also after a crash.

    :param connection_id: Airflow connection of type telegram
    :param chats: list of chats, each a number or an @name; that of the connection when empty
    :param text: message, or caption of the media
    :param format: plain, html or markdown_v2
    :param media: list of {kind, source, file, url, file_id, filename}
    :param buttons: list of {text, url, new_row}
    :param link_preview: show a preview of the first link
    :param silent: deliver without a sound
    :param protect_content: keep it from being forwarded and saved
    :param topic_id: number of a topic; 0 for none
    :param reply_to: number of a message that is answered; 0 for none
    """

    @classmethod
    def parameters_model(cls) -> type[TelegramParameters]:
        from flowforge_provider.nodes.builtin.telegram import TelegramParameters

        return TelegramParameters

    def run(self, parameters: TelegramParameters, context: Context) -> dict[str, Any]:
        """Send every part to every chat that an earlier try has not reached."""
        from flowforge_provider.hooks.connections import connection_type
        from flowforge_provider.hooks.telegram import BotHook
        from flowforge_provider.hooks.telegram_plan import plan_parts
        from flowforge_provider.operators.progress import Progress

        connection_type(parameters.connection_id, offered=("telegram",))
        parts = plan_parts(parameters)
        hook = BotHook(parameters.connection_id)
        delivery = _Delivery(hook, parameters, parts, Progress(context))
        with self.stopped_by(hook.stop):
            results = delivery.send_all(_chats(parameters, hook))
        return {"message_id": results[0]["message_ids"][0], "results": results}


class _Delivery:
    """One message on its way to several chats."""

    def __init__(
        self, hook: BotHook, parameters: TelegramParameters, parts: Sequence[Part], progress: Progress
    ) -> None:
        self._hook = hook
        self._parameters = parameters
        self._parts = parts
        self._progress = progress
        self._sent: dict[str, dict[str, Any]] = progress.get(_CHATS) or {}

    def send_all(self, chats: Sequence[str]) -> list[dict[str, Any]]:
        """
        Return the results of all chats.

        :raises StepError: at least one chat has not got everything; its detail tells what each one got
        """
        failures: dict[str, StepError] = {}
        for chat in chats:
            try:
                self._send_to(chat)
            except StepError as error:  # noqa: PERF203 (each chat counts alone)
                failures[chat] = error
                # What is wrong with this chat alone keeps no other from getting the message; a service that
                # is down or asks to wait would only be asked in vain.
                if error.retryable or self._hook.was_stopped:
                    break
        if failures:
            raise self._told(chats, failures)
        told = ("chat_id", "message_ids", "migrated")
        return [{"chat": chat, **{name: self._sent[chat][name] for name in told}} for chat in chats]

    def _send_to(self, chat: str) -> None:
        entry = self._sent.setdefault(
            chat, {"chat_id": None, "message_ids": [], "migrated": False, "parts": 0}
        )
        for index in range(int(entry["parts"]), len(self._parts)):
            chat_id = entry["chat_id"] or (int(chat) if chat.lstrip("-").isdigit() else chat)
            try:
                entry["chat_id"], numbers = self._send_part(index, chat_id)
            except StepError as error:
                if error.error_code != "telegram-migrated":
                    raise
                entry["migrated"] = True
                entry["chat_id"], numbers = self._send_part(index, error.detail["new_chat_id"])
            entry["message_ids"].extend(numbers)
            entry["parts"] = index + 1
            self._progress.put({_CHATS: self._sent})

    def _send_part(self, index: int, chat_id: int | str) -> Any:
        return self._hook.send(
            self._parts[index], chat_id=chat_id, parameters=self._parameters, is_first=index == 0
        )

    def _told(self, chats: Sequence[str], failures: dict[str, StepError]) -> StepError:
        decisive = next((error for error in failures.values() if error.retryable), None)
        error = decisive or next(iter(failures.values()))
        chat = next(name for name, failure in failures.items() if failure is error)
        done = [name for name in chats if self._parts_of(name) == len(self._parts)]
        others = f" {len(done)} of {len(chats)} chats have it and do not get it again." if done else ""
        more = f" {len(failures) - 1} more failed." if len(failures) > 1 else ""
        return StepError(
            f"Chat {chat}: {error.message}{more}{others}",
            code=error.error_code,
            detail={
                "chats": [
                    {
                        "chat": name,
                        "sent_parts": self._parts_of(name),
                        "parts": len(self._parts),
                        "message_ids": self._sent.get(name, {}).get("message_ids", []),
                        "error": failures[name].message if name in failures else None,
                    }
                    for name in chats
                ]
            },
            retryable=error.retryable,
            kind=error.kind,
            status=error.status,
            retry_after_s=error.retry_after_s,
        )

    def _parts_of(self, chat: str) -> int:
        return int(self._sent.get(chat, {}).get("parts", 0))


def _chats(parameters: TelegramParameters, hook: BotHook) -> list[str]:
    from flowforge_provider.nodes.builtin.telegram import split_chats

    texts = parameters.chats if any(text.strip() for text in parameters.chats) else [hook.chat_id or ""]
    chats = list(dict.fromkeys(chat for text in texts for chat in split_chats(text)))
    if not chats:
        raise StepError(
            "The message has no chat: neither the step nor the host of its connection names one. Add one.",
            code="no-chat",
            retryable=False,
        )
    return chats

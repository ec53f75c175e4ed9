"""Send messages by a Telegram bot, with Airflow's connection and python-telegram-bot."""

from __future__ import annotations

import asyncio
import logging
import warnings
from typing import TYPE_CHECKING, Any

import telegram
from airflow.providers.telegram.hooks.telegram import TelegramHook
from airflow.sdk.log import mask_secret
from telegram.request import HTTPXRequest
from telegram.warnings import PTBDeprecationWarning

from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks.connections import find_connection
from flowforge_provider.hooks.telegram_errors import explain_telegram

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from flowforge_provider.hooks.telegram_plan import Medium, Part
    from flowforge_provider.nodes.builtin.telegram import TelegramParameters

API_URL = "https://api.telegram.org"
_DEFAULT_TIMEOUT_S = 30.0
_CONNECT_TIMEOUT_S = 10.0
_PARSE_MODES = {"plain": None, "html": "HTML", "markdown_v2": "MarkdownV2"}


class BotHook(TelegramHook):
    """
    Airflow's Telegram hook with a bot that tries once, waits for bounded times and can be stopped.

    The connection is of type telegram: the password is the token, the host a chat. Extra may hold
    ``base_url`` (address of a Bot API server of one's own) and ``timeout`` (seconds).

    :param telegram_conn_id: id of the connection
    :param connection: the connection itself, where it comes from elsewhere
    """

    def __init__(self, telegram_conn_id: str, *, connection: Any = None) -> None:
        conn = connection if connection is not None else find_connection(telegram_conn_id)
        if not conn.password:
            raise StepError(
                f'Connection "{telegram_conn_id}" has no token. Put the bot\'s token into the password.',
                code="telegram-token",
                retryable=False,
            )
        extra = conn.extra_dejson
        self._base_url = str(extra.get("base_url") or API_URL).rstrip("/")
        self.timeout_s = float(extra.get("timeout") or _DEFAULT_TIMEOUT_S)
        self._request: _Request
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        self.was_stopped = False
        super().__init__(telegram_conn_id=None, token=conn.password, chat_id=conn.host or "")
        # The token is part of every address that is called, so it must not reach a log.
        mask_secret(self.token)

    def get_conn(self) -> telegram.Bot:
        """Return the bot."""
        self._request = _Request(
            connect_timeout=min(_CONNECT_TIMEOUT_S, self.timeout_s),
            read_timeout=self.timeout_s,
            write_timeout=self.timeout_s,
            media_write_timeout=self.timeout_s,
            pool_timeout=self.timeout_s,
            connection_pool_size=1,
        )
        return telegram.Bot(
            self.token,
            base_url=f"{self._base_url}/bot",
            base_file_url=f"{self._base_url}/file/bot",
            request=self._request,
            get_updates_request=self._request,
        )

    def stop(self) -> None:
        """End the call that is under way, and make no other; may be called from a signal handler."""
        self.was_stopped = True
        if self._loop is not None and self._task is not None:
            self._loop.call_soon_threadsafe(self._task.cancel)

    def test_connection(self) -> tuple[bool, str]:
        """Return whether Telegram knows the bot, and what to tell people."""
        try:
            me = self.run(self.connection.get_me())
        except StepError as error:
            return False, error.message
        return True, f"Telegram knows the bot as @{me.username}."

    def run(self, call: Coroutine[Any, Any, Any]) -> Any:
        """
        Wait for a call of the bot.

        :raises StepError: Telegram refuses it, does not answer, or the step was stopped
        """

        async def watched() -> Any:
            self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
            try:
                if self.was_stopped:
                    raise asyncio.CancelledError
                await self._request.initialize()
                return await call
            finally:
                await self._request.shutdown()
                self._loop = self._task = None
                call.close()

        # It would write each address that is called, token included.
        chatter = logging.getLogger("httpx")
        before = chatter.level
        chatter.setLevel(logging.WARNING)
        try:
            with warnings.catch_warnings():
                # The seconds of RetryAfter will become a timedelta some day; both are understood.
                warnings.simplefilter("ignore", PTBDeprecationWarning)
                return asyncio.run(watched())
        except telegram.error.TelegramError as error:
            raise explain_telegram(
                error, status=self._request.status, timeout_s=self.timeout_s, secret=self.token
            ) from None
        except asyncio.CancelledError:
            raise StepError(
                "The message was stopped while it was being sent; Telegram may have it.",
                code="telegram-stopped",
            ) from None
        finally:
            chatter.setLevel(before)

    def send(self, part: Part, *, chat_id: int | str, parameters: TelegramParameters, is_first: bool) -> Any:
        """
        Send one part to one chat and return (number of the chat, numbers of the messages).

        :param is_first: whether it is the first part, which alone answers another message
        :raises telegram.error.ChatMigrated: the group has become a supergroup
        :raises StepError: Telegram refuses it, or does not answer
        """
        options = _options(parameters, chat_id=chat_id, is_first=is_first)
        sent = self.run(self._call(part, options, parameters))
        messages: Sequence[telegram.Message] = sent if isinstance(sent, (list, tuple)) else [sent]
        return messages[0].chat.id, [message.message_id for message in messages]

    async def _call(self, part: Part, options: dict[str, Any], parameters: TelegramParameters) -> Any:
        parse_mode = _PARSE_MODES[parameters.format]
        if len(part.media) > 1:
            album = [
                _ALBUM_TYPES[medium.kind](
                    _content(medium),
                    **({"caption": part.text, "parse_mode": parse_mode} if part.text and not index else {}),
                    **_file_name(medium),
                )
                for index, medium in enumerate(part.media)
            ]
            return await self.connection.send_media_group(media=album, **options)
        if part.buttons:
            options["reply_markup"] = telegram.InlineKeyboardMarkup(
                [[telegram.InlineKeyboardButton(text, url=url) for text, url in row] for row in part.buttons]
            )
        if not part.media:
            preview = None if parameters.link_preview else telegram.LinkPreviewOptions(is_disabled=True)
            return await self.connection.send_message(
                text=part.text, parse_mode=parse_mode, link_preview_options=preview, **options
            )
        (medium,) = part.media
        send = getattr(self.connection, f"send_{medium.kind}")
        return await send(
            **{medium.kind: _content(medium)},
            **_file_name(medium),
            caption=part.text or None,
            parse_mode=parse_mode,
            **options,
        )


_ALBUM_TYPES: dict[str, Any] = {
    "photo": telegram.InputMediaPhoto,
    "video": telegram.InputMediaVideo,
    "document": telegram.InputMediaDocument,
    "audio": telegram.InputMediaAudio,
}


class _Request(HTTPXRequest):
    """Remembers the status of the last answer, which the bot's errors do not tell."""

    __slots__ = ("status",)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.status: int | None = None

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        self.status = None
        status, content = await super().do_request(*args, **kwargs)
        self.status = status
        return status, content


def _options(parameters: TelegramParameters, *, chat_id: int | str, is_first: bool) -> dict[str, Any]:
    options: dict[str, Any] = {
        "chat_id": chat_id,
        "disable_notification": parameters.silent or None,
        "protect_content": parameters.protect_content or None,
        "message_thread_id": parameters.topic_id or None,
    }
    if parameters.reply_to and is_first:
        options["reply_parameters"] = telegram.ReplyParameters(
            parameters.reply_to, allow_sending_without_reply=True
        )
    return options


def _content(medium: Medium) -> Any:
    return medium.content if isinstance(medium.content, str) else medium.content.content


def _file_name(medium: Medium) -> dict[str, str]:
    return {} if isinstance(medium.content, str) else {"filename": medium.content.filename}

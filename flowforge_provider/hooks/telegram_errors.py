"""What went wrong with Telegram, told so that people can act on it and without the bot's token."""

from __future__ import annotations

import warnings

from telegram import error as errors
from telegram.warnings import PTBDeprecationWarning

from flowforge_provider.exceptions import StepError


def explain_telegram(  # noqa: PLR0911 (one return a kind of failure)
    error: errors.TelegramError, *, status: int | None, timeout_s: float, secret: str
) -> StepError:
    """
    Return the error of a call that Telegram has not done.

    :param error: what python-telegram-bot raised
    :param status: HTTP status of the answer; None when there was none
    :param timeout_s: seconds that it waited
    :param secret: the token, which is left out of the text
    """
    told = str(error.message).replace(secret, "***").strip().rstrip(".")
    detail = {"status": status, "message": told}
    if isinstance(error, errors.ChatMigrated):
        return StepError(
            f"The group has become a supergroup with the number {error.new_chat_id}. Use that.",
            code="telegram-migrated",
            detail={**detail, "new_chat_id": error.new_chat_id},
            retryable=False,
            status=status,
        )
    if isinstance(error, errors.RetryAfter):
        seconds = _retry_after_s(error)
        return StepError(
            f"Telegram takes no more messages for now and asks to wait {seconds:g} s.",
            code="telegram-rate-limit",
            detail=detail,
            kind="rate_limit",
            status=429,
            retry_after_s=seconds,
        )
    if isinstance(error, errors.InvalidToken):
        return StepError(
            "Telegram does not know the bot's token. Correct the password of the connection.",
            code="telegram-token",
            detail=detail,
            retryable=False,
            status=status,
        )
    if isinstance(error, errors.Forbidden):
        return StepError(
            f"The bot may not write to this chat: {told}. Add it, or have the person write to it.",
            code="telegram-forbidden",
            detail=detail,
            retryable=False,
            status=403,
        )
    if isinstance(error, errors.BadRequest):
        return StepError(
            f"Telegram refuses the message: {told}. Correct what it names.",
            code="telegram-refused",
            detail=detail,
            retryable=False,
            status=400,
        )
    if isinstance(error, errors.TimedOut):
        return StepError(
            f"Telegram did not answer within {timeout_s:g} s; it may have sent the message all the same.",
            code="telegram-timeout",
            detail=detail,
            kind="timeout",
        )
    if status is None:
        return StepError(
            f"No connection to Telegram, or it broke off: {told}. Check the worker's network.",
            code="telegram-connection",
            detail=detail,
            kind="connection",
        )
    if status == 413:
        return StepError(
            "The file is too large for Telegram (50 MB, photos 10 MB). Send a link to it instead.",
            code="telegram-refused",
            detail=detail,
            retryable=False,
            status=status,
        )
    return StepError(
        f"Telegram failed with status {status}: {told}.", code="telegram-failed", detail=detail, status=status
    )


def _retry_after_s(error: errors.RetryAfter) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PTBDeprecationWarning)
        given = error.retry_after
    return float(given) if isinstance(given, (int, float)) else given.total_seconds()

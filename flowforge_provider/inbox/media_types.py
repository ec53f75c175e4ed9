"""What the headers say of a body: its kind, its character set, its compression."""

from __future__ import annotations

import codecs
import zlib
from typing import TYPE_CHECKING, NamedTuple

from python_multipart.multipart import parse_options_header

from flowforge_provider.inbox.errors import RefusedError, how_to_raise

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowforge_provider.inbox.incoming import Incoming

__all__ = ["MediaType", "charset_of", "check_encoding", "inflate", "media_type_of", "read_media_type"]

# Beside these there are codecs that are no character sets, and such as take very long.
_CHARSETS = frozenset(
    {"ascii", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"}
    | {"koi8-r", "koi8-u", "cp866", "mac-cyrillic"}
    | {"shift_jis", "cp932", "euc_jp", "iso2022_jp", "gb2312", "gbk", "gb18030", "big5", "euc_kr", "cp949"}
    | {f"cp125{number}" for number in range(9)}
    | {f"iso8859-{number}" for number in range(1, 17)}
)
# Window sizes of zlib: with the header of gzip; of zlib; none.
_GZIP, _ZLIB, _RAW = 31, 15, -15


class MediaType(NamedTuple):
    """
    A media type as a header names it.

    :param kind: type and subtype in lower case; empty where there is none
    :param parameters: by lower-case name
    """

    kind: str
    parameters: Mapping[str, str]


def read_media_type(header: str) -> MediaType:
    """Return the media type in a Content-Type header."""
    kind, parameters = parse_options_header(header.encode("latin-1", "replace"))
    return MediaType(
        kind.decode("latin-1").strip(),
        {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in parameters.items()},
    )


def media_type_of(incoming: Incoming) -> MediaType:
    """Return the media type of a body."""
    return read_media_type(incoming.headers.get("content-type", ""))


def charset_of(media_type: MediaType, *, default: str = "utf-8") -> str:
    """
    Return the name of Python's codec for a character set.

    :raises RefusedError: 415 it is unknown
    """
    charset = media_type.parameters.get("charset", "").strip() or default
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):
        name = ""
    if name not in _CHARSETS:
        raise RefusedError(
            415,
            "unsupported-charset",
            f'The character set "{charset[:50]}" is unknown. Send the body in UTF-8.',
        )
    # A mark at the start is no part of the text.
    return f"{name}-sig" if name == "utf-8" else name


def check_encoding(incoming: Incoming) -> str:
    """
    Return how a body is compressed: ``identity``, ``gzip`` or ``deflate``.

    :raises RefusedError: 415 in another way
    """
    encoding = incoming.headers.get("content-encoding", "").strip().lower().removeprefix("x-") or "identity"
    if encoding not in {"identity", "gzip", "deflate"}:
        raise RefusedError(
            415,
            "unsupported-media-type",
            f'The body is compressed by "{encoding[:100]}". Send it as it is, or by gzip or deflate.',
            headers={"Accept-Encoding": "gzip, deflate"},
        )
    return encoding


def inflate(content: bytes, *, encoding: str, limit: int) -> bytes:
    """
    Return a body without its compression; never makes more than the limit.

    :param encoding: as ``check_encoding`` returns it
    :param limit: bytes
    :raises RefusedError: 413 it is larger, 422 it is damaged
    """
    if encoding == "identity" or not content:
        return content
    try:
        return _decompress(content, _GZIP if encoding == "gzip" else _ZLIB, limit=limit)
    except zlib.error as error:
        # What is called deflate is often sent without zlib's header.
        if encoding == "deflate":
            try:
                return _decompress(content, _RAW, limit=limit)
            except zlib.error:
                pass
        raise RefusedError(
            422, "invalid-body", f"The body is said to be {encoding}, and is not or is damaged: {error}."
        ) from None


def _decompress(content: bytes, window: int, *, limit: int) -> bytes:
    stream = zlib.decompressobj(window)
    made = stream.decompress(content, limit + 1)
    if len(made) > limit:
        raise RefusedError(
            413,
            "body-too-large",
            f"The body has more than {limit} bytes when it is not compressed. Send less, or "
            f"{how_to_raise(limit)}.",
        )
    if not stream.eof:
        raise zlib.error("its end is missing")
    if stream.unused_data:
        raise zlib.error("something follows its end")
    return made

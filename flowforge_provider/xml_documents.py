"""XML as JSON: elements become objects, attributes fields with @, texts beside either ``#text``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.sax.handler import ContentHandler

__all__ = ["MAX_DEPTH", "read_xml"]

MAX_DEPTH = 100


def read_xml(text: str, *, always_lists: Sequence[str] = (), max_parts: int | None = None) -> Any:
    """
    Return what an XML document holds.

    Document type definitions are refused, so that no entity can grow without bounds or read a file.

    :param always_lists: names of elements that become lists also where there is one of them
    :param max_parts: elements and attributes that it may have together; reading them takes long
    :raises ValueError: it is not XML, or not XML that is taken; the message says why, as a sentence
    """
    from xml.parsers.expat import ExpatError
    from xml.sax import SAXException

    import xmltodict
    from defusedxml import DefusedXmlException
    from defusedxml.sax import parseString

    # The encoding was settled when the text was read; a declaration of another one would mislead the parser.
    declared = re.sub(r"^\s*<\?xml[^>]*\?>", "", text.removeprefix("\ufeff"), count=1)
    content = declared.encode("utf-8", "surrogatepass")
    try:
        # xmltodict refuses entities by itself; defusedxml is the wall before it.
        parseString(content, _guard(max_parts), forbid_dtd=True)
        return xmltodict.parse(content, encoding="utf-8", force_list=tuple(always_lists) or None)
    except DefusedXmlException:
        raise ValueError(
            "The XML has a document type definition, which can hide attacks. Take XML without one."
        ) from None
    except (ExpatError, SAXException, ValueError) as error:
        raise ValueError(f"It is not XML: {_reason(error)}.") from None


def _guard(max_parts: int | None) -> ContentHandler:
    """Return a reader that refuses what is nested too deeply for Python's JSON, or too large."""
    from xml.sax.handler import ContentHandler

    class Guard(ContentHandler):
        depth = 0
        parts = 0

        def startElement(self, _name: str, attributes: Any) -> None:  # noqa: N802 - SAX's name
            self.depth += 1
            self.parts += 1 + len(attributes)
            if max_parts is not None and self.parts > max_parts:
                raise ValueError(f"it has more than {max_parts} elements and attributes")
            if self.depth > MAX_DEPTH:
                raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels")

        def endElement(self, _name: str) -> None:  # noqa: N802 - SAX's name
            self.depth -= 1

    return Guard()


def _reason(error: Exception) -> str:
    return str(error).removeprefix("<unknown>:").strip() or type(error).__name__

"""The HTML of form pages. Everything that somebody typed is escaped; nothing is loaded from elsewhere."""

from __future__ import annotations

import secrets
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flowforge_provider.inbox.form_pages.words import WORDS
from flowforge_provider.inbox.incoming import Answer
from flowforge_provider.nodes.payload.messages import fault_text
from flowforge_provider.nodes.payload.texts import format_value, option_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jinja2 import Environment

    from flowforge_provider.inbox.form_pages.doors import FormDoor
    from flowforge_provider.nodes.builtin.form import FormTriggerParameters
    from flowforge_provider.nodes.payload.checking import PayloadFault
    from flowforge_provider.nodes.payload.inputs import FormInput
    from flowforge_provider.nodes.payload.messages import Language

__all__ = ["AGAIN", "PREFIX", "form_page", "new_token", "notice_page"]

#: Before the names of a form's own fields, so that none of them is taken for the token or the trap.
PREFIX = "f."
#: Address of the page itself, without a query: whatever proxies have made of its path.
AGAIN = "?"
_KINDS = {
    "text": "text",
    "number": "text",
    "integer": "text",
    "email": "email",
    "url": "url",
    "date": "date",
    "datetime": "datetime-local",
    "file": "file",
    "files": "file",
    "long_text": "textarea",
    "json": "textarea",
    "select": "select",
    "multi_select": "choices",
    "boolean": "checkbox",
}


def new_token() -> str:
    """Return a token for one form to be filled in: whoever sends it twice has sent it once."""
    return secrets.token_hex(16)


def form_page(
    door: FormDoor,
    *,
    language: Language,
    token: str,
    texts: Mapping[str, Sequence[str]] | None = None,
    faults: Sequence[PayloadFault] = (),
    notes: Sequence[str] = (),
    status: int = 200,
) -> Answer:
    """
    Return the page with the form.

    :param texts: what was typed before, by the fields' names; None for a form that begins with its defaults
    :param faults: what is wrong with it
    :param notes: what is wrong besides, in words
    """
    parameters, words = door.parameters, WORDS[language]
    of_field: dict[str, str] = {}
    whole: list[dict[str, str]] = [{"id": "", "label": "", "text": note} for note in notes]
    names = {item.name for item in door.inputs}
    for fault in faults:
        name = door.inputs[0].name if door.is_whole else str(fault.path[0]) if fault.path else ""
        text = fault_text(fault, language)
        inner = ".".join(str(part) for part in fault.path[0 if door.is_whole else 1 :])
        text = f"{inner}: {text}" if inner else text
        if name in names:
            of_field.setdefault(name, text)
        else:
            whole.append({"id": "", "label": name, "text": text})
    has_failed = bool(faults or notes)
    fields = [
        _field(
            item,
            index=index,
            door=door,
            typed=None if texts is None else texts.get(item.name, ()),
            fault=of_field.get(item.name),
            words=words,
            file_again=has_failed,
        )
        for index, item in enumerate(door.inputs)
    ]
    listed = [
        {"id": field["id"], "label": field["label"], "text": field["fault"]}
        for field in fields
        if field["fault"]
    ]
    return _answer(
        "form.html",
        status=status,
        parameters=parameters,
        language=language,
        heading=parameters.title,
        paragraphs=_paragraphs(parameters.description),
        faults=[*whole, *listed],
        takes_files=door.takes_files,
        token=token,
        honeypot=parameters.honeypot,
        has_required=any(field["starred"] for field in fields),
        fields=fields,
        submit_label=parameters.submit_label.strip() or words["send"],
    )


def notice_page(
    *,
    language: Language,
    heading: str,
    text: str,
    status: int,
    parameters: FormTriggerParameters | None = None,
    link: str = "",
    link_text: str = "",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """
    Return a page that only says something.

    :param parameters: of the form, whose look the page has
    """
    return _answer(
        "notice.html",
        status=status,
        headers=headers,
        parameters=parameters,
        language=language,
        heading=heading,
        paragraphs=_paragraphs(text),
        link=link,
        link_text=link_text,
    )


def _field(
    item: FormInput,
    *,
    index: int,
    door: FormDoor,
    typed: Sequence[str] | None,
    fault: str | None,
    words: Mapping[str, str],
    file_again: bool,
) -> dict[str, Any]:
    zone = door.published.timezone
    texts = list(typed) if typed is not None else format_value(item.type, item.default, timezone_name=zone)
    help_text = item.help
    if item.type == "datetime":
        help_text = " ".join(filter(None, (help_text, words["timezone"].format(timezone=zone))))
    if item.type in ("file", "files") and file_again and fault is None:
        help_text = " ".join(filter(None, (help_text, words["file_again"])))
    # An address in a page's text must not depend on what a property is called.
    id_ = f"field-{index + 1}"
    described = [f"{id_}-hint"] if help_text else []
    described += [f"{id_}-fault"] if fault else []
    return {
        "id": id_,
        "name": PREFIX + item.name,
        "label": item.label,
        "kind": _KINDS[item.type],
        "help": help_text,
        "fault": fault or "",
        "describedby": " ".join(described),
        "starred": item.must_be_filled,
        "must": item.must_be_filled and item.type != "multi_select",
        "texts": [] if item.type in ("file", "files") else texts,
        "options": [
            {"text": text, "label": choice.label, "chosen": text in texts}
            for choice in item.choices
            for text in (option_text(choice.value),)
        ],
        "code": item.type == "json",
        "multiple": item.type == "files",
        "max_length": item.max_length,
        "attributes": _attributes(item),
    }


def _attributes(item: FormInput) -> dict[str, str]:
    if item.type in ("number", "integer"):
        # Not type="number": it hides from the server, and from the visitor, what it does not understand.
        return {"inputmode": "decimal" if item.type == "number" else "numeric", "autocomplete": "off"}
    if item.type == "email":
        return {"autocomplete": "email"}
    if item.type == "datetime":
        return {"step": "1"}
    if item.type == "text" and item.max_length is not None:
        return {"maxlength": str(item.max_length)}
    return {}


def _answer(
    template: str,
    *,
    status: int,
    parameters: FormTriggerParameters | None,
    language: Language,
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> Answer:
    nonce = secrets.token_urlsafe(16)
    accent = parameters.accent if parameters is not None else "#2563eb"
    html = (
        _environment()
        .get_template(template)
        .render(
            nonce=nonce,
            language=language,
            words=WORDS[language],
            color_mode=parameters.color_mode if parameters is not None else "auto",
            accent=accent,
            on_accent=_readable_on(accent),
            **values,
        )
    )
    return Answer(
        status,
        html.encode(),
        {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Language": language,
            "Cache-Control": "no-store",
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            **_policies(parameters, nonce=nonce),
            **(headers or {}),
        },
    )


def _policies(parameters: FormTriggerParameters | None, *, nonce: str) -> dict[str, str]:
    ancestors, frame = "'none'", "DENY"
    form_action = "'self'"
    if parameters is not None:
        if parameters.embedding == "own_site":
            ancestors, frame = "'self'", "SAMEORIGIN"
        elif parameters.embedding == "sites" and parameters.embedding_sites:
            # The older header knows no list.
            ancestors, frame = " ".join(parameters.embedding_sites), ""
        if parameters.after_submit == "redirect" and parameters.redirect_url:
            # Browsers hold a form's redirects against the policy, too.
            form_action += f" https://{urlsplit(parameters.redirect_url).netloc}"
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; form-action {form_action}; base-uri 'none'; "
        f"frame-ancestors {ancestors}"
    )
    return {"Content-Security-Policy": policy, **({"X-Frame-Options": frame} if frame else {})}


def _paragraphs(text: str) -> list[str]:
    parts = text.replace("\r\n", "\n").split("\n\n")
    return [part.strip() for part in parts if part.strip()]


def _readable_on(color: str) -> str:
    """Return black or white, whichever stands out more (WCAG 2.2, relative luminance)."""
    parts = [int(color[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#ffffff" if 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 else "#000000"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

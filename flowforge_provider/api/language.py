"""The language in which a client is told things, as a dependency."""

from typing import Annotated, Literal

from fastapi import Depends, Header, Query

from flowforge_provider.nodes.payload.messages import Language, choose_language


def _language(
    accept_language: Annotated[
        str, Header(max_length=500, description="Language of what is said about failures: en, ru.")
    ] = "",
    language: Annotated[
        Literal["en", "ru"] | None,
        Query(
            description="The same, for clients that cannot set headers: event streams of browsers. It wins."
        ),
    ] = None,
) -> Language:
    return language or choose_language(accept_language)


LanguageDep = Annotated[Language, Depends(_language)]

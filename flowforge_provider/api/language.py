"""The language in which a client is told things, as a dependency."""

from typing import Annotated

from fastapi import Depends, Header

from flowforge_provider.nodes.payload.messages import Language, choose_language


def _language(
    accept_language: Annotated[
        str, Header(max_length=500, description="Language of what is said about failures: en, ru.")
    ] = "",
) -> Language:
    return choose_language(accept_language)


LanguageDep = Annotated[Language, Depends(_language)]

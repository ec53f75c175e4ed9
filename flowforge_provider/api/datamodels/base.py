"""Bases of all request and response models."""

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """Base of request bodies: unknown fields are errors that name them."""

    model_config = ConfigDict(extra="forbid")


class Reply(BaseModel):
    """Base of response bodies; can be read from objects with the same attributes."""

    model_config = ConfigDict(from_attributes=True)

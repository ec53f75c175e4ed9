"""What databases hold, for pickers."""

from pydantic import ConfigDict, Field

from flowforge_provider.api.datamodels.base import Reply


class DatabaseObjectResponse(Reply):
    """A schema, table, column or function."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "quantity", "description": "integer, required"}]}
    )

    name: str = Field(description="Its name, unquoted.")
    description: str = Field(description="A few words: the type of a column, the arguments of a function.")


class DatabaseObjectCollectionResponse(Reply):
    """A list of names in a database."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"objects": [{"name": "orders", "description": "table"}]}]}
    )

    objects: list[DatabaseObjectResponse] = Field(description="At most 2,000 of them.")

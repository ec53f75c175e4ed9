"""Airflow's assets, for the pickers of the form."""

from typing import Annotated

from airflow.api_fastapi.app import get_auth_manager
from airflow.models.asset import AssetModel
from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field
from sqlalchemy import or_, select

from flowforge_provider.api.datamodels.base import Reply
from flowforge_provider.api.db import SessionDep
from flowforge_provider.api.errors import ApiError
from flowforge_provider.api.json_route import JsonRoute
from flowforge_provider.api.security import Reader

router = APIRouter(tags=["assets"], route_class=JsonRoute)

_LIMIT = 500


class AssetResponse(Reply):
    """An asset as a suggestion."""

    value: str = Field(
        description="By which a trigger names it: its name, and its uri where that is another one.",
        examples=["orders s3://lake/orders"],
    )
    label: str = Field(description="What people see.")
    description: str = Field(description="Its uri, where that is another one.")


class AssetCollectionResponse(Reply):
    """Assets, by name."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "assets": [
                        {
                            "value": "orders s3://lake/orders",
                            "label": "orders",
                            "description": "s3://lake/orders",
                        }
                    ]
                }
            ]
        }
    )

    assets: list[AssetResponse] = Field(description="At most 500.")


@router.get(
    "/assets",
    summary="List Airflow's assets",
    operation_id="list_assets",
    responses={403: {"description": "You may not see assets in Airflow."}},
)
def list_assets(
    user: Reader,
    session: SessionDep,
    search: Annotated[str, Query(max_length=200, description="Part of the name or the uri.")] = "",
) -> AssetCollectionResponse:
    """Return the assets that Airflow knows and that the user may see in it."""
    if not get_auth_manager().is_authorized_asset(method="GET", user=user):
        raise ApiError(403, "forbidden", "You may not see assets. Ask for the right to read them in Airflow.")
    query = select(AssetModel.name, AssetModel.uri).where(AssetModel.active.has())
    if search:
        query = query.where(
            or_(
                AssetModel.name.icontains(search, autoescape=True),
                AssetModel.uri.icontains(search, autoescape=True),
            )
        )
    rows = session.execute(query.order_by(AssetModel.name).limit(_LIMIT)).all()
    return AssetCollectionResponse(
        assets=[
            AssetResponse(
                value=name if uri == name else f"{name} {uri}",
                label=name,
                description="" if uri == name else uri,
            )
            for name, uri in rows
        ]
    )

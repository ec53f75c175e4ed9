from __future__ import annotations

from flowforge_provider.nodes.assets import AssetReference, read_reference
from flowforge_provider.operators.asset_publish import AssetPublishOperator


def test_a_text_names_an_asset_by_its_name_and_another_uri() -> None:
    assert read_reference("orders") == AssetReference("orders", "orders")
    assert read_reference("s3://lake/a") == AssetReference("s3://lake/a", "s3://lake/a")
    assert read_reference("all orders s3://lake/a") == AssetReference("all orders", "s3://lake/a")
    assert read_reference("all orders") == AssetReference("all orders", "all orders")


def test_the_asset_is_an_outlet_of_the_task() -> None:
    from airflow.sdk import Asset

    by_parameters = AssetPublishOperator(task_id="a", asset="orders", uri="s3://lake/orders")
    by_outlet = AssetPublishOperator(task_id="a", outlets=[Asset(name="orders", uri="s3://lake/orders")])
    assert by_parameters.outlets == by_outlet.outlets
    assert by_parameters.parameters == by_outlet.parameters
    assert by_parameters.flowforge_digest == by_outlet.flowforge_digest

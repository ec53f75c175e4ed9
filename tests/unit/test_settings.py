"""Options of [flowforge]: defaults, environment, mistakes."""

from __future__ import annotations

import inspect
import json

import pytest
from airflow.exceptions import AirflowConfigException

from flowforge_provider import settings
from flowforge_provider.get_provider_info import OPTIONS


@pytest.mark.parametrize("option", sorted(OPTIONS))
def test_each_option_has_a_function_that_accepts_its_default(option: str) -> None:
    getattr(settings, option)()


def test_all_names_are_exported() -> None:
    defined = {
        name
        for name, value in vars(settings).items()
        if not name.startswith("_") and (inspect.isfunction(value) or name.isupper()) and name != "OPTIONS"
    }
    assert defined == set(settings.__all__)


@pytest.mark.parametrize(("text", "value"), [("True", True), ("on", True), ("0", False), ("", False)])
def test_reads_booleans(monkeypatch: pytest.MonkeyPatch, text: str, value: bool) -> None:
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__DEV_MODE", text)
    assert settings.dev_mode() is value


@pytest.mark.parametrize(
    ("option", "text"),
    [("dev_mode", "maybe"), ("max_nodes", "many"), ("max_nodes", "0"), ("bundle_fetch_timeout_s", "-1")],
)
def test_names_a_wrong_value_and_where_to_correct_it(
    monkeypatch: pytest.MonkeyPatch, option: str, text: str
) -> None:
    variable = f"AIRFLOW__FLOWFORGE__{option.upper()}"
    monkeypatch.setenv(variable, text)

    with pytest.raises(AirflowConfigException, match=variable) as caught:
        getattr(settings, option)()

    assert text in str(caught.value)


@pytest.mark.parametrize("option", ["http_allowed_networks", "http_denied_networks"])
def test_a_wrong_network_is_named(monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    monkeypatch.setenv(f"AIRFLOW__FLOWFORGE__{option.upper()}", "10.0.0.0/8, intranet")
    with pytest.raises(AirflowConfigException, match="'intranet', but must be a list of networks"):
        getattr(settings, option)()


def test_denied_networks_are_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__HTTP_DENIED_NETWORKS", " 10.0.0.0/8 , ,fe80::/10")
    assert settings.http_denied_networks() == ("10.0.0.0/8", "fe80::/10")


class TestBundle:
    variable = "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"

    def test_the_line_keeps_other_bundles(self, monkeypatch: pytest.MonkeyPatch) -> None:
        other = {"name": "mine", "classpath": "my.Bundle", "kwargs": {"a": 1}}
        monkeypatch.setenv(self.variable, json.dumps([other]))

        option, _, value = settings.bundle_config_line().partition(" = ")

        assert option == "dag_bundle_config_list"
        assert json.loads(value) == [
            other,
            {"name": "flowforge", "classpath": settings.BUNDLE_CLASSPATH, "kwargs": {}},
        ]
        assert not settings.is_bundle_configured()

    def test_is_found_once_configured(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(self.variable, settings.bundle_config_line().partition(" = ")[2])
        assert settings.is_bundle_configured()

    @pytest.mark.parametrize("text", ["", "{}", "not json", '["flowforge"]'])
    def test_nonsense_is_not_configured(self, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
        monkeypatch.setenv(self.variable, text)
        assert not settings.is_bundle_configured()
        assert "FlowForgeDagBundle" in settings.bundle_config_line()


def test_pages_are_where_people_open_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__PUBLIC_BASE_URL", "https://hooks.example/")
    monkeypatch.delenv("AIRFLOW__API__BASE_URL", raising=False)
    assert settings.pages_base_url() == "https://hooks.example"
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example/")
    assert settings.pages_base_url() == "https://airflow.example"
    assert settings.public_base_url() == "https://hooks.example"

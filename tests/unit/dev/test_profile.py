"""What ``make run`` gives to Airflow."""

from __future__ import annotations

import configparser
import json
import re
from pathlib import Path

import pytest

from flowforge_provider.dev.profile import TUNED, build_profile, to_config_file, to_environment
from flowforge_provider.dev.secrets import Secrets
from flowforge_provider.settings import BUNDLE_CLASSPATH, BUNDLE_NAME

SECRETS = Secrets(fernet_key="f%k", api_secret_key="a", jwt_secret="j")
DOCS = Path(__file__).resolve().parents[3] / "docs" / "tuned-profile.md"


@pytest.fixture
def profile() -> dict[tuple[str, str], str]:
    return build_profile(home=Path("/home/of/airflow"), port=8123, secrets=SECRETS)


def test_everything_stays_on_this_machine(profile: dict[tuple[str, str], str]) -> None:
    assert profile["api", "host"] == "127.0.0.1"
    assert profile["api", "base_url"] == "http://127.0.0.1:8123"
    assert profile["core", "execution_api_server_url"] == "http://127.0.0.1:8123/execution/"


def test_workflows_may_call_this_machine_and_no_other_private_one(
    profile: dict[tuple[str, str], str],
) -> None:
    assert profile["flowforge", "http_allowed_networks"] == "127.0.0.0/8,::1/128"


def test_database_is_sqlite_in_the_home_unless_another_is_given(profile: dict[tuple[str, str], str]) -> None:
    assert profile["database", "sql_alchemy_conn"] == "sqlite:////home/of/airflow/airflow.db?timeout=60"
    other = build_profile(home=Path("/h"), port=1, secrets=SECRETS, database_url="postgresql://x/y")
    assert other["database", "sql_alchemy_conn"] == "postgresql://x/y"


def test_bundle_list_names_our_bundle_beside_the_folder_of_dags(profile: dict[tuple[str, str], str]) -> None:
    bundles = json.loads(profile["dag_processor", "dag_bundle_config_list"])
    assert [bundle["name"] for bundle in bundles] == ["dags-folder", BUNDLE_NAME]
    assert bundles[1]["classpath"] == BUNDLE_CLASSPATH


def test_environment_has_the_names_that_airflow_reads() -> None:
    assert to_environment({("dag_processor", "refresh_interval"): "10"}) == {
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10"
    }


def test_config_file_says_the_same_as_the_environment(profile: dict[tuple[str, str], str]) -> None:
    parser = configparser.ConfigParser()
    parser.read_string(to_config_file(profile))
    read = {
        (section, option): parser[section][option]
        for section in parser.sections()
        for option in parser[section]
    }
    assert read == profile


def test_documentation_tells_the_cost_of_each_tuned_setting() -> None:
    rows = re.findall(r"^\| `\[(\w+)\] (\w+) = ([^`]+)` \|", DOCS.read_text(), flags=re.MULTILINE)
    assert {(section, option): value for section, option, value in rows} == dict(TUNED)

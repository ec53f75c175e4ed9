"""Each setting in docker-compose.yaml is known to Airflow or its providers: a typo would be silent."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from typing import Any

import pytest

from tests.support.compose_file import read_compose

pytestmark = pytest.mark.integration

FILE = read_compose({})
PREFIX = "AIRFLOW__"
#: read by Airflow's scheduler, and missing in the description of its options
UNDESCRIBED = {"SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES"}

# In a process of its own: loading the providers' options changes the configuration of a process for good.
READ_OPTIONS = """
import json
from airflow.configuration import conf
from airflow.providers_manager import ProvidersManager
ProvidersManager().initialize_providers_configuration()
conf.load_providers_configuration()
print(json.dumps({
    f"{section}__{key}".upper().replace(".", "_"): bool(option.get("sensitive"))
    for section, content in conf.configuration_description.items()
    for key, option in content["options"].items()
}))
"""


@pytest.fixture(scope="module")
def sensitive() -> dict[str, bool]:
    """Every option, as in the name of its variable -> whether a command may give its value."""
    done = subprocess.run(
        [sys.executable, "-c", READ_OPTIONS], capture_output=True, text=True, check=True, timeout=120
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


@pytest.mark.parametrize("service", FILE.services)
def test_settings_are_known(service: str, sensitive: dict[str, bool]) -> None:
    names = [
        name.removeprefix(PREFIX) for name in FILE.services[service].environment if name.startswith(PREFIX)
    ]
    commands = {name.removesuffix("_CMD") for name in names if name.endswith("_CMD")}
    values = {name for name in names if not name.endswith("_CMD")}
    assert (commands | values) - set(sensitive) - UNDESCRIBED == set()
    # Airflow runs commands for these alone.
    assert [name for name in commands if not sensitive[name]] == []
    assert [name for name in values - UNDESCRIBED if sensitive[name]] == []


def test_undescribed_settings_are_read() -> None:
    from airflow.jobs import scheduler_job_runner

    source = inspect.getsource(scheduler_job_runner)
    assert [name for name in UNDESCRIBED if f'key="{name.split("__")[1].lower()}"' not in source] == []

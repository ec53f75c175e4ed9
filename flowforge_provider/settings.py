"""
The options of ``[flowforge]`` in Airflow's configuration.

Functions rather than constants: nothing is read when the module is imported, and a changed environment
variable counts at the next call. Descriptions and defaults: :mod:`flowforge_provider.get_provider_info`.
"""

from __future__ import annotations

import ipaddress
import json
from typing import Any, Literal

from flowforge_provider.get_provider_info import OPTIONS

__all__ = [
    "BUNDLE_CLASSPATH",
    "BUNDLE_NAME",
    "SECTION",
    "STEP_TEST_DAG_ID",
    "alert_language",
    "alert_notifiers",
    "alert_retention_days",
    "bundle_api_url",
    "bundle_config_line",
    "bundle_fetch_timeout_s",
    "bundle_secret",
    "bundle_token_lifetime_s",
    "configured_bundle",
    "delivery_retention_days",
    "dev_mode",
    "dispatch_in_api_server",
    "execution_retention_days",
    "expression_max_output_bytes",
    "expression_time_limit_s",
    "http_allowed_networks",
    "http_denied_networks",
    "http_max_response_bytes",
    "http_token_cache",
    "inbox_claim_timeout_s",
    "inbox_max_concurrency",
    "inbox_max_waiting",
    "inbox_pool_size",
    "is_bundle_configured",
    "live_max_viewers",
    "mailbox_max_watched",
    "max_body_bytes",
    "max_delivery_files",
    "max_email_bytes",
    "max_file_bytes",
    "max_form_bytes",
    "max_nodes",
    "max_output_bytes",
    "max_wait_s",
    "max_workflow_depth",
    "pages_base_url",
    "public_base_url",
    "qstash_clock_tolerance_s",
    "qstash_connection_id",
    "step_tests_per_user",
    "transform_memory_bytes",
    "transform_time_limit_s",
    "trusted_proxies",
]

SECTION = "flowforge"
BUNDLE_NAME = "flowforge"
# The Dag that runs steps which are tested. No workflow can have this id: it holds a dot.
STEP_TEST_DAG_ID = "flowforge.step-test"
BUNDLE_CLASSPATH = "flowforge_provider.bundles.flowforge.FlowForgeDagBundle"


def bundle_config_line() -> str:
    """Return the line that every component needs under ``[dag_processor]``, with other bundles kept."""
    ours = {"name": BUNDLE_NAME, "classpath": BUNDLE_CLASSPATH, "kwargs": {}}
    others = [bundle for bundle in _configured_bundles() if bundle.get("name") != BUNDLE_NAME]
    return f"dag_bundle_config_list = {json.dumps([*others, ours])}"


def configured_bundle() -> dict[str, Any] | None:
    """Return the bundle's entry in this process's configuration; None when there is none."""
    return next((bundle for bundle in _configured_bundles() if bundle.get("name") == BUNDLE_NAME), None)


def is_bundle_configured() -> bool:
    """Return whether this process's configuration has the bundle."""
    return configured_bundle() is not None


def _configured_bundles() -> list[dict[str, Any]]:
    from airflow.configuration import conf

    # Read as text: what is no JSON is a finding for whoever asks, not an exception.
    try:
        bundles = json.loads(conf.get("dag_processor", "dag_bundle_config_list", fallback="") or "[]")
    except ValueError:
        return []
    return [bundle for bundle in bundles if isinstance(bundle, dict)] if isinstance(bundles, list) else []


def dev_mode() -> bool:
    """Return whether the demo endpoints exist."""
    return _boolean("dev_mode")


def bundle_secret() -> str:
    """Return the secret that signs requests for pinned files; empty where Airflow's own serves."""
    return _string("bundle_secret")


def bundle_api_url() -> str:
    """Return the address of FlowForge's api as workers reach it; empty when it is to be derived."""
    return _string("bundle_api_url").rstrip("/")


def bundle_token_lifetime_s() -> int:
    """Return the seconds that a token for one pinned file stays valid."""
    return _positive_integer("bundle_token_lifetime_s")


def bundle_fetch_timeout_s() -> float:
    """Return the seconds that a worker keeps trying to fetch a pinned file."""
    return _positive_float("bundle_fetch_timeout_s")


def public_base_url() -> str:
    """Return the address under which outside senders reach this Airflow, without a slash at its end."""
    from airflow.configuration import conf

    return (_string("public_base_url") or conf.get("api", "base_url", fallback="") or "").rstrip("/")


def pages_base_url() -> str:
    """Return the address under which people open this Airflow's pages, without a slash at its end."""
    from airflow.configuration import conf

    # Not the other way round: senders may have a host of their own, behind which only webhooks are answered.
    return (conf.get("api", "base_url", fallback="") or _string("public_base_url") or "").rstrip("/")


def max_nodes() -> int:
    """Return the number of nodes that one workflow may have."""
    return _positive_integer("max_nodes")


def max_body_bytes() -> int:
    """Return the bytes that one webhook body may have."""
    return _positive_integer("max_body_bytes")


def max_form_bytes() -> int:
    """Return the bytes that one form of a public page may have with all its files."""
    return _positive_integer("max_form_bytes")


def max_file_bytes() -> int:
    """Return the bytes that one file may have that comes in with a delivery."""
    return _positive_integer("max_file_bytes")


def max_delivery_files() -> int:
    """Return the files that one delivery may have."""
    return _positive_integer("max_delivery_files")


def max_email_bytes() -> int:
    """Return the bytes that an email may have that starts a workflow."""
    return _positive_integer("max_email_bytes")


def mailbox_max_watched() -> int:
    """Return the mailboxes that one process watches at most."""
    return _positive_integer("mailbox_max_watched")


def max_output_bytes() -> int:
    """Return the bytes that one step's output may have as JSON."""
    return _positive_integer("max_output_bytes")


def max_workflow_depth() -> int:
    """Return the levels that workflows may start one another deep."""
    return _positive_integer("max_workflow_depth")


def max_wait_s() -> int:
    """Return the seconds that a wait step may wait at most."""
    return _positive_integer("max_wait_s")


def expression_time_limit_s() -> float:
    """Return the seconds that rendering one parameter may take."""
    return _positive_float("expression_time_limit_s")


def expression_max_output_bytes() -> int:
    """Return the bytes that one rendered parameter may have."""
    return _positive_integer("expression_max_output_bytes")


def transform_time_limit_s() -> float:
    """Return the seconds that all operations of one transform step may take."""
    return _positive_float("transform_time_limit_s")


def transform_memory_bytes() -> int:
    """Return the bytes of memory that the operations of one transform step may use."""
    return _positive_integer("transform_memory_bytes")


def http_max_response_bytes() -> int:
    """Return the bytes of a response body that an HTTP request step reads."""
    return _positive_integer("http_max_response_bytes")


def http_allowed_networks() -> tuple[str, ...]:
    """Return the private networks, in CIDR form, that steps may call."""
    return _networks("http_allowed_networks")


def http_denied_networks() -> tuple[str, ...]:
    """Return the networks, in CIDR form, that steps must not call."""
    return _networks("http_denied_networks")


def trusted_proxies() -> tuple[str, ...]:
    """Return the networks, in CIDR form, of proxies whose X-Forwarded-For is believed."""
    return _networks("trusted_proxies")


def qstash_connection_id() -> str:
    """Return the connection with QStash's signing keys; empty where environment variables hold them."""
    return _string("qstash_connection_id")


def qstash_clock_tolerance_s() -> int:
    """Return the seconds that QStash's clock may differ from this one."""
    return _positive_integer("qstash_clock_tolerance_s")


def http_token_cache() -> bool:
    """Return whether access tokens are kept on disk for as long as they live."""
    return _boolean("http_token_cache")


def delivery_retention_days() -> int:
    """Return the days for which deliveries are kept."""
    return _positive_integer("delivery_retention_days")


def execution_retention_days() -> int:
    """Return the days for which ended executions are kept; 0: for ever."""
    value = _string("execution_retention_days")
    if not value.isdecimal():
        raise _wrong("execution_retention_days", value, "a whole number, 0 for ever")
    return int(value)


def alert_language() -> Literal["en", "ru"]:
    """Return the language of alerts whose channel names none."""
    value = _string("alert_language").lower()
    if value not in {"en", "ru"}:
        raise _wrong("alert_language", value, "en or ru")
    return "ru" if value == "ru" else "en"


def alert_notifiers() -> dict[str, dict[str, Any]]:
    """Return the Airflow notifiers that alerts may use: name -> {path, kwargs}."""
    text = _string("alert_notifiers")
    try:
        given = json.loads(text or "{}")
    except ValueError:
        given = None
    if not isinstance(given, dict) or not all(
        isinstance(each, dict)
        and isinstance(each.get("path"), str)
        and isinstance(each.get("kwargs", {}), dict)
        for each in given.values()
    ):
        # Keyword arguments may hold what is nobody's business, so the value is not told.
        raise _wrong("alert_notifiers", "...", 'a JSON object {"name": {"path": "...", "kwargs": {...}}}')
    return {name: {"path": each["path"], "kwargs": each.get("kwargs", {})} for name, each in given.items()}


def alert_retention_days() -> int:
    """Return the days for which alerts are kept after they were sent."""
    return _positive_integer("alert_retention_days")


def inbox_pool_size() -> int:
    """Return the database connections that one process keeps for deliveries."""
    return _positive_integer("inbox_pool_size")


def dispatch_in_api_server() -> bool:
    """Return whether api-server processes turn deliveries into runs."""
    return _boolean("dispatch_in_api_server")


def inbox_max_concurrency() -> int:
    """Return the deliveries that one process accepts at once."""
    return _positive_integer("inbox_max_concurrency")


def inbox_max_waiting() -> int:
    """Return the callers of one process that may wait for a workflow's answer at once."""
    return _positive_integer("inbox_max_waiting")


def step_tests_per_user() -> int:
    """Return the tests of single steps that one user may have waiting or running at once."""
    return _positive_integer("step_tests_per_user")


def live_max_viewers() -> int:
    """Return the live views that one api-server process keeps open at once."""
    return _positive_integer("live_max_viewers")


def inbox_claim_timeout_s() -> int:
    """Return the seconds after which a crashed process's claim on a delivery ends."""
    return _positive_integer("inbox_claim_timeout_s")


def _string(key: str) -> str:
    from airflow.configuration import conf

    # conf holds providers' defaults only after it has loaded the providers, hence the fallback.
    value = conf.get(SECTION, key, fallback=OPTIONS[key]["default"])
    return (value or "").strip()


def _boolean(key: str) -> bool:
    value = _string(key).lower()
    if value in {"true", "t", "1", "yes", "on"}:
        return True
    if value in {"false", "f", "0", "no", "off", ""}:
        return False
    raise _wrong(key, value, "True or False")


def _positive_integer(key: str) -> int:
    value = _string(key)
    try:
        number = int(value)
    except ValueError:
        raise _wrong(key, value, "a whole number above 0") from None
    if number <= 0:
        raise _wrong(key, value, "a whole number above 0")
    return number


def _positive_float(key: str) -> float:
    value = _string(key)
    try:
        number = float(value)
    except ValueError:
        raise _wrong(key, value, "a number above 0") from None
    if not 0 < number < float("inf"):
        raise _wrong(key, value, "a number above 0")
    return number


def _networks(key: str) -> tuple[str, ...]:
    networks = tuple(part.strip() for part in _string(key).split(",") if part.strip())
    wrong = next((network for network in networks if not _is_network(network)), None)
    if wrong is not None:
        raise _wrong(key, wrong, "a list of networks such as 10.0.0.0/8, fd00::/8")
    return networks


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _wrong(key: str, value: str, expected: str) -> Exception:
    from airflow.exceptions import AirflowConfigException

    return AirflowConfigException(
        f"[{SECTION}] {key} is {value!r}, but must be {expected}. Correct it in airflow.cfg or in the "
        f"environment variable AIRFLOW__{SECTION.upper()}__{key.upper()}."
    )

"""What Airflow discovers about FlowForge: the provider description and the options of ``[flowforge]``."""

from __future__ import annotations

from typing import Any


def _option(
    description: str, *, kind: str, default: str | None, example: str | None = None, sensitive: bool = False
) -> dict[str, Any]:
    option: dict[str, Any] = {
        "description": description,
        "version_added": "0.1.0",
        "type": kind,
        "example": example,
        "default": default,
    }
    if sensitive:
        option["sensitive"] = True
    return option


# The defaults live here alone: Airflow merges them into its configuration, and settings.py falls back to
# them in processes that have not loaded the providers yet.
OPTIONS: dict[str, dict[str, Any]] = {
    "dev_mode": _option(
        "Turn on what only a development instance should have: the demo endpoints that the example "
        "workflows call. Never turn it on where strangers can reach the api-server.",
        kind="boolean",
        default="False",
    ),
    "bundle_secret": _option(
        "Secret with which workers sign their requests for a workflow's pinned file. Needed only where "
        "workers do not hold [api_auth] jwt_secret; then set the same value on workers and api-servers.",
        kind="string",
        default="",
        sensitive=True,
    ),
    "bundle_api_url": _option(
        "Address under which workers reach FlowForge's api for pinned files, up to and including "
        "/flowforge. Empty: derived from [core] execution_api_server_url, else from [api] base_url.",
        kind="string",
        default="",
        example="http://airflow-api-server:8080/flowforge",
    ),
    "bundle_token_lifetime_s": _option(
        "Seconds that a worker's token for one pinned file stays valid. Clocks of workers and api-servers "
        "may differ by less than this.",
        kind="integer",
        default="60",
    ),
    "bundle_fetch_timeout_s": _option(
        "Seconds that a worker keeps trying to fetch a pinned file before the task fails.",
        kind="float",
        default="30",
    ),
    "public_base_url": _option(
        "Address under which outside senders reach this Airflow, shown as the base of webhook addresses. "
        "Empty: [api] base_url.",
        kind="string",
        default="",
        example="https://automation.example.com",
    ),
    "trusted_proxies": _option(
        "Networks in CIDR form, separated by commas, of the proxies in front of Airflow. Only what they "
        "write into X-Forwarded-For is believed when a webhook asks where a call comes from. Empty: "
        "nobody is.",
        kind="string",
        default="",
        example="10.0.0.0/8, fd00::/8",
    ),
    "qstash_connection_id": _option(
        "Connection whose password and second secret are QStash's current and next signing key, for "
        "/flowforge/api/qstash/webhook. Empty: the environment variables QSTASH_CURRENT_SIGNING_KEY and "
        "QSTASH_NEXT_SIGNING_KEY of the api-server; without these, that address takes nothing.",
        kind="string",
        default="",
        example="qstash",
    ),
    "qstash_clock_tolerance_s": _option(
        "Seconds that QStash's clock may differ from the api-server's.", kind="integer", default="30"
    ),
    "max_nodes": _option("Nodes that one workflow may have.", kind="integer", default="500"),
    "max_body_bytes": _option(
        "Bytes that the body of one webhook delivery may have.", kind="integer", default="1048576"
    ),
    "max_file_bytes": _option(
        "Bytes that one file may have that comes in with a delivery, for example an attachment of an email.",
        kind="integer",
        default="10485760",
    ),
    "max_form_bytes": _option(
        "Bytes that one form of a public page may have with all its files.",
        kind="integer",
        default="26214400",
    ),
    "max_delivery_files": _option(
        "Files that one delivery may have; more are refused.", kind="integer", default="20"
    ),
    "max_email_bytes": _option(
        "Bytes that an email may have that starts a workflow; a larger one is recorded as failed.",
        kind="integer",
        default="26214400",
    ),
    "mailbox_max_watched": _option(
        "Mailboxes that one process watches at most, each with a thread and a connection; other processes "
        "watch the rest.",
        kind="integer",
        default="50",
    ),
    "max_output_bytes": _option(
        "Bytes that one step's output may have as JSON. Larger outputs fail the step, unless Airflow's "
        "object-storage XCom backend is configured.",
        kind="integer",
        default="1048576",
    ),
    "expression_time_limit_s": _option(
        "Seconds that rendering one parameter may take.", kind="float", default="1"
    ),
    "expression_max_output_bytes": _option(
        "Bytes that one rendered parameter may have.", kind="integer", default="1048576"
    ),
    "transform_time_limit_s": _option(
        "Seconds that all operations of one transform step may take.", kind="float", default="30"
    ),
    "transform_memory_bytes": _option(
        "Bytes of memory (address space) that the operations of one transform step may use.",
        kind="integer",
        default="1073741824",
    ),
    "http_max_response_bytes": _option(
        "Bytes of a response body that an HTTP request step reads before it fails.",
        kind="integer",
        default="10485760",
    ),
    "http_allowed_networks": _option(
        "Private and special networks (comma-separated CIDR) that workflows may call: loopback, private "
        "ranges and so on are refused unless they are listed here. Link-local addresses and the metadata "
        "services of cloud machines stay refused.",
        kind="string",
        default="",
        example="10.20.0.0/16,fd12:3456::/32",
    ),
    "http_denied_networks": _option(
        "Networks (comma-separated CIDR) that workflows must not call, be they public or allowed.",
        kind="string",
        default="",
        example="203.0.113.0/24",
    ),
    "max_workflow_depth": _option(
        "Levels that workflows may start one another deep, also themselves. A step that would go deeper "
        "fails.",
        kind="integer",
        default="10",
    ),
    "max_wait_s": _option(
        "Seconds that a wait step may wait at most; a longer wait fails the step at once.",
        kind="integer",
        default="31622400",
    ),
    "http_token_cache": _option(
        "Keep access tokens of OAuth2 connections in AIRFLOW_HOME/flowforge/tokens of each worker until they "
        "end, encrypted with the client's secret. Without it, each step asks for a token.",
        kind="boolean",
        default="True",
    ),
    "inbox_pool_size": _option(
        "Database connections that one process keeps for accepting and dispatching deliveries.",
        kind="integer",
        default="5",
    ),
    "inbox_max_concurrency": _option(
        "Deliveries that one process accepts at once. Four times as many wait for their turn; beyond that, "
        "senders get 503 with Retry-After.",
        kind="integer",
        default="64",
    ),
    "dispatch_in_api_server": _option(
        "Let api-server processes create the runs of deliveries. Switch it off where front-door processes "
        "(airflow flowforge front-door) run: they always do it.",
        kind="boolean",
        default="True",
    ),
    "delivery_retention_days": _option(
        "Days for which deliveries are kept, with their files. What waits for its run is never removed.",
        kind="integer",
        default="30",
    ),
    "execution_retention_days": _option(
        "Days for which ended executions of workflows are kept, with their steps and data; 0: for ever. A "
        "workflow's settings may say otherwise. What runs or waits is never removed.",
        kind="integer",
        default="0",
    ),
    "alert_language": _option(
        "Language of alerts whose channel names none: en or ru.", kind="string", default="en"
    ),
    "alert_notifiers": _option(
        "Airflow notifiers that alerts may use, as a JSON object of names to import path and keyword "
        "arguments. Their templates see the alert as {{ alert.title }}, {{ alert.text }} and so on.",
        kind="string",
        default="",
        example='{"pagerduty": {"path": "airflow.providers.pagerduty.notifications.pagerduty.'
        'PagerdutyNotifier", "kwargs": {"summary": "{{ alert.title }}"}}}',
        sensitive=True,
    ),
    "alert_retention_days": _option(
        "Days for which alerts are kept after they were sent.", kind="integer", default="90"
    ),
    "inbox_max_waiting": _option(
        "Callers of one process that may wait for a workflow's answer; more are answered at once, with 202.",
        kind="integer",
        default="500",
    ),
    "live_max_viewers": _option(
        "Live views of executions and logs that one api-server process keeps open at once; more are told to "
        "read again now and then instead.",
        kind="integer",
        default="500",
    ),
    "step_tests_per_user": _option(
        "Tests of single steps that one user may have waiting or running at once; more are refused with 429.",
        kind="integer",
        default="4",
    ),
    "inbox_claim_timeout_s": _option(
        "Seconds after which a delivery that a crashed process had claimed is taken over by another.",
        kind="integer",
        default="15",
    ),
}


def _field(label: str, description: str, *, kind: str = "string", **schema: Any) -> dict[str, Any]:
    return {
        "label": label,
        "description": description,
        "schema": {"type": [kind, "null"], **schema},
    }


#: An HTTP service and how to sign in there; see docs/decisions/0051-http-has-a-connection-type-of-its-own.md.
HTTP_CONNECTION: dict[str, Any] = {
    "connection-type": "flowforge_http",
    "hook-class-name": "flowforge_provider.hooks.http_connection.HttpServiceHook",
    "hook-name": "FlowForge HTTP",
    "ui-field-behaviour": {
        "hidden-fields": ["extra"],
        "relabeling": {
            "host": "Base address",
            "schema": "Scheme",
            "login": "User or client id",
            "password": "Password, token, API key or client secret",
        },
        "placeholders": {"host": "https://api.example.com/v1", "schema": "https"},
    },
    "conn-fields": {
        "auth": _field(
            "Authentication",
            "basic: user and password. bearer: the password is the token. api_key: the password is the key. "
            "oauth2: client credentials; the login is the client id, the password its secret.",
            enum=["none", "basic", "bearer", "api_key", "oauth2"],
            default="none",
        ),
        "api_key_name": _field(
            "API key: name", "Header or parameter that carries the key.", default="X-API-Key"
        ),
        "api_key_in": _field(
            "API key: place", "Where the key goes.", enum=["header", "query"], default="header"
        ),
        "token_url": _field("OAuth2: token address", "Address that gives access tokens.", format="url"),
        "scope": _field("OAuth2: scope", "Words separated by spaces; empty when the service needs none."),
        "audience": _field("OAuth2: audience", "Whom the token is for; empty when the service needs none."),
        "client_auth": _field(
            "OAuth2: id and secret go into",
            "The Authorization header, or the body of the request for a token.",
            enum=["basic", "body"],
            default="basic",
        ),
        "headers": _field(
            "Headers", "JSON object of headers for each request; seen by this host only.", format="json"
        ),
        "client_certificate": _field(
            "Client certificate",
            "PEM text with the chain, or the path of a file on the worker.",
            format="multiline",
        ),
        "client_key": _field(
            "Client key", "Private key: PEM text, or the path of a file on the worker.", format="password"
        ),
        "client_key_password": _field(
            "Password of the client key", "When it is encrypted.", format="password"
        ),
        "ca_certificate": _field(
            "Trusted certificates",
            "PEM text, or a path on the worker, in place of the usual authorities.",
            format="multiline",
        ),
        "proxy": _field("Proxy", "http://user:password@proxy.example.com:3128", format="password"),
    },
}

#: A mailbox on a mail server; see docs/decisions/0073-mailboxes-have-a-connection-type-of-their-own.md.
IMAP_CONNECTION: dict[str, Any] = {
    "connection-type": "flowforge_imap",
    "hook-class-name": "flowforge_provider.hooks.imap.ImapHook",
    "hook-name": "FlowForge mailbox (IMAP)",
    "ui-field-behaviour": {
        "hidden-fields": ["schema", "extra"],
        "relabeling": {"host": "Mail server", "login": "Login", "password": "Password, or client secret"},
        "placeholders": {"host": "imap.example.com", "port": "993", "login": "support@example.com"},
    },
    "conn-fields": {
        "security": _field(
            "Security",
            "tls: encrypted from the start, port 993. starttls: encrypted after the greeting, port 143. "
            "none: login and password can be read on the way.",
            enum=["tls", "starttls", "none"],
            default="tls",
        ),
        "auth": _field(
            "Signing in",
            "password: login and password, often an app password. oauth2: by an access token, as Microsoft "
            "365 and Gmail want it; the login is the mailbox, the password the client's secret.",
            enum=["password", "oauth2"],
            default="password",
        ),
        "token_url": _field(
            "OAuth2: token address",
            "Microsoft: https://login.microsoftonline.com/<tenant>/oauth2/v2.0/token. Google: "
            "https://oauth2.googleapis.com/token",
            format="url",
        ),
        "client_id": _field("OAuth2: client id", "Of the application that was registered at the service."),
        "refresh_token": _field(
            "OAuth2: refresh token",
            "Of the mailbox's owner. Empty: the client signs in for itself (client credentials).",
            format="password",
        ),
        "scope": _field(
            "OAuth2: scope",
            "Microsoft, client credentials: https://outlook.office365.com/.default. Empty for a refresh "
            "token that has its scope.",
        ),
        "client_auth": _field(
            "OAuth2: id and secret go into",
            "The body of the request for a token, or its Authorization header.",
            enum=["body", "basic"],
            default="body",
        ),
        "timeout": _field(
            "Timeout, s", "Seconds to wait for the connection and for each answer.", kind="number", default=30
        ),
        "ca_certificate": _field(
            "Trusted certificates",
            "PEM text, or a path on the api-server, in place of the usual authorities.",
            format="multiline",
        ),
    },
}


#: What senders of webhooks prove themselves with; see docs/webhooks.md.
WEBHOOK_CONNECTION: dict[str, Any] = {
    "connection-type": "flowforge_webhook",
    "hook-class-name": "flowforge_provider.hooks.webhook.WebhookHook",
    "hook-name": "FlowForge webhook",
    "ui-field-behaviour": {
        "hidden-fields": ["host", "port", "schema", "extra"],
        "relabeling": {"password": "Token or signing secret", "login": "Name (basic only)"},
        "placeholders": {"password": "what senders send, or sign with"},
    },
    "conn-fields": {
        "previous_secret": _field(
            "Second secret",
            "Counts beside the first one: the secret before it, for as long as it is being replaced, or "
            "QStash's next signing key.",
            format="password",
        ),
        "public_key": _field(
            "JWT: public key", "PEM text of a public key or a certificate.", format="multiline"
        ),
        "previous_public_key": _field(
            "JWT: second public key",
            "Counts beside the first one, while one replaces the other.",
            format="multiline",
        ),
        "jwks_url": _field(
            "JWT: set of keys", "Address of the issuer's keys (JWKS), in place of a public key.", format="url"
        ),
        "verify_token": _field(
            "Meta: verify token", "The word that was given to Meta for the handshake.", format="password"
        ),
    },
}


def get_provider_info() -> dict[str, Any]:
    """Return the provider description that Airflow's ProvidersManager reads (provider_info.schema.json)."""
    return {
        "package-name": "airflow-provider-flowforge",
        "name": "FlowForge",
        "description": "Draw workflows inside Airflow; each one compiles to a readable, versioned Dag.",
        "integrations": [
            {
                "integration-name": "FlowForge",
                "tags": ["software"],
            }
        ],
        "operators": [
            {
                "integration-name": "FlowForge",
                "python-modules": [
                    "flowforge_provider.operators.trigger",
                    "flowforge_provider.operators.http",
                    "flowforge_provider.operators.transform",
                    "flowforge_provider.operators.postgres",
                    "flowforge_provider.operators.wait",
                    "flowforge_provider.operators.email",
                    "flowforge_provider.operators.telegram",
                    "flowforge_provider.operators.workflow_run",
                    "flowforge_provider.operators.approval",
                ],
            }
        ],
        "triggers": [
            {
                "integration-name": "FlowForge",
                "python-modules": ["flowforge_provider.triggers.child_run"],
            }
        ],
        "notifications": [
            "flowforge_provider.notifications.telegram.FlowForgeTelegramNotifier",
            "flowforge_provider.notifications.email.FlowForgeEmailNotifier",
            "flowforge_provider.notifications.webhook.FlowForgeWebhookNotifier",
            "flowforge_provider.notifications.slack.FlowForgeSlackNotifier",
        ],
        "bundles": [
            {
                "integration-name": "FlowForge",
                "python-modules": ["flowforge_provider.bundles.flowforge"],
            }
        ],
        "connection-types": [
            HTTP_CONNECTION,
            WEBHOOK_CONNECTION,
            IMAP_CONNECTION,
            {
                "connection-type": "resend",
                "hook-class-name": "flowforge_provider.hooks.resend.ResendHook",
                "hook-name": "Resend",
                "conn-fields": {
                    "from_email": {
                        "label": "From email",
                        "schema": {"type": ["string", "null"]},
                        "description": "Sender of emails that name none.",
                    },
                    "timeout": {
                        "label": "Timeout, s",
                        "schema": {"type": ["number", "null"], "default": 30},
                        "description": "Seconds to wait for the connection and for each part of the answer.",
                    },
                },
                "ui-field-behaviour": {
                    "hidden-fields": ["port", "schema", "login", "extra"],
                    "relabeling": {"password": "API key", "host": "Base address"},
                    "placeholders": {"password": "re_...", "host": "https://api.resend.com"},
                },
            },
        ],
        "db-managers": ["flowforge_provider.store.db_manager.FlowForgeDBManager"],
        "cli": ["flowforge_provider.cli.definition.get_flowforge_cli_commands"],
        "config": {
            "flowforge": {
                "description": "Options of FlowForge, the workflow editor inside Airflow.",
                "options": OPTIONS,
            }
        },
    }

"""Every code that an issue about a graph can carry. Each has a heading in docs/errors.md."""

from __future__ import annotations

# The document
UNKNOWN_FORMAT = "unknown-format"
SHAPE = "graph-shape"
TOO_MANY_NODES = "too-many-nodes"
TOO_MANY_EDGES = "too-many-edges"
BAD_TIMEZONE = "bad-timezone"
BAD_REDACTION_RULE = "bad-redaction-rule"
REDACTION_STEP_MISSING = "redaction-step-missing"

# Nodes and edges
DUPLICATE_NODE = "duplicate-node"
DUPLICATE_EDGE = "duplicate-edge"
UNKNOWN_NODE = "unknown-node"
UNKNOWN_PORT = "unknown-port"
CYCLE = "cycle"
NO_TRIGGER = "no-trigger"
WEBHOOK_CONFLICT = "webhook-conflict"
TRIGGER_WITH_INPUT = "trigger-with-input"
NOTE_WITH_EDGE = "note-with-edge"
UNREACHABLE_NODE = "unreachable-node"
UNKNOWN_NODE_TYPE = "unknown-node-type"
UNKNOWN_NODE_TYPE_VERSION = "unknown-node-type-version"
LOOP_WITHOUT_BODY = "loop-without-body"
EDGE_INTO_LOOP = "edge-into-loop"
NESTED_LOOP = "nested-loop"
NOT_IN_LOOP = "not-in-loop"
WAITING_IN_BATCH = "waiting-in-batch"

# Parameters
MISSING_PARAMETER = "missing-parameter"
UNKNOWN_PARAMETER = "unknown-parameter"
WRONG_PARAMETER = "wrong-parameter"
EXPRESSION_NOT_ALLOWED = "expression-not-allowed"
EXPRESSION_IN_SQL = "expression-in-sql"
MISSING_CONNECTION = "missing-connection"
BAD_CRON = "bad-cron"
BAD_MOMENT = "bad-moment"
END_BEFORE_START = "end-before-start"
BAD_JQ = "bad-jq"
BAD_PATTERN = "bad-pattern"
BAD_JSON_SCHEMA = "bad-json-schema"
CONTROL_CHARACTER = "control-character"
BODY_WITHOUT_EFFECT = "body-without-effect"
RELATIVE_URL = "relative-url"
BAD_CHAT = "bad-chat"
BAD_ADDRESS = "bad-address"
NO_RECIPIENT = "no-recipient"
EMPTY_MESSAGE = "empty-message"
EMPTY_SUBJECT = "empty-subject"
MISSING_FILE = "missing-file"
NO_FIELDS = "no-fields"
NO_OPERATIONS = "no-operations"
SQL_SYNTAX = "sql-syntax"
SQL_TRANSACTION = "sql-transaction"
WEBHOOK_WITHOUT_TOKEN = "webhook-without-token"  # noqa: S105 - a code, not a token
WEBHOOK_UNSIGNED_CONTENT = "webhook-unsigned-content"
WEBHOOK_HANDSHAKE_AUTHENTICATION = "webhook-handshake-authentication"
MISSING_CONDITION = "missing-condition"
MISSING_DEDUP_KEY = "missing-dedup-key"
AMBIGUOUS_INPUT = "ambiguous-input"

# Expressions
EXPRESSION_SYNTAX = "expression-syntax"
EXPRESSION_LIMIT = "expression-limit"
UNKNOWN_NAME = "unknown-name"
UNKNOWN_STEP = "unknown-step"
STEP_NOT_BEFORE = "step-not-before"
STEP_IN_LOOP = "step-in-loop"
UNKNOWN_VARIABLE = "unknown-variable"

ALL_CODES = frozenset(
    value for name, value in list(globals().items()) if name.isupper() and isinstance(value, str)
)

"""
Every error that FlowForge raises on purpose.

::

    FlowForgeError
    ├── GraphError (ValueError)
    │   ├── GraphFormatError        the document cannot be read as a graph
    │   └── GraphValidationError    the graph has issues; carries all of them
    ├── ExpressionError (ValueError)
    │   ├── ExpressionSyntaxError   the template cannot be parsed, or uses something not allowed
    │   ├── ExpressionValueError    a name is missing, or an operation failed
    │   └── ExpressionLimitError    time, output or nesting limit reached
    ├── UnknownNodeTypeError (LookupError)
    ├── CompileError
    ├── StoreError
    │   ├── NotFoundError (LookupError)
    │   ├── ConflictError           the request does not fit the present state
    │   │   └── RerunError          an execution cannot be run again so; carries all that is in the way
    │   ├── StaleVersionError       the draft was changed by somebody else since it was read
    │   └── TooManyTestsError       the user has as many step tests under way as they may have
    └── StepError                   a step failed for a reason that its user can act on
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowforge_provider.graph.issues import Issue


class FlowForgeError(Exception):
    """
    Root of the errors that FlowForge raises on purpose.

    :param message: where, what, and what to do, in one or two sentences
    :param code: kebab-case and stable; has a heading in docs/errors.md; the class's ``code`` when omitted
    """

    code: ClassVar[str] = "flowforge-error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.error_code = code or self.code


class GraphError(FlowForgeError, ValueError):
    """A graph document is wrong."""

    code = "graph-invalid"


class GraphFormatError(GraphError):
    """The document cannot be read as a graph of a known format."""

    code = "graph-format"


class GraphValidationError(GraphError):
    """
    A graph has issues that keep it from being compiled.

    :param issues: all issues found, errors and warnings, in the order of the graph
    """

    code = "graph-invalid"

    def __init__(self, issues: Sequence[Issue], *, message: str | None = None) -> None:
        self.issues = list(issues)
        count = sum(1 for issue in self.issues if issue.severity == "error")
        noun = "error" if count == 1 else "errors"
        super().__init__(message or f"The graph has {count} {noun}. Fix what the issues list names.")


class ExpressionError(FlowForgeError, ValueError):
    """An expression cannot be used."""

    code = "expression-error"


class ExpressionSyntaxError(ExpressionError):
    """The template cannot be parsed, or it uses something that the language does not allow."""

    code = "expression-syntax"


class ExpressionValueError(ExpressionError):
    """A name is missing from the data, or an operation on the data failed."""

    code = "expression-value"


class ExpressionLimitError(ExpressionError):
    """The expression ran into a limit of time, size or nesting."""

    code = "expression-limit"


class UnknownNodeTypeError(FlowForgeError, LookupError):
    """No installed package offers this node type."""

    code = "unknown-node-type"


class CompileError(FlowForgeError):
    """A valid graph could not be turned into a Dag."""

    code = "compile-error"


class StoreError(FlowForgeError):
    """The store refused an operation."""

    code = "store-error"


class NotFoundError(StoreError, LookupError):
    """The named thing does not exist, or not any more."""

    code = "not-found"


class ConflictError(StoreError):
    """The request does not fit the present state of the thing."""

    code = "conflict"


class RerunError(ConflictError):
    """
    An execution cannot be run again as it was asked for.

    :param issues: everything that is in the way
    """

    code = "rerun-refused"

    def __init__(self, issues: Sequence[Issue]) -> None:
        self.issues = list(issues)
        told = " ".join(issue.message for issue in self.issues[:3])
        super().__init__(f"The execution cannot be run again so. {told}")


class StaleVersionError(StoreError):
    """
    The draft was saved by somebody else since it was read.

    :param current_version: the draft's version now
    """

    code = "stale-version"

    def __init__(self, message: str, *, current_version: int) -> None:
        super().__init__(message)
        self.current_version = current_version


#: What retry rules may name beside HTTP statuses and error codes.
ERROR_KINDS = ("connection", "timeout", "rate_limit", "database_conflict", "unexpected")


class TooManyTestsError(StoreError):
    """
    The user has as many step tests waiting or running as one user may have.

    :param limit: how many that is
    """

    code = "too-many-step-tests"

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(
            f"{limit} of your step tests are waiting or running, and more are not allowed at once. Wait for "
            "one to end, or stop one."
        )


class StepError(FlowForgeError):
    """
    A step failed for a reason that its user can act on.

    :param detail: JSON facts for the run panel, for example the HTTP status and the answer's body
    :param retryable: whether another try could help; Airflow's retries are skipped when it could not
    :param kind: what retry rules call such errors: one of ``ERROR_KINDS`` but ``unexpected``,
        which stands for errors that no step foresaw
    :param status: HTTP status of the answer, for retry rules such as ``429`` and ``5xx``
    :param retry_after_s: seconds that the service asked to wait before the next try
    """

    code = "step-failed"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        detail: Any = None,
        retryable: bool = True,
        kind: str | None = None,
        status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, code=code)
        self.detail = detail
        self.retryable = retryable
        self.kind = kind
        self.status = status
        self.retry_after_s = retry_after_s

"""The one place where routes get a database session, so that a change in Airflow touches one file."""

from airflow.api_fastapi.common.db.common import SessionDep

__all__ = ["SessionDep"]

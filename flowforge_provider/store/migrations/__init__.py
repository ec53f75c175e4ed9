"""Alembic's environment for FlowForge's tables; one file a step under ``versions``."""

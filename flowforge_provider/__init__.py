"""FlowForge: a drag-and-drop workflow editor for Airflow whose graphs compile to readable, versioned Dags."""

__version__ = "0.1.0"
__all__ = ["__version__"]

"""Airflow notifiers that tell what happened; they work in hand-written Dags, too. See docs/alerts.md."""

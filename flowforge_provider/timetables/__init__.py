"""Timetables that Airflow's scheduler asks when a workflow runs next."""

"""Airflow's queue made steerable: pause, drain, let through, priorities, and what failed for good."""

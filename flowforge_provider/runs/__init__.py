"""Starting, reading and cancelling executions: what happens between a trigger and Airflow's own Dag runs."""

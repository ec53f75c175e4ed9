"""
What the transform step does to data, one operation after another.

Nothing here needs Airflow, pydantic or the graph: the same code runs in a step, in the process with limits
that a step starts (child.py), and behind the preview.
"""

"""
Makes a Python process believe that it is in a container of its own: found by PYTHONPATH, run at each start.

The host's name is that of the environment, as in a container; Airflow and Celery name themselves by it.
"""

import os
import socket

_name = os.environ.get("HOSTNAME", "")
if _name:
    socket.gethostname = lambda: _name

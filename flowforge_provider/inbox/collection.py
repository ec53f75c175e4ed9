"""Keep Python's garbage collector from looking, again and again, through what a process has loaded."""

from __future__ import annotations

import gc

__all__ = ["spare_loaded_objects"]


def spare_loaded_objects() -> None:
    """
    Exclude all objects of the moment from garbage collection; call when a process has loaded what it serves.

    Airflow's api-server holds about a million objects that live as long as it does. A full collection looks
    at each, stops every thread for 0.4 s meanwhile, and comes every few seconds under load. Cycles among the
    objects of this moment are never freed; what is made later is collected as ever.
    """
    # Garbage of the start is freed first, since afterwards nobody could.
    gc.collect()
    gc.freeze()

"""Serve the front door as a process of its own."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from airflow.utils.providers_configuration_loader import providers_configuration_loaded

if TYPE_CHECKING:
    from argparse import Namespace

# Seconds that calls which are being taken in have when the process is told to stop.
_GRACE_S = 30


@providers_configuration_loaded
def serve(args: Namespace) -> None:
    """Serve until told to stop; what was accepted by then is stored and answered."""
    import uvicorn
    from airflow.configuration import conf

    # A storm uses all the processor time that it gets. Where the scheduler is on the same machine, workflows
    # that run already come before deliveries that only have to be kept.
    os.nice(args.nice)
    print(
        f"Front door on http://{args.host}:{args.port}, processes: {args.workers}",
        file=sys.stderr,
        flush=True,
    )
    uvicorn.run(
        "flowforge_provider.api.front_door_app:create_front_door_app",
        factory=True,
        host=args.host,
        port=args.port,
        workers=args.workers,
        proxy_headers=args.proxy_headers,
        timeout_graceful_shutdown=_GRACE_S,
        log_level=conf.get("logging", "uvicorn_logging_level", fallback="info").lower(),
        # Airflow's logging counts, and its access log takes webhooks as it does in the api-server.
        log_config=None,
        access_log=False,
        ssl_certfile=args.ssl_cert,
        ssl_keyfile=args.ssl_key,
    )

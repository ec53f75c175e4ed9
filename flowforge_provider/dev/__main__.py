"""``python -m flowforge_provider.dev``: what ``make run`` starts."""

from __future__ import annotations

import os
import sys

from flowforge_provider.dev.launcher import Launcher, LaunchError


def main() -> int:
    """Run FlowForge in an Airflow on this machine until it is stopped; return the exit code."""
    try:
        launcher = Launcher.from_environment(os.environ)
        return launcher.run()
    except LaunchError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())

"""``make bench``: run all benchmarks, one after the other, so that none of them disturbs another."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from pathlib import Path

#: In the order of what they need: the first ones no servers, the others an Airflow of their own.
BENCHMARKS = (
    "import_time", "compile_throughput", "publish_latency", "step_test", "front_door", "executions", "queue",
)  # fmt: skip
FOLDER = Path(__file__).parent


def main(chosen: list[str]) -> int:
    """
    Run benchmarks and return how many of them broke one of their bounds.

    :param chosen: names of benchmarks; all when empty
    """
    unknown = set(chosen) - set(BENCHMARKS)
    if unknown:
        print(f"Unknown: {', '.join(sorted(unknown))}. The benchmarks are: {', '.join(BENCHMARKS)}.")
        return 2
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    print(f"Python {platform.python_version()}, {machine}")
    broken = []
    for name in chosen or BENCHMARKS:
        print(f"\n== {name} ==", flush=True)
        started = time.monotonic()
        done = subprocess.run([sys.executable, "-m", f"bench.{name}"], cwd=FOLDER.parent, check=False)
        print(f"({time.monotonic() - started:.0f} s)", flush=True)
        if done.returncode != 0:
            broken.append(name)
    if broken:
        print(f"\nBounds broken: {', '.join(broken)}")
    return len(broken)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

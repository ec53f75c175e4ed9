"""The live files of all published workflows, kept equal to the database; what the dag-processor reads."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from typing import TYPE_CHECKING

from flowforge_provider.bundles.paths import relative_path, write_file
from flowforge_provider.store import publications

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sqlalchemy.orm import Session

    from flowforge_provider.store.tables import PublicationRow

__all__ = ["TrackingFiles"]

log = logging.getLogger(__name__)

# (modification time in ns, size in bytes): a cheap sign that somebody else has changed a file.
_Stamp = tuple[int, int]


class TrackingFiles:
    """
    A folder with one file a published workflow.

    Only files that changed are written, so that the dag-processor parses only those. Several processes may
    keep one folder; callers hold the bundle's lock while refreshing.

    :param folder: the bundle's tracking folder
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seq: int | None = None
        # workflow id -> seq of the publication that its file holds
        self._seq_of: dict[str, int] = {}
        self._stamp_of: dict[str, _Stamp] = {}
        # workflow id -> when its file was last written or touched, in seconds of time.monotonic
        self._written_at: dict[str, float] = {}
        self._failed: set[str] = set()

    def seq_of(self, workflow_id: str) -> int | None:
        """Return the publication that a workflow's file holds; None when it has none."""
        return self._seq_of.get(workflow_id)

    def written_at(self, workflow_id: str) -> float:
        """Return when a workflow's file was last written or touched, by ``time.monotonic``; 0 for never."""
        return self._written_at.get(workflow_id, 0.0)

    def touch(self, workflow_id: str) -> None:
        """Make the dag-processor parse a file again soon."""
        with contextlib.suppress(FileNotFoundError):
            os.utime(self._path(workflow_id))
        self._written_at[workflow_id] = time.monotonic()

    def refresh(self, session: Session) -> None:
        """Bring the folder up to date with what is committed; quick when nothing has changed."""
        seq = publications.latest_seq(session)
        stamps = self._read_stamps()
        if seq == self.seq and stamps == self._stamp_of and not self._failed:
            return
        live = publications.live_seqs(session)
        # Publications commit in the order of their seqs. So all up to `seq` are seen now, and with the newest
        # of the live ones, which may have been committed in between, all that came before it.
        seq = max(seq, *live.values(), 0)
        outdated = [
            workflow_id
            for workflow_id, live_seq in live.items()
            if self._seq_of.get(workflow_id) != live_seq
            or stamps.get(workflow_id) != self._stamp_of.get(workflow_id)
        ]
        self._failed.clear()
        self._write(publications.iter_by_seq([live[workflow_id] for workflow_id in outdated], session))
        for workflow_id in stamps.keys() - live.keys():
            self._path(workflow_id).unlink(missing_ok=True)
        self._seq_of = {key: value for key, value in self._seq_of.items() if key in live}
        self._stamp_of = self._read_stamps()
        self.seq = seq

    def _write(self, rows: Iterable[PublicationRow]) -> None:
        for row in rows:
            try:
                self._write_one(row)
            except (OSError, ValueError):  # noqa: PERF203 - dwarfed by the writing
                # One bad file must not keep the others from being delivered; it is tried again.
                log.exception("The file of workflow %s could not be written", row.workflow_id)
                self._seq_of.pop(row.workflow_id, None)
                self._failed.add(row.workflow_id)

    def _write_one(self, row: PublicationRow) -> None:
        if row.source is None:
            raise ValueError(f"Publication {row.seq} has no source.")
        path = self._path(row.workflow_id)
        # An equal file keeps its modification time, or a restart would make the dag-processor parse all.
        is_equal = path.is_file() and path.read_text(encoding="utf-8", errors="replace") == row.source
        if not is_equal:
            write_file(path, row.source)
        if not is_equal or self._seq_of.get(row.workflow_id) != row.seq:
            # Another dag-processor may have written it first: what this one has begun to parse may be older.
            self._written_at[row.workflow_id] = time.monotonic()
        self._seq_of[row.workflow_id] = row.seq

    def _path(self, workflow_id: str) -> Path:
        return self.folder / relative_path(workflow_id)

    def _read_stamps(self) -> dict[str, _Stamp]:
        folder = self._path("").parent
        folder.mkdir(parents=True, exist_ok=True)
        stamps: dict[str, _Stamp] = {}
        for path in folder.glob("*.py"):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            stamps[path.stem] = (status.st_mtime_ns, status.st_size)
        return stamps

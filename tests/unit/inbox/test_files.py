"""Files that come in: what is kept of them, and the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from flowforge_provider.files import File
from flowforge_provider.inbox.errors import RefusedError
from flowforge_provider.inbox.files import keep_file, keep_files
from flowforge_provider.inbox.writer import DeliveryWriter
from flowforge_provider.store.files import delete_files, find_content
from flowforge_provider.store.tables import FileRow
from tests.support.front_door import make_delivery, publish_graph

if TYPE_CHECKING:
    from flowforge_provider.runs.database import Database


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a.csv", "a.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\docs\\a.csv", "a.csv"),
        ("a\r\nSet-Cookie: x.csv", "aSet-Cookie: x.csv"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("\ud800.txt", ".txt"),
        ("", "file"),
        ("x" * 300 + ".csv", "x" * 246 + ".csv"),
    ],
)
def test_names_do_no_harm(given: str, kept: str) -> None:
    assert keep_file(File(given, "text/csv", b"")).file.filename == kept


@pytest.mark.parametrize("content_type", ["", "text", "text/html\r\nX-A: b", "тип/x", "a/" + "b" * 300])
def test_types_that_fit_in_no_header_are_unknown(content_type: str) -> None:
    assert keep_file(File("a", content_type, b"")).file.content_type == "application/octet-stream"


def test_the_reference_is_what_the_body_holds() -> None:
    kept = keep_file(File("a.csv", "text/csv; charset=utf-8", b"a,b"))
    assert kept.reference() == {
        "filename": "a.csv",
        "content_type": "text/csv; charset=utf-8",
        "size": 3,
        "file_id": kept.id,
    }


def test_size_and_number_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__MAX_FILE_BYTES", "3")
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__MAX_DELIVERY_FILES", "2")
    assert len(keep_files([File("a", "a/b", b"123")] * 2)) == 2
    with pytest.raises(RefusedError, match="at most 3") as too_large:
        keep_files([File("a", "a/b", b"1234")])
    with pytest.raises(RefusedError, match="More than 2") as too_many:
        keep_files([File("a", "a/b", b"123")] * 3)
    assert (too_large.value.status, too_many.value.status) == (413, 413)


def test_files_are_written_with_their_delivery_and_go_with_it(database: Database) -> None:
    from flowforge_provider.runs.published import read_published

    publish_graph()
    with database.session("read") as session:
        seq = read_published("orders", session).seq
    writer = DeliveryWriter(
        database=database, on_written=lambda _: None, claim_s=15, may_claim=lambda *_: True
    )
    kept = keep_file(File("a.bin", "a/b", bytes(range(256))))
    first = make_delivery(dedup_key="a", files=(kept,))
    again = make_delivery(dedup_key="a", files=(keep_file(File("b", "a/b", b"")),))
    futures = [writer.write(first, seq=seq), writer.write(again, seq=seq)]
    writer.start()
    assert [future.result(timeout=10).duplicate for future in futures] == [False, True]
    writer.stop()
    with database.session("read") as session:
        assert find_content(kept.id, session) == bytes(range(256))
        assert session.scalar(select(func.count()).select_from(FileRow)) == 1
    database.transaction(lambda session: delete_files([first.id], session))
    with database.session("read") as session:
        assert find_content(kept.id, session) is None

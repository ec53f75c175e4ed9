"""The bundle without a version: the live files, kept equal to the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from airflow.exceptions import AirflowConfigException

from flowforge_provider import publishing
from flowforge_provider.bundles import tracking
from flowforge_provider.bundles.flowforge import FlowForgeDagBundle
from flowforge_provider.bundles.paths import relative_path, write_file
from flowforge_provider.store import publications
from tests.support.publishing import create_workflow, graph_with, read_source, save_draft

if TYPE_CHECKING:
    from pathlib import Path

# What differs between databases is tested with publishing; here SQLite, the faster one, is enough.
pytestmark = [
    pytest.mark.integration,
    pytest.mark.usefixtures("metadata"),
    pytest.mark.parametrize("metadata_url", ["sqlite"], indirect=True),
]


def open_bundle() -> FlowForgeDagBundle:
    bundle = FlowForgeDagBundle(name="flowforge")
    bundle.initialize()
    return bundle


def contents(bundle: FlowForgeDagBundle) -> dict[str, str]:
    return {str(path.relative_to(bundle.path)): path.read_text() for path in bundle.path.rglob("*.py")}


def stamps(bundle: FlowForgeDagBundle) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in bundle.path.rglob("*.py")}


def publish_new(name: str) -> tuple[str, int]:
    workflow_id = create_workflow(name)
    return workflow_id, publishing.publish(workflow_id=workflow_id, user="ann").seq


def test_holds_the_live_files_only() -> None:
    first, _ = publish_new("First")
    second, seq = publish_new("Second")
    create_workflow("Draft")

    bundle = open_bundle()

    assert contents(bundle) == {relative_path(each): read_source(each) for each in (first, second)}
    assert bundle.get_current_version().version == str(seq)


def test_is_empty_before_the_first_publication() -> None:
    bundle = open_bundle()

    assert contents(bundle) == {}
    assert bundle.get_current_version().version == "0"
    assert bundle.path.is_dir()


def test_a_refresh_writes_only_what_changed() -> None:
    first, _ = publish_new("First")
    second, _ = publish_new("Second")
    bundle = open_bundle()
    before = stamps(bundle)
    save_draft(first, graph_with("changed"))
    seq = publishing.publish(workflow_id=first, user="ann").seq

    bundle.refresh()

    after = stamps(bundle)
    assert after[f"{second}.py"] == before[f"{second}.py"]
    assert after[f"{first}.py"] > before[f"{first}.py"]
    assert bundle.get_current_version().version == str(seq)


def test_a_restart_writes_nothing() -> None:
    publish_new("First")
    before = stamps(open_bundle())

    assert stamps(open_bundle()) == before


def test_a_refresh_without_news_reads_no_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    publish_new("First")
    bundle = open_bundle()

    def read(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(publications, "live_seqs", read)

    bundle.refresh()


def test_what_is_unpublished_goes() -> None:
    first, _ = publish_new("First")
    second, _ = publish_new("Second")
    bundle = open_bundle()
    result = publishing.unpublish(workflow_id=first, user="ann")

    bundle.refresh()

    assert list(contents(bundle)) == [relative_path(second)]
    assert bundle.get_current_version().version == str(result.seq)


@pytest.mark.parametrize("damage", ["changed", "removed"])
def test_a_damaged_file_is_mended(damage: str) -> None:
    workflow_id, _ = publish_new("First")
    bundle = open_bundle()
    path = bundle.path / relative_path(workflow_id)
    if damage == "removed":
        path.unlink()
    else:
        path.write_text("raise RuntimeError('changed by somebody')")

    bundle.refresh()

    assert path.read_text() == read_source(workflow_id)


def test_another_process_may_keep_the_same_folder() -> None:
    workflow_id, _ = publish_new("First")
    one, other = open_bundle(), open_bundle()
    save_draft(workflow_id, graph_with("changed"))
    publishing.publish(workflow_id=workflow_id, user="ann")

    one.refresh()
    before = stamps(one)
    other.refresh()

    assert stamps(other) == before
    assert contents(other) == {relative_path(workflow_id): read_source(workflow_id)}


def test_a_file_that_cannot_be_written_leaves_the_others(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bad, _ = publish_new("Bad")
    good, _ = publish_new("Good")

    def write(path: Path, text: str) -> None:
        if path.stem == bad:
            raise OSError("disk full")
        write_file(path, text)

    with monkeypatch.context() as patch:
        patch.setattr(tracking, "write_file", write)
        bundle = open_bundle()

    assert list(contents(bundle)) == [relative_path(good)]
    assert "disk full" in caplog.text
    bundle.refresh()
    assert set(contents(bundle)) == {relative_path(bad), relative_path(good)}


def test_leaves_no_temporary_files() -> None:
    publish_new("First")
    bundle = open_bundle()

    assert all(path.suffix == ".py" for path in bundle.path.rglob("*") if path.is_file())


def test_its_name_is_fixed() -> None:
    with pytest.raises(AirflowConfigException, match='Name it "flowforge"'):
        FlowForgeDagBundle(name="other")

"""The summary of a run with shards and its page, of the records in a folder."""

import hashlib
import json
from pathlib import Path

import pytest

from interchange.errors import Exit, Failure
from keras2to3.fleet import layout
from keras2to3.fleet.layout import Plan
from keras2to3.fleet.merge import merge
from keras2to3.fleet.shard import tell
from keras2to3.fleet.stores.folder import Folder


def row(name: str, status: str = "verified", code: Exit = Exit.VERIFIED, message: str = "") -> dict:
    report = f"out/{name}.{'report' if code == Exit.VERIFIED else 'failed'}.json"
    facts = {"source": f"models/{name}.h5", "name": name, "status": status, "exit_code": int(code)}
    return {**facts, "message": message, "report": report, "max_abs": None, "tolerance": None}


def done(folder: Path, *shards: list[dict], words: tuple[str, ...] = ()) -> tuple[Folder, Plan]:
    """A run whose shards have these rows."""
    store = Folder(folder)
    plan = Plan.of("migrate", {}, {"words": list(words)}, [b""] * len(shards), sum(map(len, shards)))
    for number, rows in enumerate(shards):
        content = layout.lines(rows)
        counts = {status: sum(each["status"] == status for each in rows) for status in {r["status"] for r in rows}}
        facts = {"exit_code": max(each["exit_code"] for each in rows), "counts": counts, "seconds": 1.5}
        digest = hashlib.sha256(content).hexdigest()
        store.write(layout.rows(plan.run, number, digest), content)
        store.write(layout.record(plan.run, number), layout.lines([{**facts, "rows": digest, "quarantined": 0}]))
    return store, plan


def test_the_page_counts_all_and_lists_what_failed(tmp_path):
    broken = row("team/b", "failed", Exit.UNREADABLE, "no model <here>")
    store, plan = done(tmp_path, [row("team/a"), broken], [row("c")])
    merged = merge(store, plan)
    page = (tmp_path / "summary.html").read_text()
    assert merged.exit_code == Exit.UNREADABLE
    assert merged.seconds == 3.0
    assert "3 sources: 2 verified, 1 failed." in page
    assert 'href="./team/b.failed.html"' in page
    assert "no model &lt;here&gt;" in page
    assert "models/team/a.h5" not in page
    assert f"Run {plan.run} of 2 shards" in page


def test_the_page_of_a_run_without_a_failure_has_no_table(tmp_path):
    merge(*done(tmp_path, [row("a")]))
    assert "<table" not in (tmp_path / "summary.html").read_text()


def test_the_page_lists_the_first_of_many_and_the_summary_all(tmp_path):
    rows = [row(f"m{number}", "failed", Exit.UNREADABLE, "empty") for number in range(1_003)]
    merge(*done(tmp_path, rows))
    page = (tmp_path / "summary.html").read_text()
    assert "The first 1,000 of 1,003" in page
    assert page.count("<tr data-status") == 1_000
    assert len(json.loads((tmp_path / "summary.json").read_text())["failed"]) == 1_003


def test_a_run_without_pages_takes_that_of_an_earlier_run_away(tmp_path):
    merge(*done(tmp_path, [row("a")]))
    merge(*done(tmp_path, [row("a")], words=("--no-html",)))
    assert not (tmp_path / "summary.html").exists()


@pytest.mark.parametrize("words", [(), ("--no-html",)])
def test_a_page_that_is_none_of_ours_stays(tmp_path, words):
    (tmp_path / "summary.html").write_text("mine")
    merged = merge(*done(tmp_path, [row("a")], words=words))
    assert (tmp_path / "summary.html").read_text() == "mine"
    assert "stays as it is" in merged.warning


def test_without_a_record_there_is_no_summary(tmp_path):
    store, plan = done(tmp_path, [row("a")], [row("b")])
    store.delete(layout.record(plan.run, 1))
    with pytest.raises(Failure, match="1 of 2 shards"):
        merge(store, plan)
    assert not (tmp_path / "summary.json").exists()


def test_of_two_commands_that_have_done_a_shard_one_counts(tmp_path):
    store, plan = Folder(tmp_path), Plan.of("migrate", {}, {"words": []}, [b""], 1)
    assert tell(store, plan, 0, [row("a", "failed", Exit.UNREADABLE)], 1.0) == Exit.UNREADABLE
    tell(store, plan, 0, [row("a")], 2.0)
    merged = merge(store, plan)
    assert (merged.seconds, merged.counts) == (1.0, {"failed": 1})
    (rows,) = (tmp_path / layout.path(plan.run, "rows")).iterdir()
    assert json.loads(rows.read_bytes())["status"] == "failed"

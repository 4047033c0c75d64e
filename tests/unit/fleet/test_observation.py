"""What programs that watch a run with shards read."""

import json
import re

import pytest

from keras2to3.ci import placing
from keras2to3.cli.command_line import parse
from keras2to3.fleet.layout import Plan
from keras2to3.fleet.merge import merge
from keras2to3.fleet.observation import Observation
from tests.unit.fleet.test_merge import done, row

RECORD = {"exit_code": 3, "counts": {"verified": 2, "failed": 1}, "quarantined": 1, "seconds": 1.25}
SAMPLE = re.compile(r'(keras2to3_[a-z_]+)\{([a-z]+="[^"\\]*"(?:,[a-z]+="[^"\\]*")*)\} ([0-9.]+)')


def plan_of(shards: int) -> Plan:
    return Plan.of("migrate", {}, {"words": []}, [b""] * shards, 9)


@pytest.fixture
def files(tmp_path):
    return tmp_path / "run.jsonl", tmp_path / "keras2to3.prom"


def samples(path) -> dict[str, float]:
    """The values of a file in the text format, by name and by the last label where it has more than those of all."""
    found = {}
    for line in path.read_text().splitlines():
        if line.startswith("# "):
            assert re.fullmatch(r"# (HELP keras2to3_[a-z_]+ .+|TYPE keras2to3_[a-z_]+ gauge)", line)
            continue
        name, labels, value = SAMPLE.fullmatch(line).groups()
        found[name, labels.rpartition(",")[2]] = float(value)
    return found


def test_each_shard_has_a_line_and_the_metrics_count_all(files):
    seen = Observation(plan_of(3), *files, pytest.fail)
    seen.ended(1, RECORD)
    seen.ended(0, None, "no room")
    first, second = map(json.loads, files[0].read_text().splitlines())
    assert {key: first[key] for key in RECORD} == RECORD
    assert (first["event"], first["shard"], first["shards"]) == ("shard", 1, 3)
    assert (second["exit_code"], second["error"]) == (8, "no room")
    values = samples(files[1])
    assert {state: values["keras2to3_shards", f'state="{state}"'] for state in ("done", "failed", "left")} == {
        "done": 1, "failed": 1, "left": 1,
    }  # fmt: skip
    assert values["keras2to3_models", 'status="verified"'] == 2
    assert values["keras2to3_models_quarantined", 'verb="migrate"'] == 1
    assert values["keras2to3_shard_seconds", 'verb="migrate"'] == 1.25


def test_what_an_earlier_command_has_done_counts(files):
    seen = Observation(plan_of(2), *files, pytest.fail)
    seen.count(RECORD)
    seen.ended(1, RECORD)
    assert samples(files[1])["keras2to3_models", 'status="verified"'] == 4
    assert len(files[0].read_text().splitlines()) == 1


def test_a_shard_alone_says_which_it_is(files):
    Observation(plan_of(5), *files, pytest.fail, 3).ended(3, RECORD)
    assert ',shard="3",state="left"} 0\n' in files[1].read_text()


def test_the_summary_has_a_line_and_counts_each_shard_once(files, tmp_path):
    store, plan = done(tmp_path / "target", [row("a")], [row("b")])
    seen = Observation(plan, *files, pytest.fail)
    seen.count(RECORD)
    seen.merged(merge(store, plan))
    (line,) = map(json.loads, files[0].read_text().splitlines())
    assert (line["event"], line["counts"], line["seconds"]) == ("merge", {"verified": 2}, 3.0)
    assert samples(files[1])["keras2to3_shards", 'state="done"'] == 2
    assert samples(files[1])["keras2to3_models", 'status="verified"'] == 2


def test_metrics_are_never_read_in_part(files, monkeypatch):
    seen = Observation(plan_of(2), None, files[1], pytest.fail)
    seen.ended(0, RECORD)
    before = files[1].read_bytes()
    warnings = []
    seen.warn = warnings.append

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(placing.os, "replace", full)
    seen.ended(1, RECORD)
    assert files[1].read_bytes() == before
    assert [path.name for path in files[1].parent.iterdir()] == [files[1].name]
    assert "No space left on device; the run goes on without it" in warnings[0]


def test_a_file_that_cannot_be_written_costs_one_warning(tmp_path):
    (tmp_path / "file").write_text("")
    warnings = []
    seen = Observation(plan_of(2), tmp_path / "file" / "run.jsonl", None, warnings.append)
    seen.ended(0, RECORD)
    seen.ended(1, RECORD)
    assert len(warnings) == 1


@pytest.mark.parametrize("option", ["--metrics", "--log-json"])
def test_a_run_without_shards_has_neither(option, tmp_path, capsys):
    with pytest.raises(SystemExit):
        parse(["migrate", "a.h5", option, str(tmp_path / "file")])
    assert f"{option} tells of shards" in capsys.readouterr().err


def test_a_file_of_another_kind_is_not_replaced(tmp_path, capsys):
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(SystemExit):
        parse(["merge", "target", "--metrics", str(tmp_path / "notes")])
    assert "is of another kind" in capsys.readouterr().err

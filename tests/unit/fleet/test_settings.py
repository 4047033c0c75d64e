"""The options of a plan on the machine of a shard."""

import json

import pytest

from interchange.errors import Exit, Failure
from keras2to3.cli.main import main
from keras2to3.fleet import settings


@pytest.fixture
def target(tmp_path, monkeypatch):
    """A plan with an option that names a file, which is gone."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text("import keras\n")
    (tmp_path / "a.h5").write_bytes(b"no model")
    assert main(["plan", "a.h5", "--output-dir", "target", "--custom-objects", "own.py"]) == 0
    (tmp_path / "own.py").unlink()
    return tmp_path / "target"


def test_a_machine_without_a_file_of_an_option_is_told(target):
    (plan,) = target.glob(".keras2to3/*/plan.json")
    with pytest.raises(Failure, match=r"the options of the plan do not hold on this machine: .*own\.py") as raised:
        settings.of_plan(json.loads(plan.read_text())["options"], "migrate", target)
    assert raised.value.code is Exit.ENVIRONMENT


def test_a_program_that_watches_is_told_as_well(target, capsys):
    code = main(["shard", str(target), "0", "--log-json", "log.jsonl"])
    assert code == Exit.ENVIRONMENT
    assert "own.py" in capsys.readouterr().err
    (line,) = map(json.loads, (target.parent / "log.jsonl").read_text().splitlines())
    assert (line["event"], line["exit_code"]) == ("shard", 8)
    assert "own.py" in line["error"]

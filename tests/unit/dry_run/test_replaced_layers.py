"""Replacements as the user names them: which layer, which file, and whether there is a truth to compare with."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

from interchange.errors import Exit, Failure
from keras2to3.cli import main
from keras2to3.dry_run import check
from keras2to3.dry_run.replaced_layers import parse, placed
from keras2to3.options.commands import CheckOptions
from keras2to3.reports.console import Lines
from keras2to3.scanner.examine import scan_model
from tests.models import hdf5_files
from tests.models.hdf5_files import dense, lambda_layer, layer, sequential, wrapper
from tests.unit.bytecode.test_old_pythons import assembled

pytestmark = pytest.mark.usefixtures("scan_here")

BOTH = "def new(x): return x\ndef f(x): return x\n"
# A function f that calls a helper nobody knows.
STEPS = assembled("3.4", "LOAD_GLOBAL 0; LOAD_FAST 0; CALL_FUNCTION 1; RETURN_VALUE", names=("helper",))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(BOTH)
    return path


def helped(name: str = "it") -> dict[str, Any]:
    return layer("Lambda", name, function=[base64.b64encode(STEPS).decode(), None, None], arguments={})


def source(folder: Path, *layers: Any) -> Path:
    return hdf5_files.write(folder / "a.h5", sequential(*layers))


def checked(path: Path, *given: str, trust: bool = False) -> Any:
    replaced = tuple(map(parse, given))
    check.check(CheckOptions((path,), path.parent / "out", trust, replaced), Lines(io.StringIO()))
    (row,) = json.loads((path.parent / "out" / "check.json").read_text())["sources"]
    return row


def test_the_file_that_was_named_is_known_by_its_digest(file: Path) -> None:
    given = parse(f"encoder/it={file}:new")
    assert (given.layer, given.file, given.function) == ("encoder/it", str(file), "new")
    assert given.sha256 == hashlib.sha256(BOTH.encode()).hexdigest()
    assert given.place == "mine.py:new"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("it", "not of the form"),
        ("it=mine.py", "not of the form"),
        ("it=mine.py:", "not of the form"),
        ("=mine.py:new", "not of the form"),
        ("it=mine.py:new()", "not of the form"),
        ("it=nowhere.py:new", "nowhere.py cannot be read: No such file"),
        ("it=.:new", ". cannot be read: Is a directory"),
        ("it=mine.py:other", "mine.py defines no function other"),
        ("it=text.py:new", "text.py is not Python"),
        ("it=zeros.py:new", "zeros.py is not Python"),
    ],
)
@pytest.mark.parametrize("verb", ["migrate", "check"])
def test_a_wrong_usage_is_told_before_anything_runs(
    verb: str, text: str, says: str, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(file.parent)
    Path("text.py").write_text("no python")
    Path("zeros.py").write_bytes(b"\0")
    with pytest.raises(SystemExit) as ended:
        main.main([verb, "a.h5", "--replace", text])
    assert ended.value.code == Exit.USAGE
    assert says in capsys.readouterr().err


def test_a_layer_is_replaced_once(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(["check", "a.h5", "--replace", f"it={file}:new", "--replace", f"it={file}:f"])
    assert ended.value.code == Exit.USAGE
    assert "it is replaced twice" in capsys.readouterr().err


def test_a_function_that_is_only_referenced_is_refused_with_the_way_out(tmp_path: Path) -> None:
    row = checked(source(tmp_path, dense(), helped()))
    (problem,) = row["error"]["problems"]
    assert (row["exit_code"], problem["law"]) == (4, "bytecode")
    assert "helper" in problem["text"]
    assert "`--replace it=file.py:function`" in problem["unblock"]


def test_replaced_it_would_be_tried(tmp_path: Path, file: Path) -> None:
    row = checked(source(tmp_path, dense(), helped()), f"it={file}:new")
    assert (row["exit_code"], row["status"]) == (0, "ready")
    assert [(given["layer"], given["function"]) for given in row["replaced"]] == [("it", "new")]
    (change,) = row["changes"]
    assert (change["layer"], change["rule"], change["kind"]) == ("it", "Lambda", "semantic")
    assert row["replaced"][0]["sha256"] in change["text"]


def test_without_the_old_function_there_is_nothing_to_compare_with(tmp_path: Path, file: Path) -> None:
    path = source(tmp_path, helped())
    row = checked(path, f"it={file}:f")
    (problem,) = row["error"]["problems"]
    assert row["exit_code"] == Exit.REFUSED
    assert "mine.py:f cannot be compared" in problem["text"]
    assert "The original function is called f" in problem["unblock"]
    assert checked(path, f"it={file}:f", trust=True)["exit_code"] == 0, "its bytecode is the truth"


@pytest.mark.parametrize("name", ["nowhere", "dense"])
def test_only_what_is_there_and_stands_for_a_function_is_replaced(tmp_path: Path, file: Path, name: str) -> None:
    row = checked(source(tmp_path, dense(), layer("Lambda", "it", function=["", None, None])), f"{name}={file}:new")
    assert row["exit_code"] == Exit.REFUSED, "for what is not replaced"
    row = checked(source(tmp_path, dense()), f"{name}={file}:new")
    assert row["exit_code"] == Exit.USAGE
    assert f"--replace {name}: the model has no such layer" in row["error"]["message"]


def test_a_layer_within_others_has_the_name_that_its_refusal_gives(tmp_path: Path, file: Path) -> None:
    inner = sequential(wrapper("TimeDistributed", helped()), name="inner")
    path = source(tmp_path, dense(), inner)
    for name in ("inner/wrapper/it", "inner/wrapper.layer"):
        given = [parse(f"{name}={file}:new")]
        assert placed(scan_model(path, False, given).architecture or {}, given, False).keys() == {"inner/wrapper.layer"}
        row = checked(path, f"{name}={file}:new")
        assert (row["exit_code"], row["changes"][0]["layer"]) == (0, "inner/wrapper.layer")


def test_what_else_is_unsafe_stays_so(tmp_path: Path, file: Path) -> None:
    given = [parse(f"it={file}:new")]
    with pytest.raises(Failure) as caught:
        scan_model(source(tmp_path, helped(), lambda_layer("other")), False, given)
    assert [problem.layer for problem in caught.value.problems] == ["other"]


def test_an_operator_of_which_a_part_is_lost_has_a_way_out_that_arrives(tmp_path: Path) -> None:
    lost = {**layer("TFOpLambda", "it", function="__operators__.eq"), "inbound_nodes": [["x", 0, 0, {}]], "name": "it"}
    start = {**layer("InputLayer", "x", batch_input_shape=[None, 3]), "inbound_nodes": [], "name": "x"}
    ends = {"input_layers": [["x", 0, 0]], "output_layers": [["it", 0, 0]]}
    model = {"class_name": "Functional", "config": {"name": "m", "layers": [start, lost], **ends}}
    path = hdf5_files.write(tmp_path / "a.h5", model)
    (problem,) = checked(path)["error"]["problems"]
    assert "`--replace it=file.py:function`. Define the original beside it as eq" in problem["unblock"]
    file = tmp_path / "mine.py"
    file.write_text("def new(x): ...\n")
    (problem,) = checked(path, f"it={file}:new")["error"]["problems"]
    assert "the file has lost a part of it" in problem["text"]
    assert "as eq" in problem["unblock"]
    file.write_text("def new(x): ...\ndef eq(x): ...\n")
    assert checked(path, f"it={file}:new")["error"] is None

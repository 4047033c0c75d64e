"""Files with classes of the user's own: what they define, what is missing, and the skeletons of it."""

from __future__ import annotations

import ast
import hashlib
import io
import json
import re
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from importer.restore.user_layers import LayerWeight, matched
from interchange.errors import Exit, Failure
from interchange.user_files.custom_objects import CustomObjectsFile
from interchange.weight_key import WeightKey
from keras2to3.cli import main
from keras2to3.dry_run import check
from keras2to3.options.commands import CheckOptions
from keras2to3.reports.console import Lines
from keras2to3.results import custom_stubs
from keras2to3.scanner.examine import scan_model
from keras2to3.user_files.custom_objects import parse
from tests.models import hdf5_files
from tests.models.hdf5_files import dense, lambda_layer, layer, sequential, wrapper
from translation.keras2_to_3.translate import translate

pytestmark = pytest.mark.usefixtures("scan_here")

FILE = """
import keras
from keras.layers import Dense
from elsewhere import Borrowed as Lent
rate = 0.5
K = keras.backend
Fixed = keras.layers.Dropout
if True:
    class Conditional(Own): pass
@keras.saving.register_keras_serializable("Mine", name="Other")
class Own(keras.layers.Layer): pass
@keras.utils.register_keras_serializable()
def function(x): return x
smooth = lambda x: x
keras.utils.get_custom_objects()["by_item"] = smooth
keras.saving.get_custom_objects().update({"by_update": smooth})
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "own.py"
    path.write_text(FILE)
    return path


def checked(path: Path, file: Path | None = None, new: Path | None = None) -> Any:
    given = {"custom_objects": file and parse(str(file)), "custom_objects_3": new and parse(str(new))}
    check.check(CheckOptions((path,), path.parent / "out", **given), Lines(io.StringIO()))
    (row,) = json.loads((path.parent / "out" / "check.json").read_text())["sources"]
    return row


def source(folder: Path, *layers: Any) -> Path:
    return hdf5_files.write(folder / "a.h5", sequential(*layers))


def test_what_a_file_defines_is_told_without_running_it(file: Path) -> None:
    given = parse(str(file))
    names = "Conditional Own Mine>Other function Custom>function smooth by_item by_update Lent Fixed rate"

    assert set(given.names) == {*names.split()}
    assert given.names["Own"] == "Layer", "which is no class that a rule is for"
    assert given.customs == CustomObjectsFile(str(file), hashlib.sha256(FILE.encode()).hexdigest())


@pytest.mark.parametrize(
    ("content", "says"),
    [("no python", "line 1"), (None, "cannot be read: No such file"), ("x = '\0'", "is not Python")],
)
@pytest.mark.parametrize("verb", ["migrate", "check"])
def test_what_is_no_python_is_a_wrong_usage(
    verb: str, content: str | None, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "own.py"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SystemExit) as ended:
        main.main([verb, "a.h5", "--custom-objects", str(path)])
    assert ended.value.code == Exit.USAGE
    assert says in capsys.readouterr().err


def test_the_second_file_needs_the_first(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(["check", "a.h5", "--custom-objects-3", str(file)])
    assert ended.value.code == Exit.USAGE
    assert "--custom-objects-3 needs --custom-objects" in capsys.readouterr().err


OWN = {
    "by its name": layer("Own", "own", units=3),
    "by the name it is registered under": layer("Mine>Other", "own"),
    "registered by somebody else": layer("Yours>Own", "own"),
    "with its module": {**layer("Own", "own"), "module": "my.layers", "registered_name": "Own"},
    "another name of a class of Keras": layer("Fixed", "own", rate=0.5),
    "within a wrapper": wrapper("TimeDistributed", layer("Own", "own")),
    "as an activation": dense("own", activation="function"),
    "as an activation with its module": dense(
        "own",
        activation={
            "class_name": "function",
            "module": "my.layers",
            "config": "function",
            "registered_name": "Custom>function",
        },
    ),
    "as an initializer": dense("own", kernel_initializer="function"),
    "as a constraint": dense("own", kernel_constraint="function"),
    "as a regularizer": dense("own", kernel_regularizer={"class_name": "Own", "config": {}}),
}


@pytest.mark.parametrize("name", OWN)
def test_what_the_file_defines_is_known(name: str, tmp_path: Path, file: Path) -> None:
    path = source(tmp_path, OWN[name])
    assert checked(path)["exit_code"] == Exit.REFUSED
    row = checked(path, file)
    assert (row["exit_code"], row["error"]) == (0, None)
    assert row["custom_objects"]["keras3"] == row["custom_objects"]["keras2"]


def test_what_it_does_not_define_stays_refused_and_what_is_unsafe_too(tmp_path: Path, file: Path) -> None:
    own = parse(str(file)).names
    for other in (layer("Another", "other"), lambda_layer("other"), {**layer("Dense", "other"), "module": "os"}):
        with pytest.raises(Failure) as caught:
            scan_model(source(tmp_path, OWN["by its name"], other), defined=own)
        assert {problem.layer for problem in caught.value.problems} == {"other"}


def test_what_is_there_for_keras_2_alone_is_refused(tmp_path: Path, file: Path) -> None:
    new = tmp_path / "new.py"
    new.write_text("def function(x): return x\n")
    row = checked(source(tmp_path, layer("Own", "own", units=3)), file, new)
    assert row["exit_code"] == Exit.REFUSED
    assert "new.py does not define it" in row["error"]["message"]
    assert [(each["name"], each["config"]["units"]) for each in row["error"]["missing"]] == [("Own", 3)]


HOSTILE = {
    "a key that is no name": {"a b": 1, "class": 2, "weights": 3},
    "quotes": {"key": '"""\nimport os', "other": "\\"},
    "nothing": {},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_skeleton_is_python_whatever_a_file_says(name: str, tmp_path: Path) -> None:
    path = source(tmp_path, layer("Pack>Own", 'dense"""', **HOSTILE[name]), dense("d", activation="mine"))
    rows = checked(path)["error"]["missing"]
    tree = ast.parse(custom_stubs.stubs(rows, 'a"""\n.h5', "a.custom.py"))
    (made,) = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    assert (made.name, ast.unparse(made.bases[0])) == ("Own", "keras.layers.Layer")
    assert {node.name for node in made.body if isinstance(node, ast.FunctionDef)} == {
        "__init__", "build", "call", "get_config",
    }  # fmt: skip
    assert [node.name for node in tree.body if isinstance(node, ast.FunctionDef)] == ["mine"]


INJECTIONS = [
    "a\nimport os", "a\rimport os", "a\x0cimport os", "a\u2028import os", "a\x85import os", "\"\"\"\nimport os\n\"\"\"",
    "\'\'\'", "a\\", "\\\nimport os", "a', shape=(), dtype=__import__('os').system('x')) #", "a): __import__('os') #",
    "{__import__('os')}", "\\N{BULLET}", "\0", "\ud800", "\u202eso tropmi", "class", "None", "self", "options",
    "super", "1", "", "a/b\nimport os", "float32\n        import os", "é", "x" * 2_000,
]  # fmt: skip
CALLS = {
    "keras.saving.register_keras_serializable", "super().__init__", "super().get_config", "super", "self.add_weight",
    "NotImplementedError",
}  # fmt: skip


def assert_defines_alone(text: str) -> None:
    """Nothing in a program but definitions, what they are given, and the calls that every skeleton has."""
    tree = ast.parse(text)
    compile(text, "skeleton.py", "exec")
    assert all(isinstance(node, (ast.Expr, ast.Import, ast.ClassDef, ast.FunctionDef)) for node in tree.body)
    assert [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))] == [
        "import keras"
    ]
    assert {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)} <= CALLS
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            assert isinstance(node.value, (ast.Call, ast.Constant)), ast.unparse(node)
        assert not isinstance(node, (ast.Lambda, ast.JoinedStr, ast.ListComp, ast.GeneratorExp, ast.If, ast.With))


@pytest.mark.parametrize("kind", ["layers", "initializers", "regularizers", "constraints", "activations", "losses"])
@pytest.mark.parametrize("text", INJECTIONS, ids=ascii)
def test_no_text_breaks_out_of_a_skeleton(text: str, kind: str) -> None:
    variables = [{"name": name, "shape": [1, 2], "dtype": text} for name in (text, f"in/{text}", "plain")]
    config = {text: text, f"{text}_": [text], "a-b": 1, "a_b": 2, "name": text}
    row = {"kind": kind, "name": text, "package": text, "config": config, "layers": [text], "variables": variables}
    assert_defines_alone(custom_stubs.stubs([row, {**row, "config": text}], f"{text}.h5", f"{text}_custom.py"))


def test_a_shape_is_made_of_numbers() -> None:
    row = {"kind": "layers", "name": "A", "package": None, "config": {}, "layers": [], "variables": []}
    shape = ["__import__('os')"]
    with pytest.raises(ValueError, match="invalid literal"):
        custom_stubs.stubs([{**row, "variables": [{"name": "a", "shape": shape, "dtype": "float32"}]}], "a", "b")


@pytest.mark.parametrize("text", INJECTIONS, ids=ascii)
def test_no_file_breaks_out_of_a_skeleton(text: str, tmp_path: Path) -> None:
    config = {text: text, "units": 1, "kernel_initializer": {"class_name": text or "X", "config": {text: text}}}
    path = source(tmp_path, layer(f"{text}>Own", "dense", **config), dense("d", activation=text))
    assert_defines_alone(custom_stubs.stubs(checked(path)["error"].get("missing", []), "a.h5", "a_custom.py"))


def test_a_skeleton_has_the_config_and_the_variables(tmp_path: Path) -> None:
    (row,) = checked(source(tmp_path, layer("Own", "dense", units=3)))["error"]["missing"]
    assert row["variables"] == [{"name": "kernel", "shape": [4, 3], "dtype": "float32"}]
    text = custom_stubs.stubs([row], "a.h5", "a.custom.py")
    assert "def __init__(self, units, **options):" in text
    assert "self.kernel = self.add_weight(name='kernel', shape=(4, 3), dtype='float32')" in text
    assert "{**super().get_config(), 'units': self.units}" in text


def test_what_an_optimizer_notes_of_a_class_is_no_weight_of_it(tmp_path: Path) -> None:
    path = source(tmp_path, layer("Own", "dense", units=3))
    with h5py.File(path, "a") as file:
        file["optimizer_weights/training/Adam/dense/kernel/m:0"] = np.zeros((4, 3), "float32")
    (row,) = checked(path)["error"]["missing"]
    assert row["variables"] == [{"name": "kernel", "shape": [4, 3], "dtype": "float32"}]


def test_a_skeleton_is_no_class_until_it_is_written(tmp_path: Path) -> None:
    (row,) = checked(source(tmp_path, layer("Own", "dense", units=3)))["error"]["missing"]
    text = custom_stubs.stubs([row, {**row, "name": "act", "kind": "activations", "config": None}], "a.h5", "new.py")
    new = tmp_path / "new.py"
    new.write_text(text)
    assert parse(str(new)).names == {}
    written = re.sub("raise NotImplementedError.*", "return inputs", text)
    new.write_text(written)
    assert set(parse(str(new)).names) == {"Own", "Custom>Own", "act", "Custom>act"}


def test_what_a_class_has_from_one_of_keras_is_said_as_keras_3_says_it() -> None:
    config = {"name": "own", "axis": [3], "virtual_batch_size": None, "time_major": True, "units": 2}
    architecture = sequential({"class_name": "Own", "config": config})
    plain = translate(architecture, own={"Own": "Layer"}).graph
    normal = translate(architecture, own={"Own": "BatchNormalization"}).graph
    recurrent = translate(architecture, own={"Own": "GRU"}).graph
    assert plain
    assert normal
    assert recurrent
    specs: list[Any] = [graph.layers[0].item for graph in (plain, normal, recurrent)]
    assert {spec.own for spec in specs} == {"class"}
    assert specs[0].config == config
    assert (specs[1].config["axis"], specs[1].config["time_major"], "virtual_batch_size" in specs[1].config) == (
        3,
        True,
        False,
    )
    assert (specs[2].config["axis"], "time_major" in specs[2].config, specs[2].decompositions) == (
        [3],
        False,
        ("time_major",),
    )


def weights(*rows: tuple[str, tuple[int, ...]]) -> list[LayerWeight]:
    return [
        LayerWeight(WeightKey(("own", *name.split("/")[:-1]), name.split("/")[-1]), tuple(name.split("/")[:-1]), shape)
        for name, shape in rows
    ]


def held(attributes: str, name: str, place: int = 0) -> LayerWeight:
    path = tuple(attributes.split("/"))
    return LayerWeight(WeightKey(("own", *path[:-1]), name), path[:-1], (3,), path, place)


def test_attributes_go_before_names() -> None:
    old = [held("scale", "a"), held("shift", "b"), held("inner/kernel", "c")]
    new = [held("shift", "a"), held("scale", "other"), held("inner/kernel", "kernel")]
    pairs = matched("own", "Own", old, new)
    assert names(pairs) == {"a": ("other", False), "b": ("a", False), "inner/c": ("inner/kernel", False)}
    assert {mine.evidence(theirs) for mine, theirs, _ in pairs} == {"because the same attribute holds it"}


def test_weights_that_a_file_only_counts_are_those_of_its_skeleton() -> None:
    old = [held("a", "first", 0), held("b", "second", 1)]
    new = [held("y", "weight_1", 0), held("x", "weight_0", 1)]
    assert names(matched("own", "Own", old, new)) == {"first": ("weight_0", False), "second": ("weight_1", False)}


def names(pairs: list[tuple[LayerWeight, LayerWeight, bool]]) -> dict[str, tuple[str, bool]]:
    return {mine.shown: (theirs.shown, sure) for mine, theirs, sure in pairs}


def test_weights_of_one_name_belong_together_in_any_order() -> None:
    old = weights(("a", (3, 3)), ("b", (3, 3)), ("in/kernel", (3,)))
    assert names(matched("own", "Own", old, old[::-1])) == {
        "a": ("a", True), "b": ("b", True), "in/kernel": ("in/kernel", True),
    }  # fmt: skip


def test_a_shape_that_there_is_once_tells_what_a_name_does_not() -> None:
    old, new = weights(("w", (6, 4)), ("b", (4,))), weights(("bias", (4,)), ("deep/kernel", (6, 4)))
    assert names(matched("own", "Own", old, new)) == {"w": ("deep/kernel", False), "b": ("bias", False)}


def test_weights_that_are_alike_are_refused_with_all_candidates() -> None:
    old, new = weights(("a", (3,)), ("b", (3,))), weights(("c", (3,)), ("d", (3,)))
    with pytest.raises(Failure) as caught:
        matched("own", "Own", old, new)
    assert caught.value.code is Exit.REFUSED
    assert [(problem.key, "a and b" in problem.text) for problem in caught.value.problems] == [("c", True), ("d", True)]


def test_what_has_no_counterpart_is_listed() -> None:
    with pytest.raises(Failure) as caught:
        matched("own", "Own", weights(("a", (3,)), ("b", (2,))), weights(("a", (4,))))
    assert caught.value.code is Exit.WEIGHTS
    assert [problem.key for problem in caught.value.problems] == ["a", "b", "a"]

"""What is inside: layers, tensors with their figures, and what speaks against the file, for people and machines."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

from interchange.errors import Exit
from keras2to3.inspection import statistics
from keras2to3.inspection.command import inspect, print_plain, print_tree
from keras2to3.inspection.inspection import inspect_source
from keras2to3.inspection.lines import Line, lines_of, size
from keras2to3.inspection.picture import picture
from keras2to3.inspection.statistics import Statistics, measured, share
from keras2to3.options.commands import Display, InspectOptions
from keras2to3.scanner.scanned_file import StoredTensor
from keras2to3.sources import Source
from tests.models import hdf5_files
from tests.models.hdf5_files import dense, lambda_layer, layer, sequential, wrapper

pytestmark = pytest.mark.usefixtures("scan_here")


def told(*paths: Path, as_json: bool = False) -> tuple[Exit, str]:
    stream = io.StringIO()
    code = inspect(InspectOptions(paths, display=Display(json=as_json)), stream, pytest.fail)
    return code, stream.getvalue()


# Statistics


def test_figures_over_several_blocks_are_those_of_the_whole() -> None:
    numbers = np.random.default_rng(0).normal(3.0, 2.0, 1000).astype("float32")
    numbers[[3, 700]] = math.nan, -math.inf
    finite = numbers[np.isfinite(numbers)].astype("float64")
    found = measured(np.array_split(numbers, 7), 1000)
    assert (found.read, found.nan, found.infinite) == (1000, 1, 1)
    assert (found.minimum, found.maximum) == (finite.min(), finite.max())
    assert found.mean == pytest.approx(finite.mean())
    assert found.std == pytest.approx(finite.std())


@pytest.mark.parametrize("dtype", ["int64", "uint8", "bool", "float16", "float64"])
def test_every_dtype_of_numbers(dtype: str) -> None:
    found = measured([np.array([[0, 1], [1, 1]], dtype)], 4)
    assert found == Statistics(4, 0, 0, 0.0, 1.0, 0.75, pytest.approx(math.sqrt(3) / 4))


def test_nothing_finite() -> None:
    assert measured([np.array([math.nan, math.inf, -math.inf])], 3) == Statistics(3, 1, 2)
    assert measured([], 3) == Statistics()
    assert measured([np.array(["text"])], 3) == Statistics()


def test_a_budget_is_shared_so_that_small_tensors_are_read_whole() -> None:
    assert share([2, 10, 100], 60) == 48
    assert share([2, 10, 100], 112) == 100
    assert share([7, 7, 7], 6) == 2
    assert share([], 6) == 0


def test_no_more_is_read_than_the_budget_allows() -> None:
    read = []

    def blocks() -> Iterator[np.ndarray]:
        for start in range(0, 100, 10):
            read.append(start)
            yield np.arange(start, start + 10)

    small = StoredTensor("b", (2,), "int64", 16, lambda: iter([np.arange(2)]))
    found = statistics.statistics([StoredTensor("a", (100,), "int64", 800, blocks), small], 27)
    assert [(part.read, part.maximum) for part in found] == [(25, 24.0), (2, 1.0)]
    assert read == [0, 10, 20]


# The tree of layers


def nested() -> dict:
    inner = sequential(dense("first"), dense("second"), name="inner")
    return sequential(inner, wrapper("TimeDistributed", dense("each"), name="steps"), name="outer")


def write(path: Path, architecture: object, *names: str) -> Path:
    hdf5_files.write(path, architecture)
    with h5py.File(path, "a") as file:
        del file["model_weights/dense"]
        for name in names:
            file.create_dataset(f"model_weights/{name}", data=np.ones((2, 3), "float32"))
    return path


def test_layers_are_told_with_what_is_stored_for_them(tmp_path: Path) -> None:
    names = ("inner/first/kernel:0", "inner/second/kernel:0", "inner/second/bias:0", "steps/steps/kernel:0")
    outer = inspect_source(Source(write(tmp_path / "a.h5", nested(), *names))).layers
    assert outer
    inner, steps = outer.layers
    assert (outer.name, outer.class_name, outer.parameters) == ("outer", "Sequential", 24)
    assert [(part.name, part.parameters) for part in inner.layers] == [("first", 6), ("second", 12)]
    assert (steps.parameters, [(part.name, part.parameters) for part in steps.layers]) == (6, [("each", None)])


def test_names_with_slashes(tmp_path: Path) -> None:
    both = sequential(dense("a"), dense("a/b"))
    outer = inspect_source(Source(write(tmp_path / "a.h5", both, "a/x", "a/b/x", "a/b/y"))).layers
    assert outer
    assert [part.parameters for part in outer.layers] == [6, 12]


def test_what_is_not_under_a_layers_name_is_not_told(tmp_path: Path) -> None:
    outer = inspect_source(
        Source(write(tmp_path / "a.h5", sequential(dense("a"), dense("b")), "a/x", "other/x"))
    ).layers
    assert outer
    assert (outer.parameters, [part.parameters for part in outer.layers]) == (12, [6, None])


def test_a_sequential_of_the_first_years(tmp_path: Path) -> None:
    old = {"class_name": "Sequential", "config": [dense("a")]}
    outer = inspect_source(Source(write(tmp_path / "a.h5", old, "a/x"))).layers
    assert outer
    assert [(part.name, part.parameters) for part in outer.layers] == [("a", 6)]


# What speaks against the file


def test_what_is_unsafe_and_what_has_no_rule_are_told_apart(tmp_path: Path) -> None:
    path = hdf5_files.write(tmp_path / "a.h5", sequential(lambda_layer("code"), dense("odd", future=1)))
    found = inspect_source(Source(path))
    assert found.scanned
    assert [(problem.layer, problem.policy) for problem in found.scanned.unsafe] == [("code", "bytecode")]
    assert [(problem.layer, problem.key, problem.policy) for problem in found.unsupported] == [("odd", "future", None)]
    assert found.exit_code is Exit.VERIFIED, "that it is unsafe does not hinder a look"


def test_an_architecture_that_the_rules_cannot_follow(tmp_path: Path) -> None:
    architecture = {"class_name": "Functional", "config": {"layers": [3]}}
    found = inspect_source(Source(hdf5_files.write(tmp_path / "a.h5", architecture)))
    assert ["cannot read" in problem.text for problem in found.unsupported] == [True]


def test_no_rule_is_asked_about_a_model_of_keras_3(tmp_path: Path) -> None:
    path = hdf5_files.write(tmp_path / "a.h5", sequential(dense(future=1)), keras_version="3.4.1")
    assert inspect_source(Source(path)).unsupported == []


# What is printed


def test_plain_lines(tmp_path: Path) -> None:
    path = hdf5_files.write(tmp_path / "a.h5", sequential(dense()), training_config="{}")
    code, text = told(path)
    lines = [line.strip() for line in text.splitlines()]
    assert code is Exit.VERIFIED
    assert lines[0] == str(path)
    assert lines[1].startswith("a whole model in HDF5, ")
    assert lines[1].endswith("saved by Keras 2.15.0 with tensorflow, compiled")
    assert "dense (Dense)  12" in lines
    assert "tensors: 1 of 12 numbers, 48 bytes" in lines
    kernel = "model_weights/dense/dense/kernel:0  (4, 3) float32  48 bytes  0 to 11, mean 5.5, std 3.452"
    assert kernel in lines
    assert lines[-2:] == ["unsafe: nothing", "not supported: nothing"]


def test_strange_numbers_and_parts_are_told() -> None:
    numbers = np.array([1.0, math.nan, math.inf, 2.0], "float32")
    tensor = StoredTensor("w", (4,), "float32", 16, lambda: iter([numbers]))
    from keras2to3.inspection.lines import _of_tensor

    assert "1 NaN  1 infinite" in _of_tensor(tensor, statistics.statistics([tensor])[0])
    assert "of the first 2 of 4 numbers" in _of_tensor(tensor, statistics.statistics([tensor], 2)[0])


def test_json_is_one_document(tmp_path: Path) -> None:
    good = hdf5_files.write(tmp_path / "a.h5", sequential(dense()))
    bad = tmp_path / "b.h5"
    bad.write_text("no model")
    code, text = told(good, bad, as_json=True)
    document = json.loads(text)
    assert code is Exit.UNREADABLE
    assert (document["schema"], document["exit_code"]) == (1, 3)
    first, second = document["sources"]
    assert (first["format"], first["compiled"], first["layers"]["layers"][0]["parameters"]) == ("h5", False, 12)
    (tensor,) = first["tensors"]
    assert (tensor["shape"], tensor["statistics"]["maximum"], tensor["statistics"]["read"]) == ([4, 3], 11.0, 12)
    assert second["error"]["code"] == 3


def test_what_cannot_be_read_is_said_with_what_to_do(tmp_path: Path) -> None:
    code, text = told(tmp_path / "nowhere.h5")
    assert code is Exit.UNREADABLE
    assert "nowhere.h5: does not exist." in text
    assert "hint: " in text


def test_nothing_in_a_file_steers_the_terminal(tmp_path: Path) -> None:
    path = hdf5_files.write(tmp_path / "a.h5", sequential(layer("Evil\x1b[2J", "red\x1b[31m")))
    for as_json in (False, True):
        assert "\x1b" not in told(path, as_json=as_json)[1]
    stream = io.StringIO()
    print_tree(lines_of(inspect_source(Source(path))), stream)
    assert "\x1b" not in stream.getvalue()
    assert "Evil" in stream.getvalue()


def test_a_tree_is_drawn_for_a_terminal() -> None:
    stream = io.StringIO()
    print_tree(Line("top", (Line("[bold]inner[/bold]"),)), stream)
    assert "└── [bold]inner[/bold]" in stream.getvalue(), "no markup"
    stream = io.StringIO()
    print_plain(Line("top", (Line("inner"),)), stream)
    assert stream.getvalue() == "top\n  inner\n"


@pytest.mark.parametrize(("count", "text"), [(0, "0 bytes"), (999, "999 bytes"), (1000, "1 kB"), (94_969_920, "95 MB")])
def test_sizes(count: int, text: str) -> None:
    assert size(count) == text


# The picture of a page


def test_the_picture_of_a_model_that_is_refused_has_its_layers_and_their_numbers(tmp_path: Path) -> None:
    inner = sequential(lambda_layer("code"), name="inner")
    path = hdf5_files.write(tmp_path / "a.h5", sequential(inner, dense("out")))
    with h5py.File(path, "a") as file:
        file["model_weights/out/out/kernel:0"] = np.zeros((2, 3), "float32")
    drawn = picture(path)
    assert drawn is not None
    found = {node.path: (node.class_name, node.parameters) for node in drawn.nodes}
    assert found == {"inner": ("Sequential", 0), "inner/code": ("Lambda", 0), "out": ("Dense", 6)}
    assert [(edge.source, edge.target) for edge in drawn.edges] == [("inner", "out")]


def test_weights_alone_have_no_picture_without_their_architecture(tmp_path: Path) -> None:
    weights, architecture = hdf5_files.write_weights(tmp_path / "a.h5"), tmp_path / "a.json"
    architecture.write_text(json.dumps(sequential(dense())))
    assert picture(weights) is None
    assert picture(weights, architecture) is not None

"""What a file says where it may say anything: no verb lets it steer a terminal, begin a line or forge a verdict."""

from __future__ import annotations

import base64
import io
import json
import marshal
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interchange.text import escaped, has_controls
from keras2to3.cli import main
from keras2to3.inspection.command import print_tree
from keras2to3.inspection.inspection import inspect_source
from keras2to3.inspection.lines import lines_of
from keras2to3.scanner.examine import examine
from keras2to3.sources import Source
from tests.attacks import containers
from tests.models.hdf5_files import dense, layer, sequential

pytestmark = pytest.mark.usefixtures("scan_here")

FORGED = "/x/forged.h5: verified, 1 output equal"
STEERING = f"\x1b[2J\x1b]0;x\x07\r\n{FORGED}\n\x9b1m\u202e\u2066\u061c\u2028\u2029\x7f\x85"
NAMES = {"newline": f"a\n{FORGED}", "all": f"a{STEERING}", "surrogate": "a\ud800", "escape": "\x1b[31ma"}


def lambda_that_says(name: str) -> dict[str, Any]:
    """A Lambda whose bytecode calls a global of that name, or whatever else it is called."""
    code = compile("lambda x: function(x)", "<string>", "eval").co_consts[0]
    renamed = code.replace(co_names=(name,), co_filename=name, co_name=name)
    function = [base64.b64encode(marshal.dumps(renamed)).decode(), None, None]
    return layer("Lambda", "lambda", function=function, function_type="lambda", module=name, arguments={name: name})


PLACES: dict[str, Callable[[str], Any]] = {
    "the model's name": lambda name: sequential(dense(), name=name),
    "a layer's name": lambda name: sequential(dense(name)),
    "a class": lambda name: sequential(layer(name, "dense")),
    "a registered class": lambda name: sequential({**layer("Own", "dense"), "registered_name": name}),
    "a module": lambda name: sequential({**dense(), "module": name}),
    "a key": lambda name: sequential(dense(**{name: name})),
    "a value": lambda name: sequential(dense(activation=name)),
    "an inner object": lambda name: sequential(dense(kernel_initializer={"class_name": name, "config": {name: 1}})),
    "a wrapped layer": lambda name: sequential(layer("TimeDistributed", "t", layer=layer(name, name))),
    "an operator": lambda name: sequential(layer("TFOpLambda", name, function=name)),
    "bytecode": lambda name: sequential(lambda_that_says(name)),
    "a path": lambda name: sequential(layer("TextVectorization", "t", vocabulary=name)),
    "the outermost class": lambda name: {"class_name": name, "config": {"name": name, "layers": [], name: name}},
}


def assert_harmless(shown: str) -> None:
    lines = shown.split("\n")
    assert all(line.isprintable() for line in lines), [ascii(line) for line in lines if not line.isprintable()]
    assert not any(line.lstrip(" -│├└─").startswith(FORGED[:13]) for line in lines), shown


@pytest.mark.parametrize("format_", containers.FORMATS)
@pytest.mark.parametrize("place", PLACES)
def test_what_a_file_says_in_any_place_of_any_format(
    place: str, format_: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ending, write = containers.FORMATS[format_]
    for kind, name in NAMES.items():
        path = tmp_path / f"{kind}{ending}"
        try:
            write(path, PLACES[place](name))
        except (ValueError, UnicodeError):  # no such file can be made
            continue
        assert_harmless(all_said(path, tmp_path / "out", capsys))


def all_said(path: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What `check` and `inspect` print of a source, as lines, as a tree and as JSON."""
    main.main(["check", str(path), "--output-dir", str(out)])
    main.main(["inspect", str(path)])
    main.main(["inspect", str(path), "--json"])
    tree = io.StringIO()
    print_tree(lines_of(inspect_source(Source(path))), tree)
    told = capsys.readouterr()
    return told.out + told.err + tree.getvalue()


@pytest.mark.parametrize("format_", containers.FORMATS)
@pytest.mark.parametrize("kind", NAMES)
def test_what_a_file_is_called(kind: str, format_: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ending, write = containers.FORMATS[format_]
    name = os.fsdecode(NAMES[kind].replace("/", "").encode("utf-8", "surrogatepass"))
    write(tmp_path / f"plain{ending}", sequential(dense()))
    path = tmp_path / f"{name}{ending}"
    (tmp_path / f"plain{ending}").rename(path)
    assert_harmless(all_said(path, tmp_path / "out", capsys))
    (tmp_path / "empty").mkdir()
    assert_harmless(all_said(tmp_path / "empty", tmp_path / "out", capsys))


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("verb", ["migrate", "check", "inspect", "none"])
def test_what_the_command_is_given(verb: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([f"--{name}"], [name, "--output-dir"], ["--replace", name, "a.h5"], [f"{name}.h5", "--rtol", name]):
        try:
            main.main([*([] if verb == "none" else [verb]), *words, "--output-dir", str(tmp_path)])
        except SystemExit as left:
            assert left.code == 2  # noqa: PT017
        told = capsys.readouterr()
        assert_harmless(told.err)


CONTROLS = ["\x00", "\x1b", "\n", "\r", "\x7f", "\x85", "\x9b", "\u202e", "\u2066", "\u200f", "\u2028"]
SCRIPTS = ["é", "漢字", "🦊", "👩\u200d💻", "a b", "a/b", "Ω_1", "e\u0301", "a\u00a0b", "لا"]


@pytest.mark.parametrize("steering", CONTROLS, ids=ascii)
@pytest.mark.parametrize("format_", containers.FORMATS)
def test_the_name_of_a_layer_steers_nothing(steering: str, format_: str, tmp_path: Path) -> None:
    ending, write = containers.FORMATS[format_]
    path = tmp_path / f"model{ending}"
    write(path, sequential(dense(f"a{steering}b")))
    assert "names" in {problem.policy for problem in examine(path).problems}


@pytest.mark.parametrize("name", SCRIPTS, ids=ascii)
@pytest.mark.parametrize("format_", sorted(containers.FORMATS.keys() - {"yaml"}))  # which knows no pairs of surrogates
def test_names_of_all_scripts_are_names(name: str, format_: str, tmp_path: Path) -> None:
    ending, write = containers.FORMATS[format_]
    path = tmp_path / f"model{ending}"
    write(path, sequential(dense(name)))
    assert [problem for problem in examine(path).problems if problem.policy] == []


def test_every_character_is_shown_or_escaped() -> None:
    letters = list(map(chr, range(0x110000)))
    hidden = [letter for letter in letters if not letter.isprintable()]
    codes = escaped("|".join(hidden)).split("|")  # in one text: a call for each takes long
    assert len(codes) == len(hidden) > 900_000
    assert all(code.isprintable() and code.startswith("\\") for code in codes)
    every = "".join(filter(str.isprintable, letters))
    assert not has_controls(every)
    assert escaped(every) == every
    assert escaped(json.loads('"\\ud800"')) == "\\ud800"

"""The static look at architectures alone: JSON, and YAML, which can unfold and call."""

from __future__ import annotations

import pytest

from interchange.errors import Exit, Failure
from keras2to3.scanner.examine import examine
from keras2to3.scanner.readers import yaml
from keras2to3.scanner.readers.json_document import MAX_DEPTH, NotWellFormedError

# As Keras 2.1 wrote it: tuples by a tag of Python, and one of them by an alias.
HONEST = """\
backend: tensorflow
class_name: Sequential
config:
- class_name: MaxPooling2D
  config: {name: pool, pool_size: &id001 !!python/tuple [2, 2], strides: *id001, padding: !!python/unicode 'valid'}
- class_name: Dense
  config: {name: dense, units: 3, use_bias: true, scale: 1.5, seed: null, date: 2001-01-01}
keras_version: 2.1.5
"""


def written(tmp_path, text, suffix=".yaml"):
    path = tmp_path / f"model{suffix}"
    path.write_text(text)
    return path


def test_yaml_of_old_is_plain_data(tmp_path):
    scanned = examine(written(tmp_path, HONEST))
    assert (scanned.format, scanned.problems) == ("yaml", ())
    assert scanned.saved_by == {"keras_version": "2.1.5", "backend": "tensorflow"}
    pool, dense = (layer["config"] for layer in scanned.architecture["config"])
    assert pool == {"name": "pool", "pool_size": [2, 2], "strides": [2, 2], "padding": "valid"}
    assert dense == {
        "name": "dense", "units": 3, "use_bias": True, "scale": 1.5, "seed": None, "date": "2001-01-01",
    }  # fmt: skip


UNTRUSTED = {
    "calls": ("class_name: !!python/object/apply:os.system ['true']", "form"),
    "makes": ("class_name: !!python/object/new:io.FileIO ['x']", "form"),
    "names": ("class_name: !!python/name:os.system ''", "form"),
    "imports": ("class_name: !!python/module:antigravity ''", "form"),
    "a tag of its own": ("class_name: !mine x", "form"),
    "bytes": ("class_name: !!binary aGk=", "form"),
    "twice the same key": ("class_name: a\nclass_name: b", "form"),
    "a key that is no text": ("class_name: a\n1: b", "form"),
    "a merged mapping": ("class_name: a\nbase: &b {module: os}\n<<: *b", "form"),
    "two documents": ("class_name: a\n---\nclass_name: b", "form"),
    "a value that holds itself": ("class_name: a\nx: &x [*x]", "limits"),
    "too deep": ("class_name: a\nx: " + "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "limits"),
    "absurdly deep": ("class_name: a\nx: " + "[" * 20_000 + "]" * 20_000, "limits"),
}


@pytest.mark.parametrize("name", UNTRUSTED)
def test_yaml_nobody_can_trust(tmp_path, name):
    text, policy = UNTRUSTED[name]
    scanned = examine(written(tmp_path, text))
    assert (scanned.architecture, [problem.policy for problem in scanned.problems]) == (None, [policy])


def test_aliases_are_counted_as_if_they_were_written_out(monkeypatch):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    with pytest.raises(NotWellFormedError, match="more than 100,000 values"):
        yaml.parse("\n".join(lines))
    assert yaml.parse("\n".join(lines[:4]))["a1"] == [["x"] * 9] * 9


def test_an_endless_number_in_yaml():
    with pytest.raises(NotWellFormedError):
        yaml.parse("class_name: " + "9" * 10_000)


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".yaml", "class_name: [\n"),
        (".yaml", "- class_name: x"),
        (".yaml", "model:\n  class_name: Dense\n"),
        (".json", "{ no JSON"),
        (".json", '{"version": 1}'),
        (".json", '{"class_name": "Sequential", "config"'),
    ],
)
def test_a_text_that_is_no_architecture(tmp_path, suffix, text):
    with pytest.raises(Failure) as caught:
        examine(written(tmp_path, text, suffix))
    assert caught.value.code is Exit.UNREADABLE


def test_the_class_may_stand_far_behind(tmp_path):
    text = "backend: " + "x" * 10_000 + "\nclass_name: Sequential\nconfig: []\n"
    assert examine(written(tmp_path, text)).format == "yaml"


def test_json_may_begin_with_a_mark(tmp_path):
    path = tmp_path / "model.json"
    path.write_bytes(b'\xef\xbb\xbf \n{"class_name": "Sequential", "config": []}')
    assert examine(path).format == "json"


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ('{"class_name": "Sequential", "class_name": "Lambda"}', "form"),
        ('{"class_name": "Sequential", "config": ' + "[" * 500 + "]" * 500 + "}", "limits"),
        ('{"class_name": "Sequential", "config": [{"class_name": "Lambda", "config": {}}]}', "bytecode"),
        ('{"class_name": "Sequential", "config": [{"class_name": "Dense", "config": {"units": 1e12}}]}', "promises"),
    ],
)
def test_json_nobody_can_trust(tmp_path, text, policy):
    assert [problem.policy for problem in examine(written(tmp_path, text, ".json")).problems] == [policy]

"""Stubs in Keras 3 for the custom classes of a model: all that its file has of them, without `call`."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from keras2to3.user_files.custom_objects import UNFILLED

Row = Mapping[str, Any]

ENDING = "_custom.py"
"""The suffix of the file of stubs, after the name of the source."""

_BASE_KEYS = frozenset({"name", "trainable", "dtype", "batch_input_shape"})
# Names that an attribute of a layer must not have.
_TAKEN = frozenset({
    "build", "built", "call", "compute_dtype", "dtype_policy", "input", "input_shape", "input_spec", "losses",
    "metrics", "output", "output_shape", "path", "state_size", "variables", "weights",
})  # fmt: skip
_HEAD = '''"""Classes of {source} for Keras 3, as far as the file tells: what each computes is for you to write.

Then: keras2to3 migrate {source} --custom-objects OLD.py --custom-objects-3 {own}
where OLD.py holds the classes as they were in Keras 2.
"""

import keras
'''
_DTYPE = re.compile(r"[a-z][a-z0-9_]{0,30}", re.ASCII)
_BASES = {
    "layers": "keras.layers.Layer",
    "initializers": "keras.initializers.Initializer",
    "regularizers": "keras.regularizers.Regularizer",
    "constraints": "keras.constraints.Constraint",
}
_CALLS = {
    "layers": "call(self, inputs)",
    "initializers": "__call__(self, shape, dtype=None)",
    "regularizers": "__call__(self, x)",
    "constraints": "__call__(self, w)",
}


def stubs(rows: Sequence[Row], source: str, stub_file: str) -> str:
    """A Python file that defines every class and function of `rows`, made by `keras2to3.scanner.missing_classes`."""
    head = _HEAD.format(source=_printable(source), own=_printable(stub_file))
    return "\n\n".join([head.rstrip("\n"), *("\n".join(_lines(row)) for row in rows)]) + "\n"


def _lines(row: Row) -> Iterator[str]:
    name = identifier(row["name"])
    yield f"@keras.saving.register_keras_serializable(package={row['package'] or 'Custom'!r}, name={row['name']!r})"
    if not isinstance(row["config"], Mapping) or row["kind"] not in _BASES:
        yield from _function(name)
        return
    keys = _parameters(key for key in row["config"] if key not in _BASE_KEYS)
    is_layer = row["kind"] == "layers"
    yield f"class {name}({_BASES[row['kind']]}):"
    yield f'    """{_docstring(row)}"""'
    yield ""
    yield f"    def __init__(self{''.join(f', {key}' for key in keys.values())}{', **options' if is_layer else ''}):"
    yield from ([f"        super().__init__({'**options' if is_layer else ''})"])
    for key in keys.values():
        yield f"        self.{_attribute(key)} = {key}"
    if is_layer:
        yield ""
        yield from _build(row, set(keys.values()))
    yield ""
    yield f"    def {_CALLS[row['kind']]}:"
    yield f'        raise NotImplementedError("{name}: {UNFILLED}")'
    yield ""
    yield "    def get_config(self):"
    config = ", ".join(f"{key!r}: self.{_attribute(value)}" for key, value in keys.items())
    yield f"        return {{**super().get_config(), {config}}}" if is_layer else f"        return {{{config}}}"


def _parameters(keys: Iterable[str]) -> Mapping[str, str]:
    """A parameter for each key of a config, each with a unique name."""
    parameters: dict[str, str] = {}
    taken = {"self", "options"}
    for key in keys:
        name = identifier(key)
        while name in taken:
            name = f"{name}_"
        taken.add(name)
        parameters[key] = name
    return parameters


def _function(name: str) -> Iterator[str]:
    yield f"def {name}(x):"
    yield f'    raise NotImplementedError("{name}: {UNFILLED}")'


def _docstring(row: Row) -> str:
    where = f"Layers: {', '.join(row['layers'])}. " if row["layers"] else ""
    config = {key: value for key, value in row["config"].items() if key not in _BASE_KEYS}
    return _printable(f"{where}Config of the first: {json.dumps(config)}")


def _build(row: Row, keys: set[str]) -> Iterator[str]:
    yield "    def build(self, input_shape):"
    for variable in row["variables"]:
        name, shape, dtype = variable["name"], tuple(map(int, variable["shape"])), _dtype(variable["dtype"])
        if "/" in name:
            yield f"        # a layer within has {_printable(name)}: {shape} {dtype}"
        else:
            attribute = _attribute(identifier(name) + "_" * (identifier(name) in keys))
            yield f"        self.{attribute} = self.add_weight(name={name!r}, shape={shape}, dtype={dtype!r})"
    yield "        self.built = True"


def _dtype(text: str) -> str:
    """The name of a dtype, or float32 for a text that is not one, which must not become code."""
    return text if _DTYPE.fullmatch(text) else "float32"


def identifier(text: str) -> str:
    """A valid Python name."""
    name = re.sub(r"\W", "_", text, flags=re.ASCII)
    return f"_{name}" if not name or name[0].isdecimal() or keyword.iskeyword(name) else name


def _attribute(name: str) -> str:
    return f"{name}_" if name in _TAKEN else name


def _printable(text: str) -> str:
    """Text that cannot end a docstring or a line."""
    return "".join(letter if letter.isprintable() else "?" for letter in text).replace("\\", "/").replace('"', "'")

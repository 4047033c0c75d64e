"""Genes of random models: JSON that says step by step what a model is made of, drawn from a seed.

A step makes a tensor, and names the earlier ones it is made of. Whatever they are, they are brought into the shape that
the step takes, so that any step may be left out and what followed it takes what it was made of.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.models import every_key, layer_rules, minimal_objects, operators

Gene = dict[str, Any]
Steps = list[dict[str, Any]]

MERGES = ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract", "Concatenate", "Dot")
BODIES = "scaled normalised swished centred turned clipped doubled cast".split()
SHAPES = ([4], [6], [5, 3], [4, 4], [6, 6, 2], [3, 5, 3])
FORMATS = (*["h5"] * 5, *["keras"] * 5, "saved_model")
POLICIES = (*["float32"] * 12, "mixed_float16", "mixed_bfloat16", "float64")
# Sparse and ragged tensors have no axis to be brought into another shape.
_LEFT_OUT = {"sparse", "ragged"}
_FLOATS = ("float16", "float32", "float64", "bfloat16", None)
_ACTIVATIONS = (
    "relu",
    "tanh",
    "sigmoid",
    "hard_sigmoid",
    "softmax",
    "elu",
    "selu",
    "softplus",
    "swish",
    "gelu",
    "linear",
)


def drawn(seed: int, number: int) -> Gene:
    """The gene of one model; the same for the same numbers."""
    chance = random.Random(f"{seed} {number}")  # noqa: S311  (nothing is a secret here)
    steps: Steps = [_input(chance)]
    for _ in range(chance.randint(2, 7)):
        chance.choices(list(KINDS), list(KINDS.values()))[0](chance, steps)
    fixed = any("stateful" in step.get("keys", ()) for step in steps)
    return {
        "seed": chance.randrange(2**31),
        "format": chance.choice(FORMATS),
        "policy": chance.choice(POLICIES),
        "batch": 3 if fixed else None,
        "named": chance.random() < 0.15,
        "steps": steps,
    }


def tensors_of(row: Any) -> list[dict[str, Any]]:
    """The tensors among the arguments of an operator, in order."""
    if isinstance(row, dict) and row.keys() == {"shape", "dtype", "domain"}:
        return [row]
    parts = row.values() if isinstance(row, dict) else row if isinstance(row, list) else ()
    return [each for part in parts for each in tensors_of(part)]


def _input(chance: random.Random) -> dict[str, Any]:
    return {"kind": "input", "shape": chance.choice(SHAPES), "dtype": "float32", "holds": "numbers"}


def _earlier(chance: random.Random, steps: Steps, count: int = 1) -> list[int]:
    """Tensors that are there already, the last ones first of all; sometimes an input of its own."""
    if chance.random() < 0.1:
        steps.append(_input(chance))
    return [max(len(steps) - 1 - int(chance.expovariate(0.7)), 0) for _ in range(count)]


def _taken(chance: random.Random, steps: Steps, shapes: Sequence[Sequence[int]], dtype: str | None) -> list[int]:
    """Where the tensors for a step come from: numbers from anywhere, ids and words from inputs of their own."""
    if dtype in _FLOATS:
        return [_earlier(chance, steps)[0] for _ in shapes]
    for shape in shapes:
        steps.append({"kind": "input", "shape": list(shape), "dtype": dtype, **_holds(str(dtype))})
    return list(range(len(steps) - len(shapes), len(steps)))


def _holds(dtype: str) -> dict[str, Any]:
    if dtype == "string":
        return {"holds": "words", "words": ["earth", "wind", "fire", "Wind, fire!", "water of life", ""]}
    return {"holds": "flags"} if dtype == "bool" else {"holds": "ids", "limit": 3}


def _example(chance: random.Random, steps: Steps) -> None:
    """A layer as an example of its rule has it."""
    row = chance.choice(_examples())
    dtype = row["dtype"] or "float32"
    of = _taken(chance, steps, row["inputs"], dtype)
    steps.append({"kind": "example", "class": row["class"], "config": row["before"], "shapes": row["inputs"],
                  "dtype": dtype, "of": of})  # fmt: skip


@functools.lru_cache(maxsize=1)
def _examples() -> list[dict[str, Any]]:
    rows = [row for _, row in sorted(layer_rules.examples().items()) if ">" not in row["class"]]
    return [row for row in rows if not any(row["before"].get(key) for key in _left_out(row["class"]))]


def _left_out(name: str) -> set[str]:
    """The keys of a class that are not drawn: Keras 2.15 leaves some out of its own files, whose models are others."""
    return _LEFT_OUT | every_key.FORGOTTEN.get(name, set())


def _keys(chance: random.Random, steps: Steps) -> None:
    """A layer with some of its keys at other values than their defaults."""
    name = chance.choice([name for kind, name in minimal_objects.KEYS if kind == "layers"])
    branches = every_key.branches("layers", name)
    keys = [key for key in branches[chance.choice(list(branches))] if key not in _left_out(name)]
    shapes, dtype = every_key.inputs(name)
    if "invert" in keys and name in ("StringLookup", "IntegerLookup"):
        dtype = "int64"
    of = _taken(chance, steps, shapes, dtype)
    if name == "IntegerLookup" and "invert" not in keys:
        steps[of[0]] = {**steps[of[0]], "holds": "words", "words": [42, 1138, -7, 5]}
    steps.append({"kind": "keys", "class": name, "keys": keys, "shapes": [list(shape) for shape in shapes],
                  "dtype": dtype, "of": of})  # fmt: skip


def _common(chance: random.Random, steps: Steps) -> None:
    """A layer that most models have, with options of its own, alone or in a wrapper."""
    of = _earlier(chance, steps)
    activation, units = chance.choice(_ACTIVATIONS), chance.randint(2, 5)
    kind = chance.choice(("dense", "recurrent", "recurrent", "convolution", "normalisation", "masking", "time"))
    if kind == "dense":
        step = {"class": "Dense", "options": {"units": units, "activation": activation}, "shape": chance.choice(SHAPES)}
    elif kind == "recurrent":
        step = _recurrent(chance, units)
    elif kind == "convolution":
        options = {"filters": units, "kernel_size": chance.randint(1, 3), "strides": chance.randint(1, 2),
                   "padding": chance.choice(("same", "valid")), "activation": activation}  # fmt: skip
        step = {"class": chance.choice(("Conv2D", "Conv2DTranspose")), "options": options, "shape": [6, 6, 2]}
    elif kind == "normalisation":
        name = chance.choice(("BatchNormalization", "LayerNormalization"))
        step = {"class": name, "options": {"epsilon": chance.choice((0.001, 0.1))}, "shape": chance.choice(SHAPES)}
    elif kind == "masking":
        step = {"class": "Masking", "options": {"mask_value": chance.choice((0.0, 0.5))}, "shape": [5, 3]}
    else:
        step = {"class": "Dense", "options": {"units": units, "activation": activation}, "shape": [4, 3],
                "wrapper": "TimeDistributed"}  # fmt: skip
    steps.append({"kind": "common", **step, "of": of})


def _recurrent(chance: random.Random, units: int) -> dict[str, Any]:
    options: dict[str, Any] = {
        "units": units,
        "return_sequences": chance.random() < 0.5,
        "go_backwards": chance.random() < 0.3,
    }
    if chance.random() < 0.3:
        options["activation"] = chance.choice(_ACTIVATIONS)
    name = chance.choice(("LSTM", "GRU", "SimpleRNN"))
    if name != "SimpleRNN" and chance.random() < 0.3:
        options["recurrent_activation"] = "hard_sigmoid"
    if name == "GRU" and chance.random() < 0.3:
        options["reset_after"] = False
    step = {"class": name, "options": options, "shape": [5, 3]}
    if chance.random() < 0.4:
        return {**step, "wrapper": "Bidirectional", "merge_mode": chance.choice(("concat", "sum", "mul", "ave"))}
    return step


def _embedding(chance: random.Random, steps: Steps) -> None:
    """Ids with padding, as a mask that goes on to whatever follows."""
    steps.append({"kind": "input", "shape": [6], "dtype": chance.choice(("float32", "int32", "int64")), "holds": "ids",
                  "limit": 9})  # fmt: skip
    options = {"input_dim": 9, "output_dim": 3, "mask_zero": chance.random() < 0.7}
    of = [len(steps) - 1]
    steps.append({"kind": "common", "class": "Embedding", "options": options, "shape": [6], "of": of, "given": "ids"})


def _merge(chance: random.Random, steps: Steps) -> None:
    name = chance.choice(MERGES)
    of = _earlier(chance, steps, 2 if name in ("Subtract", "Dot") else chance.randint(2, 3))
    options = {"Concatenate": {"axis": chance.choice((-1, 1))}, "Dot": {"axes": -1}}.get(name, {})
    steps.append({"kind": "merge", "class": name, "options": options, "shape": chance.choice(SHAPES), "of": of})


def _operator(chance: random.Random, steps: Steps) -> None:
    """A function of TensorFlow as an example of its operator has it."""
    name, rows = chance.choice(_operators())
    row = chance.choice(rows)
    dtype = chance.choice(row["dtypes"])
    of = []
    for tensor in tensors_of([row["arguments"], row["options"]]):
        of += _taken(chance, steps, [tensor["shape"]], tensor["dtype"] or dtype)
    steps.append({"kind": "operator", "name": name, "arguments": row["arguments"], "options": row["options"],
                  "dtype": dtype, "of": of})  # fmt: skip


@functools.lru_cache(maxsize=1)
def _operators() -> list[tuple[str, Any]]:
    return [(name, rows) for name, rows in sorted(operators.examples().items()) if rows]


def _lambda(chance: random.Random, steps: Steps) -> None:
    of = _earlier(chance, steps)
    steps.append({"kind": "lambda", "body": chance.choice(BODIES), "shape": chance.choice(SHAPES), "of": of})


def _reuse(chance: random.Random, steps: Steps) -> None:
    """A layer, or a model inside, that is called once more."""
    places = [place for place, step in enumerate(steps) if step["kind"] in ("common", "inner")
              and step.get("given") != "ids"]  # fmt: skip
    if places:
        step = chance.choice(places)
        steps.append({"kind": "reuse", "step": step, "of": _earlier(chance, steps, len(steps[step]["of"]))})


def _inner(chance: random.Random, steps: Steps) -> None:
    """A model inside of the model, called as it is or for each step of time."""
    inside: Steps = [_input(chance)]
    for _ in range(chance.randint(1, 4)):
        chance.choice((_common, _common, _lambda, _merge, _example, _reuse))(chance, inside)
    # One input is what a wrapper takes, and what makes each of these a model.
    if any(step["kind"] == "input" for step in inside[1:]):
        return
    how = chance.choice(("functional", "functional", "sequential", "time_distributed"))
    steps.append({"kind": "inner", "how": how, "steps": inside, "of": _earlier(chance, steps)})


KINDS: Mapping[Callable[[random.Random, Steps], None], int] = {
    _example: 4, _keys: 6, _common: 7, _embedding: 2, _merge: 3, _operator: 5, _lambda: 2, _reuse: 2, _inner: 2,
}  # fmt: skip

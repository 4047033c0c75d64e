"""Operations of `keras.ops` in a Keras 3 model, written with TensorFlow functions as Keras 2.15 keeps them in a model.

A module of `families/` holds the operations of one family and declares `OPERATIONS`. It is found by walking the folder;
there is nothing to register. `refused.py` has the operations that have no counterpart, each with the reason.

A file of Keras 3 has an entry for each operation: the arguments of its constructor in `config`, those of its call in
`inbound_nodes`, with shape and dtype of every tensor. `spec_of` reads one entry and returns a `Spec` with the kind
"operators" and the name that the operation has in Keras 3, or the first problem. `call` builds what the spec says on
symbolic tensors of Keras 2.15: each TensorFlow function that it calls becomes a `TFOpLambda`, a slice a
`SlicingOpLambda`. One operation may need several of them: Keras 3 converts dtypes first, and counts some arguments
otherwise.

A config of Keras 2.15 keeps arguments of such layers as JSON: arrays become lists without dtype, and arguments by
position behind `*args` are lost. Operations are built so that a saved model reads back the same.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from typing import Any

from interchange.errors import Problem
from translation.keras2_to_3.spec import Spec
from translation.keras3_to_2.operations import entries, families
from translation.keras3_to_2.operations.constants import decoded
from translation.keras3_to_2.operations.operation import Operation
from translation.keras3_to_2.operations.refused import REFUSED


@functools.cache
def table() -> Mapping[str, Operation]:
    """Every operation by each of its names in Keras 3."""
    operations: dict[str, Operation] = {}
    for each in pkgutil.iter_modules(families.__path__):
        module = importlib.import_module(f"{families.__name__}.{each.name}")
        for operation in getattr(module, "OPERATIONS", ()):
            for name in operation.names:
                if name in operations or name in REFUSED:
                    raise ValueError(f"two operations for {name}")
                operations[name] = operation
    return operations


def is_operation(entry: Mapping[str, Any]) -> bool:
    """Whether this entry of a Keras 3 config is an operation, and not a layer."""
    return entries.is_operation(entry)


def spec_of(entry: Mapping[str, Any], path: str) -> Spec | Problem:
    """What is built for an operation in a Keras 3 config: a spec, or why it is not supported."""
    name = str(entry["class_name"])
    operation = table().get(name)
    found = entries.refusal_of(entry, operation)
    if found is not None:
        return Problem(path, name, found.text, found.key, found.value, found.unblock)
    config = {key: value for key, value in entry["config"].items() if key != "name"}
    return Spec("operators", name, config, path, entry.get("name") or entry["config"].get("name"))


def call(tf: Any, spec: Spec, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """The outputs of an operation on symbolic tensors of Keras 2.15, given `tensorflow` as `tf`.

    `args` and `kwargs` are those of the call in the file, with tensors in place of what stands for them there.
    """
    config = {key: decoded(value) for key, value in spec.config.items()}
    named = {key: decoded(value) for key, value in kwargs.items()}
    operation = table()[spec.class_name]
    heard = operation.heard(config)
    return operation.build(tf, *(decoded(value) for value in args), **named, **heard)

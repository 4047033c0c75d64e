"""Bodies of Lambda layers on their way from a file to Keras 3: read once, carried as JSON, followed in both workers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from bytecode.code import Code
from bytecode.interpreter import trace
from bytecode.interpreter.backend import Backend
from bytecode.interpreter.machine import run
from interchange.replacements import way_out
from translation.lambdas import defined_values
from translation.lambdas.library_functions import calling, symbol_of
from translation.lambdas.library_names import LIBRARIES
from translation.lambdas.stored_functions import unpack

KEPT = ("name", "trainable", "dtype", "batch_input_shape", "arguments")
"""What is read of a Lambda's config besides its functions."""


_INSTEAD = "Or express it with Keras's own layers in Keras 2, load the weights into that model, and save it again."


def recovered(config: Mapping[str, Any]) -> dict[str, Any]:
    """A Lambda's config with its functions as JSON, and without what a body says itself, such as the output's shape.

    Raises `Unreadable` where the bytes are no function that one known Python wrote.
    """
    kept = {key: config[key] for key in KEPT if key in config}
    mask = {} if config.get("mask") is None else {"mask": _body(config["mask"])}
    symbol = symbol_of(config)
    function = _body(config.get("function"))
    if symbol is not None:
        code = calling(symbol, function["code"]["python"])
        function = {"code": code.to_json(), "defaults": [], "closure": []}
    return {**kept, "function": function, **mask}


def _body(function: Any) -> dict[str, Any]:
    stored = unpack(function)
    return {"code": stored.code.to_json(), "defaults": list(stored.defaults), "closure": list(stored.closure)}


def is_body(function: Any) -> bool:
    """Whether the function of a Lambda has been recovered."""
    return isinstance(function, Mapping) and "code" in function


def unblock(layer: str) -> str:
    """What a user can do about a Lambda whose body cannot be followed."""
    return f"{way_out(layer)} {_INSTEAD}"


def at_inference(body: Mapping[str, Any], mask: Any) -> dict[str, Any]:
    """What Keras gives a body besides its inputs, where it asks for it, when nothing is trained."""
    taken = body["code"]["varnames"][: body["code"]["argcount"]]
    return {key: value for key, value in (("mask", mask), ("training", False)) if key in taken}


def with_names(body: Mapping[str, Any], objects: Mapping[str, Any]) -> dict[str, Any]:
    """The body with what a file of the user's defines for the names in it, as far as that is data."""
    names = defined_values.named(Code.from_json(body["code"]))
    wanted = defined_values.to_json({name: objects[name] for name in names if name in objects})
    return {**body, "globals": wanted} if wanted else {**body}


def follow(
    body: Mapping[str, Any],
    inputs: Any,
    options: Mapping[str, Any],
    backend: Backend,
    names: Mapping[str, Any] = MappingProxyType({}),
) -> Any:
    """What a body gives for these inputs in a backend of tensors; `Refused` where it cannot be followed.

    `options` are the `arguments` of the layer, as its config has them, and what the body asks for. `names` are global
    ones besides those that come with the body.
    """
    return _followed(body, [inputs], options, backend, names)


def follow_traced(
    body: Mapping[str, Any], inputs: Any, options: Mapping[str, Any], backend: Backend
) -> tuple[Any, str]:
    """What `follow` gives, and the operations that it took, as Python that can be read."""
    code = Code.from_json(body["code"])
    recorder = trace.Recorder(backend, trace.parameters(code, [inputs], options))
    result = follow(body, inputs, options, recorder)
    return result, trace.readable(recorder, code, result)


def follow_mask(
    body: Mapping[str, Any], inputs: Any, masks: Any, backend: Backend, names: Mapping[str, Any] = MappingProxyType({})
) -> Any:
    """The mask that the function given as `mask` makes of the inputs of a Lambda and of their masks."""
    return _followed(body, [inputs, masks], {}, backend, names)


def _followed(
    body: Mapping[str, Any],
    positional: list[Any],
    options: Mapping[str, Any],
    backend: Backend,
    names: Mapping[str, Any],
) -> Any:
    code = Code.from_json(body["code"])
    return run(
        code,
        positional,
        {key: _plain(value) for key, value in options.items()},
        backend=backend,
        libraries=LIBRARIES,
        defaults=_plain(list(body["defaults"])),
        closure=_plain(list(body["closure"])),
        globals={**names, **defined_values.from_json(body.get("globals", {}))},
    )


def _plain(value: Any) -> Any:
    """Python's own containers in the place of those that Keras watches; it writes an array as a dictionary."""
    if isinstance(value, Mapping):
        return np.array(value["value"]) if value.get("type") == "ndarray" else {k: _plain(v) for k, v in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value

"""Bodies of Lambda layers: read from the file once, stored as JSON, and interpreted in both workers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from bytecode.code import Code
from bytecode.interpreter import trace
from bytecode.interpreter.backend import Backend
from bytecode.interpreter.machine import run
from interchange.user_files.replacements import way_out
from translation.lambdas import defined_values
from translation.lambdas.library_functions import calling, symbol_of
from translation.lambdas.library_names import LIBRARIES
from translation.lambdas.stored_functions import unpack

KEPT = ("name", "trainable", "dtype", "batch_input_shape", "arguments")
"""The keys of a Lambda's config that are read besides its functions."""

_INSTEAD = "Or express it with Keras's own layers in Keras 2, load the weights into that model, and save it again."


def recovered(config: Mapping[str, Any]) -> dict[str, Any]:
    """A Lambda's config with its functions as JSON, and without what follows from them, such as the output's shape.

    Raises `Unreadable` if the bytes are not a function that a known Python compiled.
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
    """Whether the function in the config of a Lambda is what `recovered` made of it."""
    return isinstance(function, Mapping) and "code" in function


def unblock(layer: str) -> str:
    """What a user can do about a Lambda whose body cannot be interpreted."""
    return f"{way_out(layer)} {_INSTEAD}"


def at_inference(body: Mapping[str, Any], mask: Any) -> dict[str, Any]:
    """The arguments `mask` and `training` for a body that has them, at inference."""
    taken = body["code"]["varnames"][: body["code"]["argcount"]]
    return {key: value for key, value in (("mask", mask), ("training", False)) if key in taken}


def with_names(body: Mapping[str, Any], objects: Mapping[str, Any]) -> dict[str, Any]:
    """The body with the values that a user's file defines for the names in it, as far as they are data."""
    names = defined_values.named(Code.from_json(body["code"]))
    wanted = defined_values.to_json({name: objects[name] for name in names if name in objects})
    return {**body, "globals": wanted} if wanted else {**body}


def interpret(
    body: Mapping[str, Any],
    inputs: Any,
    options: Mapping[str, Any],
    backend: Backend,
    names: Mapping[str, Any] = MappingProxyType({}),
) -> Any:
    """What a body returns for these inputs. Raises `Refused` if it cannot be interpreted.

    `options` are the `arguments` in the config of the layer and those of `at_inference`. `names` are values of global
    names besides those in the body.
    """
    return _run(body, [inputs], options, backend, names)


def interpret_traced(
    body: Mapping[str, Any], inputs: Any, options: Mapping[str, Any], backend: Backend
) -> tuple[Any, str]:
    """What `interpret` returns, and the operations that were computed, as Python to be read."""
    code = Code.from_json(body["code"])
    recorder = trace.Recorder(backend, trace.parameters(code, [inputs], options))
    result = interpret(body, inputs, options, recorder)
    return result, trace.readable(recorder, code, result)


def interpret_mask(
    body: Mapping[str, Any], inputs: Any, masks: Any, backend: Backend, names: Mapping[str, Any] = MappingProxyType({})
) -> Any:
    """The mask that the function `mask` of a Lambda returns for its inputs and their masks."""
    return _run(body, [inputs, masks], {}, backend, names)


def _run(
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
    """Replace the containers of Keras by Python's, and the dictionaries that it writes for arrays by arrays."""
    if isinstance(value, Mapping):
        return np.array(value["value"]) if value.get("type") == "ndarray" else {k: _plain(v) for k, v in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value

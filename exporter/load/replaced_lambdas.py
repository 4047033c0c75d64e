"""Lambda layers that the user replaces: what Keras 2.15 runs for them, so that there are reference outputs."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bytecode.refusals import Unreadable
from exporter.load.lambdas import layer_class, unwrapped
from interchange.errors import Failure
from interchange.user_files.replacements import Replacement, way_out
from translation.keras2_to_runnable import Normalised
from translation.lambdas.bodies import is_body
from translation.lambdas.stored_functions import name_of, unpack

RECOVERED, GIVEN, ORIGINAL = "recovered", "given", "original"
_TEXTS = {
    RECOVERED: "its body is read from its bytecode, not run",
    GIVEN: "Keras 2.15 runs {name} of the file of its replacement",
    ORIGINAL: "Keras 2.15 runs its bytecode, which is trusted",
}
_BODILESS = "its body is of no Python that can be read"


def replaced_class(trust: bool) -> Any:
    """The class for a replaced Lambda in Keras 2: it interprets the body, or runs the old function."""
    import keras
    import tensorflow as tf

    followed = layer_class()

    class Lambda(keras.layers.Layer):
        """`truth` says what it ran: the recovered body, the user's old function, or its own bytecode."""

        def __init__(
            self,
            stored: Any,
            replacement: Mapping[str, str],
            function: Any = None,
            arguments: Any = None,
            mask: Any = None,
            **options: Any,
        ) -> None:
            super().__init__(**options)
            self.stored, self.arguments = stored, dict(arguments or {})
            self.replacement = Replacement.from_json(replacement)
            self.body = followed(function, arguments, mask, name=self.name) if is_body(function) else None
            self.supports_masking = True  # as a Lambda's
            self.truth = RECOVERED
            self.function: Callable[..., Any] | None = None

        @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]  # as that of a body
        def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
            options = {"mask": mask, "training": training}
            if self.function is None:
                try:
                    return self.follow(inputs, options)
                except Failure as failure:
                    self.truth, self.function = original(self.stored, self.replacement, trust, failure.problems[0].text)
            parameters = inspect.signature(self.function).parameters
            return self.function(
                inputs, **self.arguments, **{key: options[key] for key in options if key in parameters}
            )

        def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
            return self.body.compute_mask(inputs, mask) if self.body else None

        def follow(self, inputs: Any, options: Mapping[str, Any]) -> Any:
            if self.body is None:
                raise self.replacement.refusal("Lambda", _BODILESS)
            return self.body.call(inputs, **options)

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "arguments": self.arguments}

    return Lambda


def executed(model: Any, replaced: Mapping[str, Replacement]) -> Iterator[Normalised]:
    """What was run for each replaced Lambda."""
    paths = {replacement: path for path, replacement in replaced.items()}
    for layer in model._flatten_layers():
        if (truth := getattr(layer, "truth", None)) is not None:
            text = _TEXTS[truth].format(name=name_of(layer.stored))
            yield Normalised(paths[layer.replacement], "Lambda", text, truth)


def original(stored: Any, replacement: Replacement, trust: bool, why: str) -> tuple[str, Callable[..., Any]]:
    """The old function and where it is from: the user's file, or the bytecode of the model file if that is trusted.

    `why` is the reason why the body cannot be interpreted. Raises `Failure(REFUSED)` if there is neither.
    """
    name = name_of(stored)
    other = name is not None and name != replacement.function
    names = replacement.run_file("Lambda") if trust or other else {}
    if other and callable(names.get(str(name))):
        return GIVEN, names[str(name)]
    text = f"the original function is unknown, so {replacement.place} cannot be compared: {why}"
    if not trust:
        unblock = f"Define the original function in the same file, as {name}." if name else way_out(replacement.layer)
        raise unwrapped(replacement.refusal("Lambda", text, unblock))
    if (wrote := _python(stored)) != _running():
        text = f"{text}; its bytecode is of Python {wrote or 'an unknown version'}, and this is {_running()}"
        raise unwrapped(replacement.refusal("Lambda", text))
    return ORIGINAL, _from_bytecode(stored, names)


def _running() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _python(stored: Any) -> str | None:
    try:
        return str(unpack(stored).code.python)
    except Unreadable:
        return None


def _from_bytecode(stored: Any, names: Mapping[str, Any]) -> Callable[..., Any]:
    """The function as Keras unmarshals it, with the names of the user's file as globals."""
    import keras
    import numpy as np
    import tensorflow as tf
    from keras.src.utils import generic_utils

    usual = {"K": keras.backend, "backend": keras.backend, "keras": keras, "np": np, "tf": tf}
    parts = (
        [stored["config"][key] for key in ("code", "defaults", "closure")] if isinstance(stored, Mapping) else stored
    )
    function: Callable[..., Any] = generic_utils.func_load(parts, globs={**usual, **names})
    return function

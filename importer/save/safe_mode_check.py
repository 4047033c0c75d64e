"""Find objects in a model that stock Keras 3 would not load in safe mode."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from interchange.text import said

_CODE = frozenset({"Lambda", "function", "__lambda__"})


def foreign(model: Any) -> str | None:
    """The first object in a model that is not Keras's own; None if there is none."""
    import keras

    try:
        return next(_of_others(keras.saving.serialize_keras_object(model)), None)
    except (TypeError, ValueError, NotImplementedError) as error:
        return f"what cannot be saved ({said(error)})"


def _of_others(value: Any) -> Iterator[str]:
    """Classes and functions in a serialized object that are not Keras's own."""
    if isinstance(value, Mapping):
        module = value.get("module")
        known = module in (None, "builtins") or str(module).split(".")[0] == "keras"
        if "class_name" in value and (value["class_name"] in _CODE or not known):
            yield (
                f"{value['class_name']} {value['config']}" if value["class_name"] == "function" else value["class_name"]
            )
        for item in value.values():
            yield from _of_others(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _of_others(item)

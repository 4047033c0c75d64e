"""Architectures of `.keras` files, rewritten as Keras 2 writes them in HDF5, so that both are built alike."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from interchange.user_files.custom_objects import found, names_of
from translation.config_tree import edited
from translation.user_models import listed_as

# What a `.keras` file says of an object besides its class and config. Keras finds its own classes without their
# modules, a layer is built when it is called, and nothing is compiled.
_DROPPED = frozenset({"module", "registered_name", "build_config", "compile_config", "shared_object_id"})


def hdf5_config(value: Any, own: Collection[str] = ()) -> Any:
    """Any part of an architecture as HDF5 has it; a part that is written so already stays as it is.

    The config of a class that is called by a name in `own` is for that class to read, as it has written it, unless it
    is that of a model which lists its layers as Keras's own do.
    """
    if isinstance(value, list):
        return [hdf5_config(item, own) for item in value]
    if not isinstance(value, Mapping):
        return value
    kind = value.get("class_name")
    if kind in _SPECIAL and isinstance(value.get("config"), _SPECIAL[kind][0]):
        return _SPECIAL[kind][1](value)
    if isinstance(kind, str) and "config" in value:
        is_own = bool(own) and found(names_of(value), own) is not None and listed_as(value) is None
        value = {**_without(value), "class_name": _name(kind, value)}
        if is_own:
            return {
                key: edited(item, _homeless) if key == "config" else hdf5_config(item, own)
                for key, item in value.items()
            }
    return {key: hdf5_config(item, own) for key, item in value.items()}


def _homeless(entry: Mapping[str, Any], _: str) -> Mapping[str, Any]:
    """An object that does not say that it is from another module than Keras's: none is ever imported."""
    module = str(entry.get("module") or "").partition(".")[0]
    is_foreign = "class_name" in entry and module not in ("", "builtins", "keras")
    return {**entry, "module": None} if is_foreign else entry


def _without(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: item for key, item in value.items() if key not in _DROPPED}


def _name(name: str, value: Mapping[str, Any]) -> str:
    """Custom code is found by the name it is registered under, `package>name`."""
    registered = value.get("registered_name")
    return registered if isinstance(registered, str) and ">" in registered else name


def _function(value: Mapping[str, Any]) -> str:
    return _name(value["config"], value)


def _array(value: Mapping[str, Any]) -> Any:
    return value["config"].get("value")


def _bytes(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"class_name": "__bytes__", "value": value["config"].get("value")}


def _type(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"class_name": "TypeSpec", "type_spec": f"tf.{value.get('spec_name')}", "serialized": value["config"]}


# By class: the type of the config that it is written with, and what becomes of it.
_SPECIAL: Mapping[Any, tuple[type, Callable[[Mapping[str, Any]], Any]]] = {
    "function": (str, _function),
    "__numpy__": (dict, _array),
    "__tensor__": (dict, _array),
    "__bytes__": (dict, _bytes),
    "__typespec__": (list, _type),
}

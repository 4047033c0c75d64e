"""The policies for an architecture: the names, functions and sizes anywhere in its JSON."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from interchange.errors import Problem
from interchange.user_files.replacements import old_name, way_out
from keras2to3.scanner import known_names
from keras2to3.scanner.allowlist import names, operators
from keras2to3.scanner.location import ConfigLocation, location_of
from keras2to3.scanner.policies import Policy
from keras2to3.scanner.safe_names import is_safe_name

MAX_PROBLEMS = 1_000
MAX_NAME = 1_000

# A layer has at least one weight with as many numbers as these arguments, so the file must store as many.
_SIZES = ("units", "filters", "nb_filter", "input_dim", "output_dim")
_UNWEIGHTED_SIZE = 1 << 16

_PATHS = ("vocabulary", "vocabulary_file", "idf_weights", "filepath", "ckpt_to_load_from")


def problems_of(architecture: Mapping[str, Any], elements: int, by_keras_3: bool = False) -> list[Problem]:
    """All that Keras must not see of a `model_config`, whose file stores `elements` numbers.

    What Keras 3 has saved is opened by Keras 3 as it is, and what Keras 2 has saved is built by ours.
    """
    location = ConfigLocation(by_keras_3=by_keras_3)
    problems = itertools.chain(_in_value(architecture, location), _oversized(architecture, elements))
    return list(itertools.islice(problems, MAX_PROBLEMS))


def problems_of_training(training: Mapping[str, Any], what: str, by_keras_3: bool = False) -> list[Problem]:
    """All that is unsafe in the way a model was compiled.

    A loss, metric or optimizer that Keras does not know is no problem, whatever module its class is from: that is never
    imported, and without the user's own code the model arrives uncompiled. Code and paths have no business there, and
    whoever loads the file otherwise would run them.
    """
    location = ConfigLocation(class_name=what, root=False, by_keras_3=by_keras_3, is_training=not by_keras_3)
    problems = (problem for problem in _in_value(training, location) if problem.policy is not None)
    return list(itertools.islice(problems, MAX_PROBLEMS))


def _in_value(value: Any, location: ConfigLocation) -> Iterator[Problem]:
    if isinstance(value, dict):
        yield from _in_mapping(value, location)
    elif isinstance(value, list):
        if location.object_kind():
            yield location.violation(Policy.BYTECODE, "a function given as code is never run")
        for item in value:
            if not isinstance(item, str):  # the words of a vocabulary are data
                yield from _in_value(item, location)
    elif isinstance(value, str):
        yield from _in_string(value, location)


def _in_mapping(value: dict[str, Any], location: ConfigLocation) -> Iterator[Problem]:
    if "class_name" in value:
        inner = location_of(value, location)
        yield from _of_object(value, inner, location)
        value, location = _without_functions(value), inner
    if value.get("safe_mode") is False:
        text = "no file decides whether the safe mode of Keras is on"
        yield replace(location, key="safe_mode").violation(Policy.SAFE_MODE, text, False)
    for key, item in value.items():
        # `config` and lists are no places of their own: what matters is the argument's name.
        yield from _in_value(item, location if key == "config" else replace(location, key=key))


_FUNCTIONS = ("function", "output_shape", "mask")
_KINDS = tuple(f"{key}_type" for key in _FUNCTIONS)


def _without_functions(value: dict[str, Any]) -> dict[str, Any]:
    """A Lambda without the marks of its functions: the row of the Lambda itself reports those.

    Everything else in its config is checked as in other layers.
    """
    config = value.get("config")
    if value["class_name"] != "Lambda" or not isinstance(config, dict):
        return value
    bare = {key: item for key, item in config.items() if not (key in _KINDS and item in ("lambda", "function", "raw"))}
    for key in _FUNCTIONS:
        item = bare.get(key)
        if isinstance(item, dict) and item.get("class_name") == "__lambda__":
            bare[key] = {name: inner for name, inner in item.items() if name != "class_name"}
    return {**value, "config": bare}


# The other parts of an object and their types; the config of a function is its name.
_PARTS: Mapping[str, tuple[type, ...]] = {
    "module": (str, type(None)),
    "registered_name": (str, type(None)),
    "config": (dict, list, str, type(None)),
}


def _of_object(value: Mapping[str, Any], location: ConfigLocation, outer: ConfigLocation) -> Iterator[Problem]:
    class_name = value["class_name"]
    if not isinstance(class_name, str):
        yield location.violation(Policy.FORM, "a class_name that is not a string", class_name)
        return
    if len(class_name) > MAX_NAME:
        yield location.violation(Policy.LIMITS, f"a class_name of more than {MAX_NAME:,} characters", class_name)
    for key, kinds in _PARTS.items():
        if not isinstance(value.get(key), kinds):
            text = f"a {key} that is none, for Keras writes nothing of this kind there"
            yield replace(location, key=key).violation(Policy.FORM, text, value[key])
    if class_name in names.PLAIN_DATA:  # known without its module, which would be imported all the same
        yield from known_names.of_module(value, location, class_name, None)
    elif class_name == "__typespec__":
        yield from known_names.of_spec(value, location)
    elif class_name == "function":
        yield from known_names.of_function(value, location)
    else:
        yield from known_names.of_class(value, location, outer)
        yield from known_names.of_module(value, location, class_name, outer.object_kind())
        yield from _of_config(class_name, value.get("config"), location)
        yield from _of_calls(value, location)


def _of_config(class_name: str, config: Any, location: ConfigLocation) -> Iterator[Problem]:
    if not isinstance(config, dict):
        return
    wrong = operators.problem_of(class_name, config)
    if wrong is not None:
        key, value = wrong
        text = "an operator that is unknown or may access more than its tensors is never called"
        yield replace(location, key=key).violation(Policy.OPERATORS, text, value if value is not None else "?")


def _of_calls(value: Mapping[str, Any], location: ConfigLocation) -> Iterator[Problem]:
    lost = operators.lost_in(value)
    if lost is not None:
        missing, instead = lost
        text = f"the file lacks {missing}: Keras 2.15 never saves that, and cannot load the model either"
        function = value["config"]["function"]
        yield replace(location, key="function").unknown_object(text, function, _instead(location, function, instead))


def _instead(location: ConfigLocation, function: str, instead: str) -> str:
    """What the user can do: a comparison with a number can be written again, a product of tensors cannot."""
    again = f"Write {instead} in the program that builds the model, load the weights into it, and save it again."
    if not function.startswith("__operators__"):
        return again
    old = f"Define the original beside it as {old_name(function)}, to compare with."
    return f"{way_out(location.layer)} {old} Or else: {again}"


def _in_string(value: str, location: ConfigLocation) -> Iterator[Problem]:
    kind = location.object_kind()
    if kind and value not in names.BY_KEY[kind]:
        text = f"not a {kind} of Keras 2.15: custom code is needed to load it"
        yield location.unknown_object(text, value, called=(value,))
    elif location.class_name == "TextVectorization" and value not in names.TEXT_KEYS.get(location.key or "", (value,)):
        yield location.unknown_object(
            f"not a {location.key} of Keras 2.15: custom code is needed to load it", value, called=(value,)
        )
    elif location.key in _PATHS:
        yield location.violation(Policy.OTHER_FILES, "a value that is the path of another file is never read", value)
    elif _says_code(value, location):
        yield location.violation(Policy.BYTECODE, "a function stored with a layer is never run", value)
    elif location.key == "name" and not is_safe_name(value):
        yield location.violation(Policy.NAMES, "a name that is a path or holds control characters", value)
    elif location.key == "name" and len(value) > MAX_NAME:  # every layer of a model has it in its path
        yield location.violation(Policy.LIMITS, f"a name of more than {MAX_NAME:,} characters", value)


def _says_code(value: str, location: ConfigLocation) -> bool:
    """Whether a layer says that it stores a function; the `Merge` of Keras 1 has the key also without one."""
    if not (location.key or "").endswith("_type"):
        return False
    return value in ("lambda", "function") or (value == "raw" and location.class_name != "Merge")


def _oversized(architecture: Mapping[str, Any], elements: int) -> Iterator[Problem]:
    """Layers that would claim far more memory than the file has weights for."""
    most = max(elements, _UNWEIGHTED_SIZE)
    for location, config in _configs(architecture, ConfigLocation()):
        for key in _SIZES:
            value = config.get(key)
            if isinstance(value, str) and value.isdecimal():  # Keras calls int on it
                value = int(value[:20])
            if isinstance(value, (int, float)) and value > most:
                text = f"it would need that many weights, and the file stores {elements:,} numbers in all"
                yield replace(location, key=key).violation(Policy.PROMISES, text, value)


def _configs(value: Any, location: ConfigLocation) -> Iterator[tuple[ConfigLocation, Mapping[str, Any]]]:
    """Every config in the JSON with its layer's place."""
    if isinstance(value, list):
        for item in value:
            yield from _configs(item, location)
    if not isinstance(value, dict):
        return
    if "class_name" in value:
        location = location_of(value, location)
        if isinstance(value.get("config"), dict):
            yield location, value["config"]
    for item in value.values():
        yield from _configs(item, location)

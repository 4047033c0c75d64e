"""The policies for the names in an architecture: every class, function and module must be Keras 2.15's own."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from interchange.errors import Problem
from interchange.user_files.custom_objects import bare, names_of
from keras2to3.scanner.allowlist import names
from keras2to3.scanner.location import DEFINE, REBUILD, ConfigLocation
from keras2to3.scanner.policies import Policy
from keras2to3.scanner.unknown_classes import unknown_model_class, unknown_object
from translation.user_models import listed_as

_KERAS_MODULES = ("keras", "tf_keras", "tensorflow.keras", "tensorflow.python.keras")
# Where `tf.constant_initializer` and its like live; their names are those of Keras.
_TF_INITIALIZERS = "tensorflow.python.ops.init_ops_v2"
# Modules that Keras does not import: it looks names up in them.
_NO_MODULES = (None, "builtins", "__main__")
_CLASS_NAME = re.compile(r"([\w.]+>)?_?[A-Z]\w*")
_REGISTERED = re.compile(r"[\w.]+>\w+")
_BUILD = (
    "Give the file that holds its weights, and a function that builds the same model of Keras's own layers: "
    "`--architecture file.py:function`."
)
_DEFINE = (
    "Define {name} in a file and give that, `--custom-objects file.py`: Keras 2.15 computes with it what the result is "
    "compared with. If it overrides no `call`, but train_step, compile and the like alone, the file may say no more "
    "than `import keras` and `class {name}(keras.Model): pass`."
)
_UNSAFE_SWITCH = "enable_unsafe_deserialization"
# Layers of Keras 3 that carry a model of another framework, as code or as a pickle.
_WRAPPED = frozenset({"TorchModuleWrapper", "JaxLayer", "FlaxLayer"})
_SPECS = ("RaggedTensorSpec", "SparseTensorSpec", "TensorSpec")


def of_class(value: Mapping[str, Any], location: ConfigLocation, outer: ConfigLocation) -> Iterator[Problem]:
    """The problems with the class of an object; `outer` is the location that contains it."""
    class_name, kind = value["class_name"], outer.object_kind()
    if class_name in (names.BY_KEY[kind] if kind else names.CLASSES) or (not kind and _is_of_addons(value)):
        if _is_namesake(value):
            text = "a custom class that has the name of a Keras class"
            yield location.unknown_object(text, class_name, called=names_of(value))
        return
    shown = class_name if kind else None
    if class_name == "__lambda__":
        yield location.violation(Policy.BYTECODE, "a Lambda holds Python bytecode, which is never run", shown)
    elif location.by_keras_3 and class_name in ("Lambda", *_WRAPPED):
        text = "a function in a file of Keras 3, as code or by name, is never run"
        yield location.violation(Policy.BYTECODE, text, shown)
    elif class_name == "Lambda":
        from keras2to3.scanner import lambda_bodies  # late: few files need the reader of bytecode

        config = value.get("config")
        if unread := lambda_bodies.obstacle(config):
            problem = location.violation(Policy.BYTECODE, unread, shown)
            problem = replace(problem, unblock=lambda_bodies.unblock(config, location.layer, REBUILD))
            wanted = lambda_bodies.undefined_names(config)
            yield unknown_object(problem, wanted, needs_all=True) if wanted else problem
    elif class_name == "TFSMLayer":
        yield location.violation(Policy.OTHER_FILES, "it loads and runs a SavedModel from elsewhere on the disk", shown)
    elif class_name == _UNSAFE_SWITCH:
        yield location.violation(Policy.SAFE_MODE, "it would switch the safe mode of Keras off", shown)
    elif class_name in names.OLDER:
        text = "a layer of Keras 1, which Keras 2 does not know"
        yield location.unknown_object(text, shown, REBUILD, names_of(value))
    else:
        yield _of_unknown_class(value, location, outer, shown)


def _of_unknown_class(
    value: Mapping[str, Any], location: ConfigLocation, outer: ConfigLocation, shown: str | None
) -> Problem:
    kind = outer.object_kind()
    if not _CLASS_NAME.fullmatch(value["class_name"]) and value.get("module") is not None:
        broken = location.violation(
            Policy.FOREIGN_CODE, "a value that is not the name of a class is never looked up", shown
        )
        return unknown_object(broken, names_of(value))
    if (outer.root or listed_as(value)) and not kind:
        return _of_model(value, location, shown)
    what = f"{kind} of Keras 2.15" if kind else "class of Keras 2.15"
    return location.unknown_object(f"not a {what}: custom code is needed to load it", shown, called=names_of(value))


def _of_model(value: Mapping[str, Any], location: ConfigLocation, shown: str | None) -> Problem:
    """The row of a model of a class of the user's, which has to be defined if it lists its layers."""
    if listed_as(value) is None:
        text = "a model of a custom class, whose layers are in the code of the class and not in the file"
        return location.unknown_object(text, shown, _BUILD)
    name = bare(str(value["class_name"]))
    text = "a model of a custom class, which may compute more than the layers that the file lists"
    return unknown_model_class(location.unknown_object(text, shown, _DEFINE.format(name=name)), names_of(value))


def of_module(value: Mapping[str, Any], location: ConfigLocation, own_name: str, kind: str | None) -> Iterator[Problem]:
    """Keras imports the module that a config names, and looks `registered_name` up in it if the name is unknown."""
    module, registered = value.get("module"), value.get("registered_name")
    known = _is_known(module) or _is_of_addons(value) or (kind == "initializer" and module == _TF_INITIALIZERS)
    if not known and not (location.is_training and _is_of_user(value)):
        text = "a module that is not Keras is never imported"
        broken = replace(location, key="module").violation(Policy.FOREIGN_CODE, text, module)
        yield unknown_object(replace(broken, unblock=DEFINE), names_of(value))
    if registered not in (None, own_name) and not _is_of_addons(value):
        yield _of_registered(value, replace(location, key="registered_name"))


def _is_of_user(value: Mapping[str, Any]) -> bool:
    """Whether it is a class as Keras 2.15 writes those of its users: registered, by its own name."""
    registered = value.get("registered_name")
    return (
        isinstance(registered, str)
        and _CLASS_NAME.fullmatch(registered) is not None
        and bare(registered) == value["class_name"]
    )


def of_function(value: Mapping[str, Any], location: ConfigLocation) -> Iterator[Problem]:
    """`{"class_name": "function", "config": "relu"}`: Keras imports the module and looks the name up in it."""
    known = names.BY_KEY.get(location.object_kind() or "", names.COMPILED_FUNCTIONS)
    function, module = value.get("config"), value.get("module")
    if f"Addons>{function}" == value.get("registered_name") and f"Addons>{function}" in known:
        return
    if function == _UNSAFE_SWITCH:
        yield location.violation(Policy.SAFE_MODE, "it would switch the safe mode of Keras off", function)
    elif not _is_known(module):
        broken = location.violation(Policy.FOREIGN_CODE, "a module that is not Keras is never imported", module)
        yield unknown_object(replace(broken, unblock=DEFINE), names_of(value))
    elif not isinstance(function, str) or function not in known:
        yield unknown_object(_of_unknown_function(function, module, location), names_of(value))
    elif value.get("registered_name") not in (None, "function", function):
        yield _of_registered(value, location)


def of_spec(value: Mapping[str, Any], location: ConfigLocation) -> Iterator[Problem]:
    """The type of an input; Keras imports the module it names."""
    module, name = str(value.get("module")), value.get("spec_name")
    if name not in _SPECS or not module.startswith(("tensorflow.python.", "tf.")):
        text = "a type specification that is not one of TensorFlow's"
        yield location.violation(Policy.FOREIGN_CODE, text, f"{module}.{name}")


def _of_registered(value: Mapping[str, Any], location: ConfigLocation) -> Problem:
    registered = value["registered_name"]
    if isinstance(registered, str) and _REGISTERED.fullmatch(registered):
        return location.unknown_object(
            "a class or function registered by custom code", registered, called=names_of(value)
        )
    text = "a registered name that is not the class's own is never looked up"
    return unknown_object(location.violation(Policy.FOREIGN_CODE, text, registered), names_of(value))


def _of_unknown_function(function: object, module: object, location: ConfigLocation) -> Problem:
    """A custom name is not found; a Python builtin or a utility of Keras would be called."""
    is_users = isinstance(function, str) and (function.isidentifier() or bool(_REGISTERED.fullmatch(function)))
    if is_users and module in _NO_MODULES and not hasattr(builtins, str(function)):
        return location.unknown_object(
            "a function that is not one of Keras 2.15: custom code is needed to load it", function
        )
    return location.violation(
        Policy.FOREIGN_CODE, "a function that is not one of Keras 2.15 is never looked up", function
    )


def _is_of_addons(value: Mapping[str, Any]) -> bool:
    """Whether a class is called by the whole name that TensorFlow Addons has registered it under."""
    registered = value.get("registered_name")
    return registered == f"Addons>{value['class_name']}" and registered in names.ADDONS


def _is_namesake(value: Mapping[str, Any]) -> bool:
    """Whether a custom class in a `.keras` file has the name of a Keras class: Keras records the module of its own."""
    module = value.get("module", "keras")
    is_keras = _is_keras(module) or module == _TF_INITIALIZERS
    return not is_keras and value.get("registered_name") == value["class_name"]


def _is_known(module: object) -> bool:
    return module in _NO_MODULES or _is_keras(module)


def _is_keras(module: object) -> bool:
    return isinstance(module, str) and any(f"{module}.".startswith(f"{known}.") for known in _KERAS_MODULES)

"""The laws for an architecture: every class and function named anywhere in its JSON is one of Keras 2.15's own."""

from __future__ import annotations

import builtins
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from interchange.customs import names_of
from interchange.errors import Problem
from interchange.replacements import way_out
from keras2to3.look.allowlist import names, operators
from keras2to3.look.laws import Law
from keras2to3.look.plain import is_plain
from keras2to3.look.readers.document import short
from keras2to3.look.unknown import unknown

MAX_PROBLEMS = 1_000

# A layer has at least one weight with as many numbers as these arguments say, so the file must store as many.
_SIZES = ("units", "filters", "nb_filter", "input_dim", "output_dim")
_UNWEIGHTED_SIZE = 1 << 16

_PATHS = ("vocabulary", "vocabulary_file", "idf_weights", "filepath", "ckpt_to_load_from")
_KERAS_MODULES = ("keras", "tf_keras", "tensorflow.keras", "tensorflow.python.keras")
# Where `tf.constant_initializer` and its like live; their names are those of Keras.
_TF_INITIALIZERS = "tensorflow.python.ops.init_ops_v2"
# Modules that are there anyway: Keras looks a name up in them and imports nothing.
_NO_MODULES = (None, "builtins", "__main__")
_CLASS_NAME = re.compile(r"([\w.]+>)?_?[A-Z]\w*")
_REGISTERED = re.compile(r"[\w.]+>\w+")
_UNSAFE_SWITCH = "enable_unsafe_deserialization"
_SPECS = ("RaggedTensorSpec", "SparseTensorSpec", "TensorSpec")

_REBUILD = (
    "Rebuild the model in Keras 2 with layers of Keras in its place, load the weights into it, "
    "and save it with model.save('model.h5')."
)
_CUSTOM = (
    "Define it as it was in Keras 2 and as it is in Keras 3, `--custom-objects old.py --custom-objects-3 new.py`, or "
    "in one file for both."
)


@dataclass(frozen=True)
class _Place:
    """Where in the JSON we are: the layer's path and class, and the key of its config."""

    layer: str = ""
    class_name: str = ""
    key: str | None = None
    root: bool = True

    def breaks(self, law: Law, text: str, value: object = None, instead: str = _REBUILD) -> Problem:
        """A row for the layer and key at hand, which are unsafe."""
        shown = None if value is None else short(value)
        return law.broken(self.layer, self.class_name, text, self.key, shown, instead)

    def custom(self, text: str, value: object = None, unblock: str = _CUSTOM, called: Iterable[str] = ()) -> Problem:
        """A row for what Keras 2.15 does not know: it only fails to load it, unless one of these names is defined."""
        shown = None if value is None else short(value)
        return unknown(Problem(self.layer, self.class_name, text, self.key, shown, unblock), called)

    def names_kind(self) -> str | None:
        """`activation` below `recurrent_activation`; None where a string is only a string."""
        last = (self.key or "").rpartition("_")[2]
        return last if last in names.BY_KEY else None


def problems_of(architecture: Mapping[str, Any], elements: int) -> list[Problem]:
    """All that Keras 2.15 must not see of a `model_config`, whose file stores `elements` numbers."""
    found = itertools.chain(_in_value(architecture, _Place()), _oversized(architecture, elements))
    return list(itertools.islice(found, MAX_PROBLEMS))


def problems_of_training(training: Mapping[str, Any], what: str) -> list[Problem]:
    """All that is unsafe in the way a model was compiled.

    Nothing of ours loads it, so a loss or metric that Keras does not know is no problem; code and paths have no
    business there, and whoever loads the file otherwise would run them.
    """
    found = (problem for problem in _in_value(training, _Place("", what, root=False)) if problem.law is not None)
    return list(itertools.islice(found, MAX_PROBLEMS))


def _in_value(value: Any, place: _Place) -> Iterator[Problem]:
    if isinstance(value, dict):
        yield from _in_mapping(value, place)
    elif isinstance(value, list):
        if place.names_kind():
            yield place.breaks(Law.BYTECODE, "a function given as code is never run")
        for item in value:
            if not isinstance(item, str):  # the words of a vocabulary are data
                yield from _in_value(item, place)
    elif isinstance(value, str):
        yield from _in_string(value, place)


def _in_mapping(value: dict[str, Any], place: _Place) -> Iterator[Problem]:
    if "class_name" in value:
        inner = _place_of(value, place)
        yield from _of_object(value, inner, place)
        if value["class_name"] in ("Lambda", "__lambda__"):  # one row says it all
            return
        place = inner
    if value.get("safe_mode") is False:
        text = "no file decides whether the safe mode of Keras is on"
        yield replace(place, key="safe_mode").breaks(Law.SAFE_MODE, text, False)
    for key, item in value.items():
        # `config` and lists are no places of their own: what matters is the argument's name.
        yield from _in_value(item, place if key == "config" else replace(place, key=key))


def _place_of(value: Mapping[str, Any], place: _Place) -> _Place:
    """A layer gets a path of its own; an initializer or activation stays with the layer that has it."""
    class_name = value["class_name"]
    if place.names_kind() or not isinstance(class_name, str) or class_name in names.PLAIN_DATA:
        return place
    if place.root:
        return _Place("", short(class_name), root=False)
    config = value.get("config")
    name = config.get("name") if isinstance(config, dict) else None
    name = short(str(name or value.get("name") or class_name))
    return _Place(f"{place.layer}/{name}".lstrip("/"), short(class_name), root=False)


def _of_object(value: Mapping[str, Any], place: _Place, outer: _Place) -> Iterator[Problem]:
    class_name = value["class_name"]
    if not isinstance(class_name, str):
        yield place.breaks(Law.FORM, "a class_name that is no string", class_name)
        return
    if class_name in names.PLAIN_DATA:  # known without its module, which would be imported all the same
        yield from _of_module(value, place, class_name, None)
    elif class_name == "__typespec__":
        yield from _of_spec(value, place)
    elif class_name == "function":
        yield from _of_function(value, place)
    else:
        yield from _of_class(value, place, outer)
        yield from _of_module(value, place, class_name, outer.names_kind())
        yield from _of_config(class_name, value.get("config"), place)
        yield from _of_calls(value, place)


def _of_class(value: Mapping[str, Any], place: _Place, outer: _Place) -> Iterator[Problem]:
    class_name, kind = value["class_name"], outer.names_kind()
    if class_name in (names.BY_KEY[kind] if kind else names.CLASSES) or (not kind and _is_of_addons(value)):
        return
    shown = class_name if kind else None
    if class_name == "__lambda__":
        yield place.breaks(Law.BYTECODE, "a Lambda holds Python bytecode, which is never run", shown)
    elif class_name == "Lambda":
        from keras2to3.look import bodies  # late: few files need the reader of bytecode

        text = bodies.obstacle(value.get("config"))
        if text:
            yield place.breaks(Law.BYTECODE, text, shown, f"{way_out(place.layer)} Or else: {_REBUILD}")
    elif class_name == "TFSMLayer":
        yield place.breaks(Law.OTHER_FILES, "it loads and runs a SavedModel from elsewhere on the disk", shown)
    elif class_name == _UNSAFE_SWITCH:
        yield place.breaks(Law.SAFE_MODE, "it would switch the safe mode of Keras off", shown)
    elif class_name in names.OLDER:
        text = "a layer of Keras 1, which Keras 2 does not know"
        yield place.custom(text, shown, _REBUILD, names_of(value))
    elif not _CLASS_NAME.fullmatch(class_name) and value.get("module") is not None:
        broken = place.breaks(Law.FOREIGN_CODE, "what is no name of a class is never looked up", shown)
        yield unknown(broken, names_of(value))
    else:
        what = f"{kind} of Keras 2.15" if kind else "class of Keras 2.15"
        yield place.custom(f"no {what}: custom code is needed to load it", shown, called=names_of(value))


def _is_of_addons(value: Mapping[str, Any]) -> bool:
    """Whether a class is called by the whole name that TensorFlow Addons has registered it under."""
    registered = value.get("registered_name")
    return registered in names.ADDONS and registered == f"Addons>{value['class_name']}"


def _of_module(value: Mapping[str, Any], place: _Place, own_name: str, kind: str | None) -> Iterator[Problem]:
    """Keras imports the module a config names, and takes `registered_name` from it where the name leads nowhere."""
    module, registered = value.get("module"), value.get("registered_name")
    known = _is_known(module) or _is_of_addons(value) or (kind == "initializer" and module == _TF_INITIALIZERS)
    if not known:
        text = "a module that is not Keras is never imported"
        yield unknown(replace(place, key="module").breaks(Law.FOREIGN_CODE, text, module), names_of(value))
    if registered not in (None, own_name) and not _is_of_addons(value):
        yield _of_registered(value, replace(place, key="registered_name"))


def _of_registered(value: Mapping[str, Any], place: _Place) -> Problem:
    registered = value["registered_name"]
    if isinstance(registered, str) and _REGISTERED.fullmatch(registered):
        return place.custom("a class or function registered by custom code", registered, called=names_of(value))
    text = "a registered name that is not the class's own is never looked up"
    return unknown(place.breaks(Law.FOREIGN_CODE, text, registered), names_of(value))


def _is_known(module: object) -> bool:
    return module in _NO_MODULES or _is_keras(module)


def _is_keras(module: object) -> bool:
    return isinstance(module, str) and any(f"{module}.".startswith(f"{known}.") for known in _KERAS_MODULES)


def _of_function(value: Mapping[str, Any], place: _Place) -> Iterator[Problem]:
    """`{"class_name": "function", "config": "relu"}`: Keras looks the name up below the module, whatever it is."""
    known = names.BY_KEY.get(place.names_kind() or "", names.COMPILED_FUNCTIONS)
    function, module = value.get("config"), value.get("module")
    if f"Addons>{function}" == value.get("registered_name") and value["registered_name"] in known:
        return
    if function == _UNSAFE_SWITCH:
        yield place.breaks(Law.SAFE_MODE, "it would switch the safe mode of Keras off", function)
    elif not _is_known(module):
        broken = place.breaks(Law.FOREIGN_CODE, "a module that is not Keras is never imported", module)
        yield unknown(broken, names_of(value))
    elif not isinstance(function, str) or function not in known:
        yield unknown(_of_unknown_function(function, module, place), names_of(value))
    elif value.get("registered_name") not in (None, "function", function):
        yield _of_registered(value, place)


def _of_unknown_function(function: object, module: object, place: _Place) -> Problem:
    """A name of the user's own leads nowhere; one of Python's built-ins or of Keras's utilities would be called."""
    own = isinstance(function, str) and (function.isidentifier() or bool(_REGISTERED.fullmatch(function)))
    if own and module in _NO_MODULES and not hasattr(builtins, str(function)):
        return place.custom("a function that is not one of Keras 2.15: custom code is needed to load it", function)
    return place.breaks(Law.FOREIGN_CODE, "a function that is not one of Keras 2.15 is never looked up", function)


def _of_spec(value: Mapping[str, Any], place: _Place) -> Iterator[Problem]:
    """The type of an input; Keras imports the module it names."""
    module, name = str(value.get("module")), value.get("spec_name")
    if name not in _SPECS or not module.startswith(("tensorflow.python.", "tf.")):
        text = "a type specification that is not one of TensorFlow's"
        yield place.breaks(Law.FOREIGN_CODE, text, f"{module}.{name}")


def _of_config(class_name: str, config: Any, place: _Place) -> Iterator[Problem]:
    if not isinstance(config, dict):
        return
    wrong = operators.problem_of(class_name, config)
    if wrong is not None:
        key, value = wrong
        text = "an operator that may touch more than its tensors, or is unknown, is never called"
        yield replace(place, key=key).breaks(Law.OPERATORS, text, value if value is not None else "?")


def _of_calls(value: Mapping[str, Any], place: _Place) -> Iterator[Problem]:
    lost = operators.lost_in(value)
    if lost is not None:
        missing, instead = lost
        text = f"the file lacks {missing}: Keras 2.15 never saves that, and cannot load the model either"
        unblock = f"Write {instead} in the program that builds the model, load the weights into it, and save it again."
        yield replace(place, key="function").custom(text, value["config"]["function"], unblock)


def _in_string(value: str, place: _Place) -> Iterator[Problem]:
    kind = place.names_kind()
    if kind and value not in names.BY_KEY[kind]:
        text = f"no {kind} of Keras 2.15: custom code is needed to load it"
        yield place.custom(text, value, called=(value,))
    elif place.key in _PATHS:
        yield place.breaks(Law.OTHER_FILES, "a value that is the path of another file is never read", value)
    elif _says_code(value, place):
        yield place.breaks(Law.BYTECODE, "a function stored with a layer is never run", value)
    elif place.key == "name" and not is_plain(value):
        yield place.breaks(Law.NAMES, "a name that is a path or holds control characters", value)


def _says_code(value: str, place: _Place) -> bool:
    """Whether a layer says that it holds a function; the `Merge` of Keras 1 also says where it holds none."""
    if not (place.key or "").endswith("_type"):
        return False
    return value in ("lambda", "function") or (value == "raw" and place.class_name != "Merge")


def _oversized(architecture: Mapping[str, Any], elements: int) -> Iterator[Problem]:
    """Layers that would claim far more memory than the file has weights for."""
    most = max(elements, _UNWEIGHTED_SIZE)
    for place, config in _configs(architecture, _Place()):
        for key in _SIZES:
            value = config.get(key)
            if isinstance(value, str) and value.isdecimal():  # Keras calls int on it
                value = int(value[:20])
            if isinstance(value, (int, float)) and value > most:
                text = f"it would need that many weights, and the file stores {elements:,} numbers in all"
                yield replace(place, key=key).breaks(Law.PROMISES, text, value)


def _configs(value: Any, place: _Place) -> Iterator[tuple[_Place, Mapping[str, Any]]]:
    """Every config in the JSON with its layer's place."""
    if isinstance(value, list):
        for item in value:
            yield from _configs(item, place)
    if not isinstance(value, dict):
        return
    if "class_name" in value:
        place = _place_of(value, place)
        if isinstance(value.get("config"), dict):
            yield place, value["config"]
    for item in value.values():
        yield from _configs(item, place)

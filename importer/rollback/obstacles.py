"""What in a config of Keras 3 rules out a way back, before Keras opens the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from importer.build.custom_objects import CustomObjects
from interchange.errors import Problem
from interchange.user_files.custom_objects import found, names_of
from translation.config_tree import Located, objects

_CODE = ("Lambda", "__lambda__")
_OF_KERAS = ("keras", "builtins", None)
_HUB = ("keras_hub", "keras_nlp", "keras_cv")
_NO_CODE = "Build the model with Keras's own layers in its place, load the weights into it, and save it again."
_NO_HUB = "Build the model of Keras's own layers, load the weights into it, and save it again."
DEFINE = "Define it as it was in Keras 2 and as it is in Keras 3, --custom-objects FILE.py."
"""What helps with a class that is not Keras's own."""

_MERGE = (
    "Build the model without enable_lora, give its layer `model.get_layer({0!r}).kernel`, in which Keras has the sum, "
    "and save that."
)
_DEQUANTIZE = (
    "Take the model from before `quantize`; or build it without, give its layer the integers of "
    "`model.get_layer({0!r})` divided by their scale, and save that."
)
_FLOAT8 = "Build the model with the dtype policy float32, load the weights of `model.get_layer({0!r})`, and save that."


def obstacles(config: Mapping[str, Any], own: CustomObjects) -> Iterator[Problem]:
    """Every reason why a model cannot go back, by its layer; how it is compiled is no reason."""
    architecture = {key: value for key, value in config.items() if key != "compile_config"}
    for each in objects(architecture, closed=_CODE):
        yield from _of_class(each, own)
        if isinstance(each.config.get("name"), str):
            yield from _of_numbers(each)


def _of_class(each: Located, own: CustomObjects) -> Iterator[Problem]:
    module = str(each.entry["module"]).partition(".")[0] if each.entry.get("module") else None
    name = each.class_name
    if name in _CODE:
        text = "a function in Python, which a file of Keras 3 is never asked to run"
        yield Problem(each.path, name, text, unblock=_NO_CODE)
    elif module in _HUB or str(each.entry.get("registered_name")).partition(">")[0] in _HUB:
        text = f"a class of {module if module in _HUB else 'KerasHub'}, which Keras 2.15 does not have"
        yield Problem(each.path, name, text, unblock=_NO_HUB)
    elif module not in _OF_KERAS and found(names_of(each.entry), own.objects) is None:
        yield Problem(each.path, name, "a class that is none of Keras's", unblock=DEFINE)


def _of_numbers(each: Located) -> Iterator[Problem]:
    """Weights that are kept in another way than Keras 2.15 keeps them."""
    config, layer = each.config, each.path.rpartition("/")[2]
    if config.get("lora_rank"):
        text = "its weights are a kernel and an update of low rank beside it (LoRA)"
        yield Problem(each.path, each.class_name, text, "lora_rank", config["lora_rank"], _MERGE.format(layer))
    policy = " ".join(_texts(config.get("dtype")))
    if "float8" in policy.lower():
        text = "Keras 2.15 has no float8"
        yield Problem(each.path, each.class_name, text, "dtype", policy, _FLOAT8.format(layer))
    elif "_from_" in policy or "Quantized" in policy or config.get("quantization_config"):
        text = "its weights are quantized, and Keras 2.15 has no integers with a scale in their place"
        yield Problem(each.path, each.class_name, text, "dtype", policy, _DEQUANTIZE.format(layer))


def _texts(dtype: Any) -> Iterator[str]:
    """The names in a dtype policy, which is a name itself or has one in its config."""
    if isinstance(dtype, Mapping):
        for key, item in dtype.items():
            if key != "module":
                yield from _texts(item)
    elif isinstance(dtype, str):
        yield dtype

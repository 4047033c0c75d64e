"""The vocabularies of lookup layers in a SavedModel: its metadata omits them, its tables hold them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from translation.config_tree import is_model, objects
from translation.keras2_to_2_15.archive_paths import counted_layers
from translation.keras2_to_2_15.vocabularies import LOOKUPS

# The attributes under which a layer holds its table, and a TextVectorization the lookup layer, in all versions.
_TABLES = ("lookup_table", "_table")
_INSIDE = ("_lookup_layer", "_index_lookup_layer")


def filled(architecture: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    """The architecture with every vocabulary in the config of its layer.

    Only TensorFlow can read a table, so a SavedModel that has lookup layers is loaded, which runs the initializers of
    its tables; the scanner has allowed every operator in them.
    """
    import tensorflow as tf

    if not any(each.class_name in LOOKUPS for each in objects(architecture)):
        return architecture
    return _filled(architecture, tf.saved_model.load(str(folder)))


def _filled(entry: Mapping[str, Any], restored: Any) -> Mapping[str, Any]:
    """A layer's entry with the vocabularies below it; `restored` is the layer as TensorFlow loads it."""
    config = entry["config"]
    if entry["class_name"] in LOOKUPS:
        return {**entry, "config": {**config, **_learnt(entry["class_name"], config, restored)}}
    if not is_model(entry):
        return entry
    new = {
        id(layer): _filled(layer, getattr(restored, f"layer-{number}", None))
        for number, layer in enumerate(counted_layers(entry))
    }
    return {**entry, "config": {**config, "layers": [new.get(id(layer), layer) for layer in config["layers"]]}}


def _learnt(class_name: str, config: Mapping[str, Any], restored: Any) -> Mapping[str, Any]:
    """The config keys that a lookup layer has learnt; none if there is no table, which is reported later."""
    inner = next((getattr(restored, name) for name in _INSIDE if hasattr(restored, name)), restored)
    table = next((getattr(inner, name) for name in _TABLES if hasattr(inner, name)), None)
    if table is None:
        return {}
    words = _words(table, "int64" if class_name == "IntegerLookup" else "string", bool(config.get("invert")))
    if config.get("output_mode") not in ("tf_idf", "tf-idf"):
        return {"vocabulary": words}
    unknown = [config.get("oov_token", "[UNK]")] * config.get("num_oov_indices", 1)
    return {
        "vocabulary": [*unknown, *words],
        "idf_weights": inner.idf_weights.numpy().tolist()[: len(unknown) + len(words)],
    }


def _words(table: Any, dtype: str, invert: bool) -> list[Any]:
    """The words of a table in the order of their indices."""
    import tensorflow as tf

    kinds = ("int64", dtype) if invert else (dtype, "int64")
    keys, values = tf.raw_ops.LookupTableExportV2(table_handle=table.resource_handle, Tkeys=kinds[0], Tvalues=kinds[1])
    indices, words = (keys, values) if invert else (values, keys)
    order = tf.argsort(indices)
    return [word.decode() if isinstance(word, bytes) else int(word) for word in tf.gather(words, order).numpy()]

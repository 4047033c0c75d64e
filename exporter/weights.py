"""Restore the weights of a Keras 2.15 model from an HDF5 group as `save` and `save_weights` write it."""

from __future__ import annotations

from typing import Any

from exporter.build import first_line
from interchange.errors import Exit, Failure


def restore(group: Any, model: Any) -> None:
    """Give `model` the weights of `group`, None where the file has no place for any.

    Raises `Failure(WEIGHTS)` where a weight is missing, surplus or of another shape.
    """
    from keras.src.saving.legacy import hdf5_format

    if group is None:
        if model.weights:
            raise _misfit("the file holds an architecture but no weights")
        return
    try:
        hdf5_format.load_weights_from_hdf5_group(group, model)
    except (ValueError, KeyError, OSError) as error:
        raise _misfit(first_line(error)) from error
    surplus = sorted(_stored(group) - _named(group))
    if surplus:
        raise _misfit(f"weights that belong to no layer: {', '.join(surplus[:5])}")


def _misfit(text: str) -> Failure:
    hint = "save architecture and weights of one and the same model again with model.save()"
    return Failure(Exit.WEIGHTS, f"the weights do not fit the architecture: {text}", hint)


def _named(group: Any) -> set[str]:
    from keras.src.saving.legacy import hdf5_format

    names = hdf5_format.load_attributes_from_hdf5_group(group, "layer_names")
    groups = [group[name] for name in names] + (
        [group["top_level_model_weights"]] if "top_level_model_weights" in group else []
    )
    return {
        dataset.name
        for part in groups
        for name in hdf5_format.load_attributes_from_hdf5_group(part, "weight_names")
        for dataset in [part[name]]
    }


def _stored(group: Any) -> set[str]:
    """Names of all datasets below a group; the static look has refused links before."""
    import h5py

    found: set[str] = set()
    for item in group.values():
        found |= _stored(item) if isinstance(item, h5py.Group) else {item.name}
    return found

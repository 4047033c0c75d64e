"""Restore the weights of a Keras 2.15 model from an HDF5 group as `save` and `save_weights` write it."""

from __future__ import annotations

from typing import Any

from exporter.build import first_line
from exporter.misfits import layers_with_weights, misfits, names_with_weights
from interchange.errors import Exit, Failure, Problem


def restore(group: Any, model: Any) -> None:
    """Give `model` the weights of `group`, None where the file has no place for any.

    Keras takes layer after layer in their order; where file and model have the same names in another order, the names
    decide.

    Raises `Failure(WEIGHTS)` where a weight is missing, surplus or of another shape, with every layer it is so for.
    """
    if group is None:
        if model.weights:
            raise _misfit("the file holds an architecture but no weights")
        return
    try:
        _load(group, model)
    except (AssertionError, IndexError, KeyError, OSError, ValueError) as error:
        raise _misfit(first_line(error), tuple(misfits(group, model))) from error
    surplus = sorted(_stored(group) - _named(group))
    if surplus:
        raise _misfit(f"weights that belong to no layer: {', '.join(surplus[:5])}")


def _load(group: Any, model: Any) -> None:
    from keras.src.saving.legacy import hdf5_format

    stored, names = names_with_weights(group), [layer.name for layer in layers_with_weights(model)]
    if stored == names or sorted(stored) != sorted(names):
        hdf5_format.load_weights_from_hdf5_group(group, model)
        return
    hdf5_format.load_weights_from_hdf5_group_by_name(group, model)
    for layer in model._flatten_layers():
        layer.finalize_state()


def _misfit(text: str, problems: tuple[Problem, ...] = ()) -> Failure:
    hint = "save architecture and weights of one and the same model again with model.save()"
    return Failure(Exit.WEIGHTS, f"the weights do not fit the architecture: {text}", hint, problems)


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

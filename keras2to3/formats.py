"""The formats that models come in and results are written in; one record each.

To add a source format, write its module in `scanner/formats` (what is in it, and is it safe) and its module in
`exporter/load/formats` (make a Keras 2 model of it), and add a record here. If its first bytes are new,
`scanner/containers.py` has to recognise them and `scanner/examine.py` to call the module.
"""

from __future__ import annotations

from dataclasses import dataclass

_DESCRIBE = (
    "Give what model.to_json() or model.to_yaml() wrote with --architecture FILE, or put it beside {} under {} name "
    "and give the folder; or the function that builds the model, with --architecture FILE.py:FUNCTION."
)


@dataclass(frozen=True)
class SourceFormat:
    """A format that a source may have.

    `name` is what reports call it, `title` what `inspect` calls it. `content` is what it holds: a `model` with an
    architecture and weights, an `architecture`, the `weights` alone, or `other`. In a folder, files with one of
    `endings` are sources; what else is one is told by its content.

    `has_weights` tells whether its weights can be given to another model; `of_keras_3` whether Keras 3 writes this
    format as well; with `sends_architecture` the exporter gets the architecture from the scan, and does not read it
    itself. `root` is the group of the file in which the layers of the outermost model stand; None where the names of
    groups do not tell. `unsupported` says of a format that is not migrated by itself what it is, and what to do.
    """

    name: str
    title: str
    content: str
    endings: tuple[str, ...] = ()
    has_weights: bool = False
    of_keras_3: bool = False
    sends_architecture: bool = False
    root: str | None = None
    unsupported: tuple[str, str] | None = None


_SOURCES = (
    SourceFormat(
        "h5",
        "a whole model in HDF5",
        "model",
        (".h5", ".hdf5", ".model"),
        has_weights=True,
        of_keras_3=True,
        root="model_weights/",
    ),
    SourceFormat("keras", "a .keras archive", "model", (".keras",), has_weights=True, of_keras_3=True, root="layers/"),
    SourceFormat("savedmodel", "a SavedModel", "model", sends_architecture=True),
    SourceFormat("tfjs", "a layers model of TensorFlow.js", "model", sends_architecture=True),
    SourceFormat("json", "an architecture in JSON", "architecture", sends_architecture=True),
    SourceFormat("yaml", "an architecture in YAML", "architecture", sends_architecture=True),
    SourceFormat(
        "weights",
        "weights alone in HDF5",
        "weights",
        has_weights=True,
        root="",
        unsupported=("holds weights without an architecture", _DESCRIBE.format("the weights", "their")),
    ),
    SourceFormat(
        "checkpoint",
        "a checkpoint of TensorFlow",
        "weights",
        has_weights=True,
        unsupported=(
            "is a checkpoint of TensorFlow, which holds weights without an architecture",
            _DESCRIBE.format("it", "its"),
        ),
    ),
    SourceFormat(
        "npz",
        "arrays in NPZ",
        "other",
        unsupported=(
            "holds NumPy arrays, and does not say of which model they are",
            "Give the file that model.save('model.h5') or model.save_weights('model.weights.h5') wrote.",
        ),
    ),
    SourceFormat(
        "bundle",
        "a bundle of ours",
        "other",
        unsupported=(
            "is a bundle, the exchange format of the two workers",
            "Migrate the model that it was made from. `keras2to3 inspect` shows what is in a bundle.",
        ),
    ),
)
SOURCES = {each.name: each for each in _SOURCES}
"""The formats of sources by name."""

ENDINGS = frozenset(ending for each in _SOURCES for ending in each.endings)
"""How files end that are sources wherever they lie."""


@dataclass(frozen=True)
class Output:
    """A kind of result.

    `ending` is that of its file or folder, `kind` what `report.json` calls it. `scanned_as` is the format that the
    scan has to find in it; None for what the command makes of the source and a file of ours.
    """

    ending: str
    kind: str
    scanned_as: str | None


KERAS = Output(".keras", "native", "keras")
WEIGHTS = Output(".weights.h5", "weights", "weights")
SERVING = Output(".serving", "serving", None)
H5_OF_KERAS_2 = Output(".h5", "keras2", "h5")
KERAS_OF_KERAS_2 = Output(".keras", "keras2", "keras")
SAVEDMODEL_OF_KERAS_2 = Output(".savedmodel", "keras2", "savedmodel")

BY_OPTION = {"keras": KERAS, "weights": WEIGHTS}
"""What `--format` of `migrate` names."""
BACK_BY_OPTION = {"h5": H5_OF_KERAS_2, "keras": KERAS_OF_KERAS_2, "savedmodel": SAVEDMODEL_OF_KERAS_2}
"""What `--format` of `rollback` names."""

RESULT_ENDINGS = tuple(dict.fromkeys(each.ending for each in (*BY_OPTION.values(), SERVING, *BACK_BY_OPTION.values())))
"""How the names of results end."""

"""Put the layer beside the SavedModel, and prove that it answers what TensorFlow 2.15 has."""

from __future__ import annotations

import functools
import importlib.util
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from importer.details.failures import telling
from importer.details.other_routes import served
from importer.details.outputs import Pairs
from importer.verify.inference import release
from importer.verify.verify import verify
from interchange.bundle import Bundle
from interchange.messages.changes import Change
from interchange.messages.requests import ServeRequest
from interchange.messages.results import VerifiedModel
from interchange.protocol import Say

LAYER = "served_model"
_NOTE = "its graph stays as it is; {}.ServedModel()({}) calls it"


class _Model:
    """A layer as far as verifying asks of a model."""

    def __init__(self, layer: Any) -> None:
        import keras

        self._layer, self.name = layer, layer.name
        inputs = {name: layer._specs[name] for name in layer.input_names}
        self._inputs_struct = {name: keras.KerasTensor((), _dtype(spec)) for name, spec in inputs.items()}
        self.inputs = list(self._inputs_struct.values())

    def __call__(self, inputs: Mapping[str, Any], training: bool = False) -> Any:  # noqa: ARG002
        return self._layer(inputs)

    def _flatten_layers(self) -> list[Any]:
        return []


def _dtype(spec: Any) -> str:
    return str(spec.dtype.name)


def serve(request: ServeRequest, say: Say) -> VerifiedModel:
    """Write the layer into the target, where `saved_model` lies already, and verify it."""
    import keras

    release()
    keras.backend.clear_session()
    bundle = Bundle.open(request.bundle)
    say("wrapping its graph as a layer of Keras 3")
    written = request.target / f"{LAYER}.py"
    shutil.copyfile(Path(__file__).with_name(written.name), written)
    say("calling it and comparing")
    layer = _imported(written).ServedModel(signature=bundle.json("serving.json")["signature"])
    with telling(page := functools.partial(served, pairs := Pairs())):
        verification = verify(_Model(layer), bundle, request.tolerances, pairs=pairs)
    usage = ", ".join(f"{name!r}: ..." for name in layer.input_names)
    note = Change("", "serving", "structural", _NOTE.format(LAYER, f"{{{usage}}}"))
    return VerifiedModel((note,), verification, weights=None, details=page())


def _imported(path: Path) -> Any:
    """The written file as a module: what is proven is what lies there, and not the code that wrote it."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

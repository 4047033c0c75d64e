"""Build the model that a description holds in Keras 2.15, write it, and export what stock Keras reads of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from exporter.describe import description
from exporter.load import custom_objects
from exporter.load.custom_objects import CustomObjects
from exporter.probes import probing
from exporter.rollback import compiled, save
from exporter.rollback.described import Built, built
from exporter.run import inference
from exporter.training import proof
from exporter.whole_model import write_answers, write_model
from interchange.bundle import Bundle, BundleWriter
from interchange.error_text import cause
from interchange.errors import Problem, refused
from interchange.messages.requests import WriteRequest
from interchange.messages.results import Needs, WriteResult
from interchange.messages.training import Training
from interchange.protocol import Say
from interchange.user_files.needed import needed
from interchange.weight_key import WeightKey
from interchange.workers.stopwatch import Stopwatch

_NAMING = ("architecture.json", "training.json")  # the documents of a bundle that name classes and functions


def write(request: WriteRequest, say: Say) -> WriteResult:
    """Write the model that `request.description` holds, and a bundle of what stock Keras 2.15 reads and computes.

    Raises `Failure(REFUSED)` for what Keras 2.15 lacks, and `Failure(WEIGHTS)` for weights that do not fit.
    """
    import keras

    stopwatch = Stopwatch()
    own = custom_objects.opened(request.customs)
    described = Bundle.open(request.description)
    inference.forget_models()
    say(f"building it with Keras {keras.__version__}")
    made = built(described, own)
    stopwatch.lap("build")
    training = compiled.restore(made.model, described, own, request.format, made.keys)
    say("writing it")
    _save(made.model, request)
    stopwatch.lap("save")
    made = replace(made, model=None)
    inference.forget_models()
    say("reading it back")
    model, training = _read_back(request.target, own, training)
    training = compiled.as_read(model, described, training, made.keys)
    tensors = len(list(description.variables(model)))
    stopwatch.lap("read")
    say("computing its outputs")
    noise = _exported(model, request, own, made, training)
    stopwatch.lap("answers")
    changes, needs = (*made.changes, *compiled.told(training)), _needs(request.bundle, own)
    return WriteResult(changes, tensors, noise, stopwatch.seconds, training, needs)


def _save(model: Any, request: WriteRequest) -> None:
    try:
        save.save(model, request.target, request.format)
    except Exception as error:
        text = f"Keras 2.15 cannot save it as {request.format}: {cause(error)}"
        raise refused([Problem("", "Model", text)], text, save.OTHER_FORMAT) from error


def _read_back(target: Path, own: CustomObjects, training: Training | None) -> tuple[Any, Training | None]:
    """The written model as its user opens it, who has the code of `own`; uncompiled if it only opens so."""
    import keras

    objects = dict(own.objects) or None
    try:
        return keras.models.load_model(target, objects), training
    except Exception as error:  # noqa: BLE001  (whatever Keras raises of a model that it has written itself)
        reason = cause(error)
    try:
        model = keras.models.load_model(target, objects, compile=False)
    except Exception as error:
        text = f"Keras 2.15 cannot open what it has written: {reason}"
        raise refused([Problem("", "Model", text)], text, save.OTHER_FORMAT) from error
    return model, Training("dropped", f"Keras 2.15 cannot compile it when it opens the file: {reason}")


def _needs(written: Path, own: CustomObjects) -> Needs | None:
    """What of the user's file the model of a bundle is opened with.

    All of it is given by name: what is registered, Keras 2.15 does not find inside of wrappers.
    """
    if own.file is None:
        return None
    bundle = Bundle.open(written)
    documents = [bundle.json(name) for name in _NAMING if name in bundle.manifest.files]
    return needed(own.file, own.objects, documents, registered=())


def _exported(
    model: Any, request: WriteRequest, own: CustomObjects, made: Built, training: Training | None
) -> Mapping[str, tuple[float, ...]]:
    """Write the bundle of the model as it was read; returns how far rounding moves its outputs."""
    import keras

    writer = BundleWriter(request.bundle, {"keras": keras.__version__}, request.about.to_json())
    write_model(model, own, writer, lambda facts: {**facts, **_in_keras_3(facts, made.keys)})
    answers = write_answers(model, [], writer, request.probes, own)
    if compiled.write(model, training, writer):
        proof.write(model, answers.answered, writer, probing.until(request.probes), answers.drawn)
    writer.close()
    return answers.noise


def _in_keras_3(facts: Mapping[str, Any], keys: Mapping[WeightKey, WeightKey]) -> Mapping[str, Any]:
    """Where a weight is in Keras 3, if it is known."""
    key = keys.get(WeightKey.from_facts(facts))
    return {} if key is None else {"keras3": [*key.path, key.name]}

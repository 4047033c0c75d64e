"""How the model of a file was compiled and how far it is trained, in the bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from exporter.load import LOADERS, LoadRequest
from exporter.load.custom_objects import CustomObjects
from exporter.restore.account import Account
from exporter.restore.stored_training import StoredTraining
from exporter.training import compiling, state
from exporter.training.compiling import UncompiledError
from interchange.bundle import BundleWriter
from interchange.user_files.custom_objects import bare
from translation.keras2_to_runnable import Normalised
from translation.training import compile_config
from translation.training.compile_config import UnclearConfigError
from translation.training.matching import UnfitError
from translation.user_models import LISTED

KEPT, REBUILT, DROPPED = "kept", "rebuilt", "dropped"
_DEFINE = "give the file that defines it, --custom-objects FILE.py"


def write(
    model: Any, source: LoadRequest, account: Account, normalised: Sequence[Normalised], writer: BundleWriter
) -> bool:
    """Compile the model as its file says, and write that with the state of its optimizer; nothing if it is uncompiled.

    `account` has which tensor of the file became which weight, `normalised` what was rewritten to load it. Returns
    whether the model is compiled now; it is not if the document says `dropped`. What of it the file has wrong is a
    reason in the document, and no failure.
    """
    opens = LOADERS[source.format].training
    if opens is None:
        return False
    if source.unreadable_training is not None:
        writer.write_json("training.json", _document(DROPPED, source.unreadable_training))
        return False
    with opens(source) as training:
        if training is None:
            return False
        reason = _obstacle(model, source, normalised)
        document = _document(DROPPED, reason) if reason else _written(model, source, account, training, writer)
        writer.write_json("training.json", document)
        return document["compile"] is not None


def _written(
    model: Any, source: LoadRequest, account: Account, training: StoredTraining, writer: BundleWriter
) -> Mapping[str, Any]:
    """The document for a model that its file has compiled."""
    try:
        found = compile_config.known(training.config, _names(source.own))
        if found.missing:
            return _document(DROPPED, _undefined(found.missing), found.missing)
        compiling.compile_model(model, found.config, source.own.objects)
        reason = _restore(model, training, found.config, source, account)
        compiled, names = compiling.described(model), list(model.metrics_names)
    except UnclearConfigError as error:
        return _document(DROPPED, f"the file does not say how the model was compiled: {error}")
    except UncompiledError as error:
        return _document(DROPPED, str(error))
    if reason is None:
        writer.write_tensors("optimizer.npz", state.rows(model))
    document = _document(KEPT if reason is None else REBUILT, reason)
    return {**document, "compile": compiled, "metrics_names": names}


def _document(optimizer: str, reason: str | None, missing: Sequence[str] = ()) -> Mapping[str, Any]:
    return {
        "compile": None,
        "optimizer": optimizer,
        "reason": reason,
        "missing": list(missing),
        "metrics_names": [],
    }


_OF_TRAINING = ("train_step", "make_train_function", "compute_loss", "compute_metrics", "compile", "fit")


def _obstacle(model: Any, source: LoadRequest, normalised: Sequence[Normalised]) -> str | None:
    """Why the model is not compiled although its file is, whatever that says."""
    if source.part is not None:
        return "the file is compiled as a whole, and a part of it is migrated"
    if lost := [row.rule for row in normalised if not row.layer and row.text == LISTED.format(bare(row.rule))]:
        return f"its class {bare(lost[0])} may train in a way of its own: {_DEFINE}"
    if own := [name for name in _OF_TRAINING if not _is_keras(_defining(type(model), name))]:
        return f"its class {type(model).__name__} trains in a way of its own, by {own[0]}, and the result is without it"
    if any(type(layer).__name__ == "AddLoss" for layer in model._flatten_layers()):
        return "the model adds losses of its own (AddLoss), which no layer of Keras 3 does"
    return None


def _undefined(missing: Sequence[str]) -> str:
    names = ", ".join(missing[:5]) + (" and others" if len(missing) > 5 else "")
    return f"Keras 2.15 does not know {names}: {_DEFINE}"


def _defining(kind: type, name: str) -> type:
    """The class among the bases of a class that defines a method."""
    return next((base for base in kind.__mro__ if name in vars(base)), kind)


def _is_keras(made: Any) -> bool:
    return str(getattr(made, "__module__", "")).partition(".")[0] == "keras"


def _names(own: CustomObjects) -> frozenset[str]:
    """The names that the user's file defines, without what Keras registers itself."""
    return frozenset(name for name, made in own.objects.items() if not (name.startswith("Custom>") and _is_keras(made)))


def _restore(
    model: Any, training: StoredTraining, config: Mapping[str, Any], source: LoadRequest, account: Account
) -> str | None:
    """Restore the state of the optimizer; the reason for a new optimizer in its place if that is not possible."""
    if source.no_optimizer:
        return "the state of the optimizer was left out, as asked"
    try:
        state.restore(model, training, account)
    except UnfitError as error:
        compiling.compile_model(model, config, source.own.objects)
        return str(error)
    return None

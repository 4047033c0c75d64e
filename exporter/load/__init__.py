"""Load a source of any format as a Keras 2.15 model with its weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from exporter.keras2 import channels_first
from exporter.load import lambdas, replaced_lambdas
from exporter.load.formats import LOADERS
from exporter.load.request import LoadRequest
from exporter.restore.account import Account
from interchange.errors import Exit, Failure
from translation.keras2_to_runnable import Normalised, Tell, unheard

__all__ = ["LOADERS", "LoadRequest", "load"]


def load(request: LoadRequest, tell: Tell = unheard, account: Account | None = None) -> Any:
    """The Keras 2.15 model of a source with its weights, not compiled; every normalised layer is passed to `tell`.

    `account` gets which tensor of the file became which weight.

    Raises `Failure`: `REFUSED` and `UNREADABLE` if Keras 2.15 cannot build the architecture, `WEIGHTS` if a weight is
    missing, surplus or of another shape.
    """
    account, loader = account or Account(), LOADERS[request.format]
    model = loader.load(request, tell, account)
    account.check(model)
    if request.part is not None and not loader.selects_part:
        model = _part_of(model, request.part)
        tell(Normalised("", "part", f"only the model {request.part} is migrated: --part {request.part}", "original"))
    names = lambdas.names_from(model, request.own.file.name) if request.own.file else ()
    replaced = replaced_lambdas.executed(model, request.replaced)
    for row in (*replaced, *names, *channels_first.transposed(model)):
        tell(row)
    return model


def _part_of(model: Any, part: str) -> Any:
    """The nested model at a path of names.

    Raises `Failure(USAGE)` if there is no such model, and `Failure(REFUSED)` for one whose inputs are unknown.
    """
    models = dict(_models(model, ()))
    if part not in models:
        nested = ", ".join(models)[:2000] or "none"
        raise Failure(Exit.USAGE, f"--part: {model.name} holds no model called {part}", f"models within it: {nested}")
    if not getattr(models[part], "_is_graph_network", False):
        text = f"--part: {part} is of a custom class, whose inputs are unknown"
        raise Failure(Exit.REFUSED, text, "leave --part out: the whole model defines its inputs")
    return models[part]


def _models(model: Any, above: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    import keras

    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield "/".join((*above, layer.name)), layer
            yield from _models(layer, (*above, layer.name))

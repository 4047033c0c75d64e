"""Every kind of source has a door: a module that makes of it a Keras 2.15 model with its weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from exporter.keras2 import channels_first
from exporter.load import checkpoint, h5, keras, lambdas, saved_model, text, tfjs
from exporter.load.inner_model import part_of
from exporter.load.replaced_lambdas import told
from exporter.load.request import Source
from exporter.restore.account import Account
from translation.keras2_to_runnable import Normalised, Tell, unheard

__all__ = ["DOORS", "Source", "load"]

DOORS: Mapping[str, Callable[[Source, Tell, Account], Any]] = {
    "h5": h5.load,
    "keras": keras.load,
    "savedmodel": saved_model.load,
    "json": text.load,
    "yaml": text.load,
    "weights": h5.load_weights,
    "checkpoint": checkpoint.load,
    "tfjs": tfjs.load,
}
"""By the format that the look tells."""

_WEIGHTS = ("weights", "checkpoint")


def load(source: Source, tell: Tell = unheard) -> Any:
    """The Keras 2.15 model of a source, weights restored, not compiled; `tell` hears what is normalised.

    Raises `Failure`: `REFUSED` and `UNREADABLE` where Keras 2.15 cannot make the architecture, `WEIGHTS` where a weight
    is missing, surplus or of another shape: every door notes in an account what it reads of the file.
    """
    account = Account()
    model = DOORS[source.format](source, tell, account)
    account.check(model)
    if source.format not in _WEIGHTS:  # there it is a part of the file
        model = part_of(model, source.part)
        if source.part is not None:
            tell(Normalised("", "part", f"only the model {source.part} is migrated: --part {source.part}", "original"))
    names = lambdas.told(model, source.own.file.name) if source.own.file else ()
    for row in (*told(model, source.replaced), *names, *channels_first.told(model)):
        tell(row)
    return model

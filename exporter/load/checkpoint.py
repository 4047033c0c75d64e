"""A checkpoint of TensorFlow with an architecture from elsewhere: `save_weights("name")`, or one of several models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from exporter.load import input_widths
from exporter.load.from_architecture import built
from exporter.load.request import Source
from exporter.restore import checkpoint
from exporter.restore.account import Account, require_none
from exporter.restore.checkpoint_tensors import Checkpoint
from interchange.errors import Problem, refused
from translation.keras2_to_runnable import Normalised, Tell

_WAY = "select one with --part NAME and its architecture, in one run for each"


def load(source: Source, tell: Tell, account: Account) -> Any:
    """The model of the source's architecture with the weights in a checkpoint; see `exporter.load.load`.

    Raises `Failure(REFUSED)` as well, for a checkpoint of several models of which none was taken.
    """
    assert source.architecture is not None  # the look has refused weights without one
    prefix = source.path.with_suffix("")
    model = built(source, input_widths.widened(source.architecture, input_widths.in_checkpoint(prefix)), tell)
    found = Checkpoint(prefix, source.part)
    start, lacking = found.find(model, source.architecture)
    several = found.models()
    if len(several) > 1 and source.part is None and (start is None or start.below):
        raise _question(several)
    require_none(lacking)
    assert start is not None  # nothing lacks
    checkpoint.restore(prefix, model, source.architecture, account, start)
    if source.part is not None:
        _leave_out(prefix, account, source.part, tell)
    return model


def _question(models: list[str]) -> Exception:
    text = f"the checkpoint holds several models: {', '.join(models)}"
    return refused([Problem(name, "model", "it is one of several", unblock=_WAY) for name in models], text, _WAY)


def _leave_out(prefix: Path, account: Account, part: str, tell: Tell) -> None:
    """Tell of the tensors outside of the part that is taken, which nothing is made of."""
    others = [name for name in checkpoint.Checkpoint(prefix).stored if not name.startswith(f"{part}/")]
    account.uses(others)
    for name in dict.fromkeys(other.split("/")[0] for other in others):
        tell(Normalised("", "part", f"{name} of the checkpoint is left out: --part {part}", "original"))

"""A model that Keras 3 saved: whether this Keras 3 opens it, and what is known to be wrong with it put right."""

from __future__ import annotations

import functools
import re
import zipfile
from pathlib import Path
from typing import Any

from importer.details.failures import telling
from importer.details.other_routes import repaired
from importer.details.outputs import Pairs
from importer.save.save import config_of, read_back, saved_by, with_config
from importer.verify import samples
from importer.verify.inference import release
from importer.verify.verify import compared, verify
from interchange.bundle import Bundle
from interchange.errors import Exit, Failure
from interchange.messages.requests import OpenRequest, ProveRequest, ToleranceOptions
from interchange.messages.results import OpenResult, ProveResult, VerifiedModel
from interchange.messages.verification import Verification, unproven
from interchange.messages.weights import Weights
from interchange.protocol import Say
from interchange.text import in_one_line, said
from translation.keras3_minors import repairs
from translation.keras3_minors.repairs import Repaired

_OWN_CODE = (
    "There is nothing to migrate: Keras 3 opens it for whoever has its code, with keras.saving.load_model(path, "
    "custom_objects={{{0!r}: {0}}})."
)
_UNLOCATED = re.compile(r"(?:Could not (?:locate|find) (?:class|function)|Unknown \w+:) '(\w+)'")
_OLDEST = (3, 5)  # that --keras takes


def open_(request: OpenRequest, say: Say) -> OpenResult:
    """Open it as a stranger would, and write the target where something known is wrong with it.

    Raises `Failure(UNREADABLE)` with Keras's own words where it does not open and nothing known would help.
    """
    import keras

    release()
    keras.backend.clear_session()
    say(f"opening it with Keras {keras.__version__}")
    path, target = request.source, request.target
    found = _known(path)
    model, error = _opened(path)
    if model is None:
        found = _more(found)
    if not found.changes:
        if error:
            raise _failure(error, saved_by(path)) from error
        return OpenResult()
    say("repairing known defects, reading it back and comparing")
    with_config(path, found.config, target)
    again, trouble = _opened(target)
    if again is None:
        target.unlink()
        raise _failure(error or trouble, saved_by(path)) from trouble
    page = functools.partial(repaired, config_of(path), again, pairs := Pairs())
    try:
        with telling(page):
            verification = _verified(model, error, again, request.tolerances, pairs)
    except Failure:
        target.unlink()
        raise
    return OpenResult(VerifiedModel(tuple(found.changes), verification, _counted(again), page()))


def prove(request: ProveRequest, say: Say) -> ProveResult:
    """Require that this Keras 3 opens a result, compiled if it is, and that it answers as the bundle says.

    Raises `Failure` otherwise.
    """
    import keras

    release()
    keras.backend.clear_session()
    say(f"opening it with Keras {keras.__version__} and comparing")
    model, error = _opened(request.source, is_compiled=True)
    if error:
        raise Failure(Exit.UNREADABLE, f"Keras {keras.__version__} cannot open it: {_said(error)}") from error
    verify(model, Bundle.open(request.bundle), request.tolerances)
    return ProveResult()


def _known(path: Path) -> Repaired:
    """Other files than zip archives are as old as the HDF5 of Keras 2, and hold no arrays."""
    return repairs.with_lists(config_of(path)) if zipfile.is_zipfile(path) else Repaired(None)


def _more(found: Repaired) -> Repaired:
    if found.config is None:
        return found
    import keras

    more = repairs.respelled(found.config, _is_public, keras.__version__)
    return Repaired(more.config, (*found.changes, *more.changes))


def _is_public(path: str) -> bool:
    import keras

    _, module, name = path.split(".")
    return hasattr(getattr(keras, module), name)


def _opened(path: Path, *, is_compiled: bool = False) -> tuple[Any, Exception | None]:
    """The model, or why it is none."""
    try:
        return read_back(path, None, is_compiled), None
    except Exception as error:  # noqa: BLE001  (whatever Keras raises of a file it cannot read)
        return None, error


def _said(error: Exception) -> str:
    """What Keras has to say of it; often that comes after the whole config."""
    _, told, text = str(error).rpartition("Exception encountered: ")
    return in_one_line(text) if told else said(error)


def _failure(error: Exception | None, version: str | None) -> Failure:
    import keras

    told = _said(error) if error else ""
    text = f"was saved by Keras {version or 3}, and Keras {keras.__version__} cannot open it: {told}"
    return Failure(Exit.UNREADABLE, text, _hint(error, version, keras.__version__))


def _hint(error: Exception | None, saved_by: str | None, own: str) -> str | None:
    """What would open it: its code, where that is all it lacks, or the Keras that saved it, if it is another one."""
    if name := _UNLOCATED.search(str(error)):
        return _OWN_CODE.format(name[1])
    release = tuple(map(int, re.findall(r"\d+", saved_by or "")[:2]))
    if saved_by is None or saved_by == own or release < _OLDEST:
        return None
    return f"Open it with the Keras that saved it: --keras {saved_by}"


def _verified(model: Any, error: Exception | None, again: Any, limits: ToleranceOptions, pairs: Pairs) -> Verification:
    """The file as it was is the truth, where this Keras opens it at all."""
    if model is None:
        return unproven(f"this Keras 3 cannot open the file as it was ({_said(error)})" if error else "")
    if not getattr(model, "inputs", None):
        return unproven("the inputs of the model are unknown")
    try:
        calls = samples.calls(model)
    except Failure as failure:
        return unproven(f"no inputs were found that the model accepts: {failure}")
    return compared(again, calls, limits, pairs=pairs)


def _counted(model: Any) -> Weights:
    """The weights are those of the file, whose bytes were not touched."""
    tensors = model.weights
    size = sum(int(variable.numpy().nbytes) for variable in tensors)
    return Weights(len(tensors), size, identical=len(tensors), rescaled=0)

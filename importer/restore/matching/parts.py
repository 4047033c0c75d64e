"""Find the model in a file: at its root, below an object that holds it, or as one of several."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from importer.restore.matching.tensor import FOLDER, without_folders
from importer.restore.matching.training_state import Path
from interchange.errors import Exit, Failure, Problem, refused

_COUNTED = "layer_with_weights-"  # what a checkpoint calls the layers of a functional or Sequential model
_WAYS = (
    "select one with --part NAME, in one run for each, or let the function build the model that holds them all, as "
    "layers or attributes of these names"
)


def heads(paths: Collection[Path]) -> list[str]:
    """The outermost names of paths, in their order."""
    return list(dict.fromkeys(path[0] for path in paths if path))


def below(paths: Sequence[Path], known: Collection[Path], part: str | None) -> Path:
    """The path below which the weights of the model are; `known` are the paths of the model.

    A `part` is what the user says. Otherwise what alone holds everything, and is no layer of the model, is passed over.

    Raises `Failure(USAGE)` for a part that the file does not have.
    """
    if part is not None:
        return _named(paths, part)
    found: Path = ()
    own = set(heads(known))
    while len(names := heads(paths)) == 1 and names[0] not in own and all(path[1:] for path in paths):
        paths, found = [path[1:] for path in paths], (*found, names[0])
    return found if set(heads(paths)) & own or _is_model(paths) else ()


def _named(paths: Sequence[Path], part: str) -> Path:
    """The path of a name, which may leave out the folders of layers."""
    wanted = tuple(name.lstrip("_") for name in part.split("/"))
    for path in paths:
        ends = [end for end in range(1, len(path) + 1) if path[end - 1] != FOLDER]
        found = next((path[:end] for end in ends if wanted in (path[:end], without_folders(path[:end]))), None)
        if found is not None:
            return found
    text = f"--part: the file has no {part}"
    raise Failure(Exit.USAGE, text, f"what is there: {', '.join(heads(paths))[:2000]}")


def _is_model(paths: Collection[Path]) -> bool:
    return any(path and (path[0] == FOLDER or path[0].startswith(_COUNTED)) for path in paths)


def several(paths: Collection[Path]) -> Failure | None:
    """The question which model is meant if a file holds more than one; else None."""
    found = [name for name in heads(paths) if _is_model([path[1:] for path in paths if path[:1] == (name,)])]
    if len(found) < 2:
        return None
    text = f"the file holds several models: {', '.join(found)}"
    return refused([Problem(name, "model", "it is one of several", unblock=_WAYS) for name in found], text, _WAYS)

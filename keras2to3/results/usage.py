"""The line of Python that opens a result with the user's own classes, from the current folder."""

from __future__ import annotations

from pathlib import Path

from interchange.messages.results import Needs
from keras2to3.reports.outcome import near


def usage(target: Path, needs: Needs, file: Path) -> str:
    """How `target` is opened, whose classes are in `file`; what is not registered has to be given by its name.

    A file in the current folder that Python can import is imported, any other is run by its path.
    """
    module = needs.module
    if module == file.stem and file.resolve().parent == Path.cwd():
        begin, member = f"import keras, {module}", f"{module}.{{}}"
    else:
        begin, member = f"import keras, runpy; own = runpy.run_path({str(near(file))!r})", "own[{!r}]"
    table = ", ".join(f"{name!r}: {member.format(name)}" for name in needs.unregistered)
    options = f", custom_objects={{{table}}}" if table else ""
    return f"{begin}; model = keras.saving.load_model({str(near(target))!r}{options})"

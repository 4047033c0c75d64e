"""Names of layers: Keras 2.15 makes scopes of TensorFlow of them, which have no spaces and few signs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from interchange.layer_path import LayerPath
from translation.keras2_to_3.translation_log import Findings
from translation.layer_names import free_name

_SCOPE = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*\Z")
_OTHER = re.compile(r"[^A-Za-z0-9_.>-]")


class Names:
    """The names in Keras 2.15 of the layers of one model; another one than in Keras 3 is reported."""

    def __init__(self, findings: Findings, names: Sequence[str], path: LayerPath) -> None:
        taken = {name for name in names if is_scope(name)}
        self._new: dict[str, str] = {}
        for name in names:
            if is_scope(name):
                continue
            self._new[name] = free_name(_as_scope(name), taken)
            taken.add(self._new[name])
            text = f"{name!r} is called {self._new[name]!r}: Keras 2.15 does not take this name"
            findings.change(path / name, "name", "structural", text)

    def new(self, name: str) -> str:
        """The name of a layer in Keras 2.15."""
        return self._new.get(name, name)


def is_scope(name: str) -> bool:
    """Whether TensorFlow takes a name for a scope."""
    return _SCOPE.match(name) is not None


def _as_scope(name: str) -> str:
    text = _OTHER.sub("_", name)
    return text if is_scope(text) else f"layer{text}"

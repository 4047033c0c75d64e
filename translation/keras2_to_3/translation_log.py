"""Changes and problems that are found while a model is translated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from interchange.errors import Problem
from interchange.layer_path import LayerPath
from interchange.messages.changes import Change
from interchange.user_files.replacements import Replacement
from translation.layer_names import free_name


@dataclass(frozen=True)
class Findings:
    """All changes and all problems of one model, each with the path and the class of what it is about."""

    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def change(self, path: LayerPath, class_name: str, kind: str, text: str) -> None:
        """A line of the report."""
        self.changes.append(Change(path, class_name, kind, text))

    def problem(
        self,
        path: LayerPath,
        class_name: str,
        text: str,
        key: str | None = None,
        value: Any = None,
        unblock: str | None = None,
    ) -> None:
        """A reason to refuse the model, once all of them are known."""
        self.problems.append(Problem(path, class_name, text, key, shown(value), unblock))

    def replaced(self, path: LayerPath, class_name: str, given: Replacement) -> None:
        """A layer that the user gives a function for."""
        self.change(path, class_name, "semantic", f"replaced by {given.place} (--replace), sha256 {given.sha256}")

    def new_names(self, names: Sequence[str], path: LayerPath) -> dict[str, str]:
        """Names for Keras 3, which has no `/` in them; the report has the map back."""
        taken = {name for name in names if "/" not in name}
        new: dict[str, str] = {}
        for name in names:
            new[name] = name if "/" not in name else free_name(name.replace("/", "_"), taken)
            if new[name] != name:
                taken.add(new[name])
                text = f"{name!r} is called {new[name]!r}: Keras 3 has no / in names"
                self.change(path / name, "name", "structural", text)
        return new


def shown(value: Any) -> Any:
    """A value in a message: of an object its name and its class."""
    if isinstance(value, Mapping) and "class_name" in value:
        config = value.get("config")
        name = config.get("name") if isinstance(config, Mapping) else None
        return f"{name} ({value['class_name']})" if name else str(value["class_name"])
    return value

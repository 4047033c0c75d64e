"""Arguments that a file leaves out, and whose defaults differ between the Keras that wrote it and Keras 2.15.

The table comes from the sources of Keras 2.0.0 to 2.15.0 and of the Keras within TensorFlow 1.8 to 2.5: of every class
of `layers`, `initializers`, `regularizers` and `constraints` the defaults of its constructor and its bases were read by
`ast`, and those that Keras 2.15 has otherwise stand here, but for those that mean the same under another name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from interchange.errors import Problem, refused
from interchange.layer_path import LayerPath
from translation.config_tree import Entry, edited, is_model, layers_of, path_of
from translation.keras1_to_2.file_facts import Facts
from translation.keras2_to_2_15 import stacked_cell_states, upsampling
from translation.keras2_to_runnable import Normalised, Tell
from translation.keras_releases import Author, Release

Config = Mapping[str, Any]

_ASK = "say which Keras wrote it, such as --written-by 2.2.4, or --written-by tf-2.1 for the Keras of TensorFlow 2.1"
_REVERSED = "it returns and takes the states of its cells from the last cell to the first, Keras 2.15 from the first"
_NEVER: Release = (0,)


def _shows(_: Config) -> bool:
    return True


def _only_in_training(_: Config) -> bool:
    return False


def _pads(config: Config) -> bool:
    return config.get("output_mode", "int") != "int" and config.get("max_tokens") is not None


@dataclass(frozen=True)
class Former:
    """A default that was `value` before a release of Keras `alone`, and of the TensorFlow it was `within`.

    `also` are older names of the key; `shows` tells of a config whether the outputs depend on it.
    """

    classes: tuple[str, ...]
    key: str
    value: Any
    alone: Release
    within: Release
    shows: Callable[[Config], bool] = _shows
    also: tuple[str, ...] = ()


FORMER = (
    Former(("GRU", "GRUCell"), "reset_after", False, (2, 4), (2, 0)),
    Former(("GRU", "GRUCell", "LSTM", "LSTMCell"), "recurrent_activation", "hard_sigmoid", (2, 3), (2, 0)),
    Former(("TextVectorization",), "pad_to_max_tokens", True, _NEVER, (2, 5), _pads),
    Former(("StringLookup",), "mask_token", "", _NEVER, (2, 6)),
    Former(("IntegerLookup",), "mask_token", 0, _NEVER, (2, 6), also=("mask_value",)),
    Former(
        ("RandomRotation", "RandomTranslation", "RandomZoom"),
        "fill_mode",
        "constant",
        _NEVER,
        (2, 3),
        _only_in_training,
    ),
)
_IN_ORDER = ((2, 2, 3), (1, 11))
"""Since when the states of stacked cells are in the order of the cells; no Keras wrote which it is."""


def with_former_defaults(
    architecture: Entry, author: Author | None, facts: Facts, tell: Tell, own: Collection[str] = ()
) -> Entry:
    """The architecture with every omitted argument whose default has changed; `tell` gets each.

    Stored weights come before what a file says of its author. Classes in `own` are the user's.

    Raises `Failure(REFUSED)` with every argument of which nobody knows what it meant.
    """
    completing = _Completing(author, facts, tell, own)
    made: Entry = edited(architecture, completing.edit)
    if problems := completing.problems:
        raise refused(problems, f"Keras versions read this file differently: {problems[0]}")
    return made


@dataclass
class _Completing:
    """Completes the objects of an architecture one by one, and collects problems."""

    author: Author | None
    facts: Facts
    tell: Tell
    own: Collection[str]
    problems: list[Problem] = field(default_factory=list)

    def edit(self, entry: Entry, path: LayerPath) -> Entry:
        """An object at `path` with what it leaves out."""
        name, config = entry.get("class_name"), entry.get("config")
        if not isinstance(name, str) or not isinstance(config, Mapping) or name in self.own:
            return entry
        if text := upsampling.told(name, config, self.author):
            self.tell(Normalised(path, name, text, "original"))
        entry = self._with_states(entry, path)
        config = entry["config"]
        given = {
            row.key: row.value for row in FORMER if name in row.classes and self._is_meant(row, name, config, path)
        }
        return {**entry, "config": {**config, **given}} if given else entry

    def _is_meant(self, row: Former, name: str, config: Config, path: LayerPath) -> bool:
        """Whether a key is omitted and has its former default."""
        if {row.key, *row.also} & {*config}:
            return False
        stored = stored_reset_after(config, path, self.facts) if row.key == "reset_after" else None
        if stored is not None:
            before: bool | None = not stored
        else:
            before = self._is_before(row.alone, row.within)
        if before:
            self.tell(Normalised(path, name, self._told(row, by_weights=stored is not None)))
        if before is None and row.shows(config):
            self._ask(path, name, f"{row.key} is left out, which meant {row.value!r} at first and something else later")
        return bool(before)

    def _is_before(self, alone: Release, within: Release) -> bool | None:
        return None if self.author is None else self.author.is_before(alone, within)

    def _told(self, row: Former, *, by_weights: bool) -> str:
        why = "which its weights show" if by_weights else f"as {self.author} meant it"
        return f"{row.key}={row.value!r} is left out, {why}: Keras 2.15 would read another value"

    def _ask(self, path: LayerPath, name: str, text: str) -> None:
        whose = "the file does not say which Keras wrote it" if self.author is None else f"{self.author} may be either"
        self.problems.append(Problem(path, name, f"{text}, and {whose}", unblock=_ASK))

    def _with_states(self, model: Entry, path: LayerPath) -> Entry:
        """A model in which stacked cells return their states in the order of Keras 2.15."""
        orders: dict[str, list[int]] = {}
        for layer in filter(stacked_cell_states.is_stacked, layers_of(model) if is_model(model) else ()):
            place = path_of(layer, path)
            gives, takes = stacked_cell_states.gives_states(layer), stacked_cell_states.takes_states(layer)
            before = self._is_before(*_IN_ORDER) if gives or takes else False
            order = stacked_cell_states.order(layer) if before and not takes else None
            if before is None:
                self._ask(place, "RNN", "its states were in the order of the last cell to the first, and later not")
            elif order is not None:
                orders[str(layer.get("name"))] = order
                self.tell(Normalised(place, "RNN", f"its states are in the order of {self.author}"))
            elif before:
                self.problems.append(Problem(place, "RNN", _REVERSED))
        return stacked_cell_states.renumbered(model, orders)


def stored_reset_after(config: Config, path: LayerPath, facts: Facts) -> bool | None:
    """What the stored bias of a GRU tells: it has two rows if the reset gate comes after; None if nothing is sure."""
    units = config.get("units")
    if facts.shapes is None or not isinstance(units, int) or not config.get("use_bias", True):
        return None
    around = (name for name in facts.shapes if path == name or path.startswith((f"{name}/", f"{name}.")))
    shapes = [*facts.shapes.get(next(around, ""), ())]
    two, one = (2, 3 * units) in shapes, (3 * units,) in shapes
    return two if two != one else None

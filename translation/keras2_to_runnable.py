"""Layers that Keras 2.15 cannot run on a CPU, or not without bytecode: rewritten before it builds the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from bytecode.refusals import Unreadable
from interchange.errors import Problem, refused
from interchange.layer_path import LayerPath
from interchange.user_files.replacements import Replacement
from translation.config_tree import edited
from translation.lambdas.bodies import KEPT, recovered
from translation.lambdas.library_functions import symbol_of

Config = Mapping[str, Any]

ADDONS = "Addons>"
"""What TensorFlow Addons puts before every name that it registers."""

ADDONS_TEXT = "Keras 2.15 runs a definition of keras2to3, because TensorFlow Addons is not installed"

REPLACED = "ReplacedLambda"
"""What a Lambda that is replaced is called until it is built."""


@dataclass(frozen=True)
class Normal:
    """The new class and config of a layer, a line for the report, and reasons to refuse it, by key."""

    class_name: str
    config: Config
    text: str
    refusals: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Normalised:
    """One layer that was normalised: where it is, its old class, a line for the report, and what became the truth."""

    layer: str
    rule: str
    text: str
    truth: str = "normalised"


Tell = Callable[[Normalised], None]


def unheard(_: Normalised) -> None:
    """Ignores a change."""


def _cudnn(becomes: str, **settings: Any) -> Callable[[Config], Normal]:
    """CuDNN has one kind of activations and always a bias; the weights are converted by Keras when it loads them."""

    def normal(config: Config) -> Normal:
        new = {**config, "activation": "tanh", "recurrent_activation": "sigmoid", "use_bias": True, **settings}
        text = "a cuDNN layer reverses the samples where it should reverse the time steps"
        refusals = {"time_major": text} if config.get("time_major") else {}
        return Normal(becomes, new, f"becomes {becomes}: it has the same equations, and cuDNN needs a GPU", refusals)

    return normal


def _virtual_batches(name: str) -> Callable[[Config], Normal | None]:
    """With virtual batches Keras 2 adds an axis when it builds, and writes the axes it counts then: all above 1."""

    def normal(config: Config) -> Normal | None:
        axes = config.get("axis")
        if not config.get("virtual_batch_size") or not isinstance(axes, list) or min(axes) < 2:
            return None
        counted = [axis - 1 for axis in axes]
        text = f"axis={axes} is read as {counted}: Keras 2 counts an axis that it adds for virtual batches"
        return Normal(name, {**config, "axis": counted}, text)

    return normal


def _lambda(config: Config) -> Normal | None:
    """A function that is only named, or whose bytecode cannot be read, stays as it is and is refused later."""
    try:
        new = recovered(config)
    except Unreadable:
        return None
    symbol = symbol_of(config)
    text = f"its body is read from bytecode of Python {new['function']['code']['python']}, not run"
    return Normal("Lambda", new, text if symbol is None else f"it is tf.{symbol}, which the file names")


_BATCH_NORMALIZATIONS = ("BatchNormalization", "BatchNormalizationV1", "BatchNormalizationV2", "SyncBatchNormalization")

TABLE: Mapping[str, Callable[[Config], Normal | None]] = {
    "CuDNNLSTM": _cudnn("LSTM"),
    "CuDNNGRU": _cudnn("GRU", reset_after=True),
    "Lambda": _lambda,
    **{name: _virtual_batches(name) for name in _BATCH_NORMALIZATIONS},
}
"""By class; None leaves a layer as it is."""


def normalised(
    architecture: Mapping[str, Any], tell: Tell, replaced: Mapping[str, Replacement] = MappingProxyType({})
) -> Mapping[str, Any]:
    """The architecture with every layer rewritten by the table, at any depth; `tell` gets each.

    What cannot be is refused (`Failure`, exit code 4), all of it at once. A Lambda that is `replaced` keeps its
    function as it is stored, for its body may be one that nobody can follow.
    """
    normalising = _Normalising(tell, replaced)
    made: Mapping[str, Any] = edited(architecture, normalising.edit)
    if problems := normalising.problems:
        raise refused(problems, f"Keras 2.15 cannot run this model on a CPU: {problems[0]}")
    return made


@dataclass
class _Normalising:
    """Rewrites the objects of an architecture one by one, and collects problems."""

    tell: Tell
    replaced: Mapping[str, Replacement]
    problems: list[Problem] = field(default_factory=list)

    def edit(self, entry: Mapping[str, Any], path: LayerPath) -> Mapping[str, Any]:
        """An object at `path`, or a dictionary in its config, which may name a function."""
        new = self._object(entry, path) if "class_name" in entry else entry
        for item in new.values():
            if isinstance(item, str) and item.startswith(ADDONS) and item != new.get("class_name"):
                self.tell(Normalised(path, item, ADDONS_TEXT))
        return new

    def _object(self, entry: Mapping[str, Any], path: LayerPath) -> Mapping[str, Any]:
        name, config = entry["class_name"], entry.get("config") or {}
        if name == "Lambda" and path in self.replaced:
            return {**entry, "class_name": REPLACED, "config": _kept(config, self.replaced[path])}
        if name == "TFOpLambda" and path in self.replaced:
            return {**entry, "config": {**config, "replacement": self.replaced[path].to_json()}}
        if str(name).startswith(ADDONS):
            self.tell(Normalised(path, name, ADDONS_TEXT))
        normal = TABLE[name](config) if name in TABLE else None
        if normal is None:
            return entry
        for key, text in normal.refusals.items():
            self.problems.append(Problem(path, name, text, key, config[key]))
        self.tell(Normalised(path, name, normal.text, "recovered" if name == "Lambda" else "normalised"))
        return {**entry, "class_name": normal.class_name, "config": normal.config}


def _kept(config: Config, given: Replacement) -> Config:
    """The config of a Lambda that is replaced: its body where that can be read, and what is stored in any case."""
    try:
        new = recovered(config)
    except Unreadable:
        new = {key: config[key] for key in KEPT if key in config}
    return {**new, "stored": config.get("function"), "replacement": given.to_json()}

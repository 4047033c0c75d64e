"""One layer of Keras 1, with what is in it, as a Keras 2 config; what cannot be expressed is a problem by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from interchange.errors import Problem
from interchange.layer_path import LayerPath
from translation.config_tree import path_of
from translation.keras1_to_2 import composed, theano
from translation.keras1_to_2.classes import COMMON, MERGES, RULES, WITHOUT, Rule
from translation.keras1_to_2.file_facts import Facts
from translation.keras1_to_2.keys import INITIALIZED, KERNELS, KEYS
from translation.keras1_to_2.weight_arrays import kernel_axes
from translation.keras2_to_runnable import Normalised, Tell

Config = Mapping[str, Any]
Entry = Mapping[str, Any]

_INSTEAD = "Load it in Keras 1, rebuild the model from layers that Keras 2 has, and copy the weights."
_BACKEND = (
    "Write the backend into the file, as Keras 2 does: h5py.File('model.h5', 'a').attrs['backend'] = 'theano', or "
    "'tensorflow'."
)
_DEVIATIONS = (
    "up to Keras 1.0.5 it stored standard deviations, later variances, and the file does not say that it is newer"
)
_VERSION = (
    "If Keras 1.0.6 or later wrote it, pass --written-by 1.0.6. "
    "Otherwise rebuild the model in a newer Keras, and square the values."
)
_UNNEEDED = (
    "is a function that is not in the file; it initialized weights that the file has, so the default replaces it"
)
_ORDER = "Add the attribute dim_ordering to its config: 'th' where channels come first, else 'tf'."


@dataclass
class Spelling:
    """Rewrites layers for Keras 2, and passes each to `tell`; what Keras 2 cannot express is added to `problems`."""

    facts: Facts
    tell: Tell
    problems: list[Problem] = field(default_factory=list)
    era: str = "Keras 1"

    def layer(self, entry: Entry, path: LayerPath) -> Entry:
        """A layer at `path`, which is no model. Its place among others is for the caller to say."""
        name, config = entry["class_name"], entry.get("config") or {}
        if name == "Lambda":
            return {**entry, "config": {key: value for key, value in config.items() if key != "input_dtype"}}
        if name == "Merge":
            return self._told(entry, path, *self._merge(config, path))
        rule = RULES.get(name)
        if rule is None:
            self.problems.append(_unknown(path, str(name)))
            return entry
        new = self._config(rule, name, config, path)
        return self._told(entry, path, *self._placed(rule, name, config, new, path))

    def _told(self, entry: Entry, path: LayerPath, name: str, config: Config) -> Entry:
        old = entry["class_name"]
        text = f"{self.era} wrote it as {old}; becomes {name}" if old != name else "written as in Keras 2"
        self.tell(Normalised(path, old, text))
        return {**entry, "class_name": name, "config": config}

    def refuse(
        self, path: LayerPath, name: str, text: str, key: str | None = None, value: Any = None, way: str = ""
    ) -> None:
        """Add a problem of a layer."""
        self.problems.append(Problem(path, name, text, key, value, way or _INSTEAD))

    def _config(self, rule: Rule, name: str, config: Config, path: LayerPath) -> dict[str, Any]:
        new: dict[str, Any] = dict(rule.fixed)
        known = COMMON.union(rule.keys.split())
        for key, value in config.items():
            if key not in known:
                self.refuse(path, name, "unsupported config key: no rule for it", key, value)
                continue
            if isinstance(value, str | int) and value in rule.refused.get(key, {}):
                self.refuse(path, name, rule.refused[key][value], key, value)
            self._put(new, rule, (path, name), key, value)
        return {**new, **_joined_sizes(config)}

    def _put(self, new: dict[str, Any], rule: Rule, place: tuple[LayerPath, str], key: str, value: Any) -> None:
        """One argument; those that are joined or need a look at others are left out here.

        The `input_dtype` is that of the input before a layer, not the layer's own.
        """
        path, name = place
        verb = rule.verb(key)
        if verb is None or (key == "input_dtype" and name != "InputLayer"):
            return
        decision = verb.decide({key: value})
        if decision.refusal is None:
            new.update({"layer": self.inner(value, path, key)} if key == "layer" else decision.settings)
        elif key in INITIALIZED and self.facts.shapes is not None:
            self.tell(Normalised(path, name, f"{key}={value!r} {_UNNEEDED}"))
        else:
            self.refuse(path, name, decision.refusal, key, value)

    def inner(self, entry: Entry, path: LayerPath, key: str) -> Entry:
        """What a wrapper wraps, be it a layer or a model."""
        from translation.keras1_to_2.models import is_model, model  # each holds the other

        place = path_of(entry, path, key)
        return model(self, entry, place) if is_model(entry) else self.layer(entry, place)

    def _placed(self, rule: Rule, name: str, old: Config, new: dict[str, Any], path: LayerPath) -> tuple[str, Config]:
        """The class and config of a layer, with what depends on the file besides."""
        if rule.composed is not None:
            return self._composed(rule, name, old, path)
        if rule.unsaid and "data_format" not in new:
            self._say_ordering(name, new, path)
        if rule.weights == "slopes":
            new.update(_shared_axes(self.facts, str(old.get("name"))))
        _turn_constraint(rule, old, new)
        for text in self._untold(rule, old):
            self.refuse(path, name, text, way=_BACKEND)
        if rule.weights == "normalization" and self._may_have_deviations(old):
            self.refuse(path, name, _DEVIATIONS, way=_VERSION)
        if rule.weights == "deconvolution":
            return self._deconvolution(rule, name, old, new, path)
        if self.facts.is_theano and new.get("padding") == "same":
            return self._as_theano_pads(rule, name, new, path)
        return rule.becomes, new

    def _may_have_deviations(self, old: Config) -> bool:
        """Whether nothing tells that variances are stored; Keras 1.1 and later write regularisers of `gamma`."""
        return self.facts.shapes is not None and "gamma_regularizer" not in old and not self.facts.has_variances

    def _untold(self, rule: Rule, old: Config) -> Iterator[str]:
        """Kernels of more than one number in space look otherwise in a file of Theano."""
        sizes = [old[key] for key in (*KERNELS[0], *KERNELS[1], "filter_length") if key in old]
        if rule.weights not in (None, "dense") and max(sizes, default=1) > 1 and self.facts.is_untold():
            yield "the file does not say whether it was trained with Theano, which rotates kernels, or with TensorFlow"

    def _say_ordering(self, name: str, new: dict[str, Any], path: LayerPath) -> None:
        ordering = self.facts.ordering
        if ordering is None:
            text = "Keras 1 omitted the axis of the channels, and the other layers use different ones"
            self.refuse(path, name, text, "dim_ordering", None, _ORDER)
        else:
            new.update(KEYS["dim_ordering"].decide({"dim_ordering": ordering}).settings)

    def _composed(self, rule: Rule, name: str, old: Config, path: LayerPath) -> tuple[str, Config]:
        width = old.get("input_dim") or composed.width(name, self.facts, str(old.get("name")))
        if width is None:
            self.refuse(path, name, "the file does not say how wide its input is", "input_dim")
            return rule.becomes, {}
        return rule.becomes, composed.COMPOSED[str(rule.composed)](old, int(width))

    def _deconvolution(
        self, rule: Rule, name: str, old: Config, new: dict[str, Any], path: LayerPath
    ) -> tuple[str, Config]:
        try:
            padding = theano.output_padding(old, theano=self.facts.is_theano)
        except ValueError as error:
            self.refuse(path, name, str(error), "output_shape", old.get("output_shape"))
            return rule.becomes, new
        return rule.becomes, {**new, "output_padding": padding}

    def _as_theano_pads(self, rule: Rule, name: str, new: dict[str, Any], path: LayerPath) -> tuple[str, Config]:
        """Where Theano's `same` is not that of TensorFlow, the zeros are put around by a layer of their own."""
        if "pool_size" in new:
            if not theano.pools_alike(new):
                self.refuse(path, name, "Theano pads this pooling differently from Keras 2", "border_mode", "same")
            return rule.becomes, new
        if theano.pads_alike(new):
            return rule.becomes, new
        if rule.becomes not in theano.PADDED:
            self.refuse(path, name, "Theano pads it differently from Keras 2", "border_mode", "same")
            return rule.becomes, new
        return "Sequential", theano.padded(rule.becomes, new)

    def _merge(self, config: Config, path: LayerPath) -> tuple[str, Config]:
        mode = config.get("mode")
        if not isinstance(mode, str) or mode not in MERGES or config.get("mode_type", "raw") != "raw":
            named = isinstance(mode, str) and config.get("mode_type", "raw") == "raw"
            text = "no layer of Keras 2 merges like that" if named else "it merges with a custom function"
            self.refuse(path, "Merge", text, "mode", mode if named else None)
            return "Add", config
        new = {key: config[key] for key in ("name", "trainable") if key in config}
        if mode == "concat":
            new["axis"] = config.get("concat_axis", -1)
        if mode == "dot":
            new["axes"] = config.get("dot_axes", -1)
        return MERGES[mode], new


def _unknown(path: LayerPath, name: str) -> Problem:
    reason = WITHOUT.get(name)
    text = "a layer of Keras 1, which Keras 2 does not know" if reason is None else reason
    return Problem(path, name, text, None, None, _INSTEAD)


def _joined_sizes(config: Config) -> Mapping[str, Any]:
    """`nb_row` and `nb_col` are one `kernel_size`."""
    for names in KERNELS:
        if all(name in config for name in names):
            return {"kernel_size": [config[name] for name in names]}
    return {}


def _shared_axes(facts: Facts, name: str) -> Mapping[str, Any]:
    """Keras 1 leaves out along which axes a PReLU shares its slopes, but stores one number there."""
    shapes = (facts.shapes or {}).get(name)
    axes = [axis + 1 for axis, size in enumerate(shapes[0]) if size == 1] if shapes else []
    return {"shared_axes": axes or None}


def _turn_constraint(rule: Rule, old: Config, new: dict[str, Any]) -> None:
    """The axis along which a constraint measures a kernel, whose axes stand in another order."""
    given = new.get("kernel_constraint")
    ordering = old.get("dim_ordering")
    if not given or "axis" not in given["config"] or ordering is None or "kernel_size" not in new:
        return
    axes = kernel_axes(len(new["kernel_size"]), ordering, transposed=rule.weights == "deconvolution")
    new["kernel_constraint"] = {**given, "config": {**given["config"], "axis": axes.index(given["config"]["axis"])}}

"""How a model is compiled in Keras 3, in the words of Keras 2.15: proven by translating them forth again."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from importer.build.custom_objects import CustomObjects
from importer.training.compiling import NotCompiledError, compile_config
from interchange.messages.changes import Change
from translation.keras2_to_3.training import Untranslatable, translated_training
from translation.keras2_to_3.training_outputs import Outputs

_KEYS = ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics", "steps_per_execution", "jit_compile")
_METRICS = ("metrics", "weighted_metrics")
_PER_OUTPUT = ("loss", "loss_weights", *_METRICS)
_MALFORMED = (AttributeError, LookupError, TypeError, ValueError)
_ONLY_IN_3 = {"loss_scale_factor": None, "gradient_accumulation_steps": None}
_NEW_IN_2 = {"jit_compile": False, "is_legacy_optimizer": False}
_FEWER = "metrics that Keras 2.15 does not have are left out"
_Keys = tuple[str, ...]


class NoCounterpartError(Exception):
    """Keras 2.15 cannot be told how the model is compiled; the message says why."""


@dataclass(frozen=True)
class Compiled:
    """A `compile` as Keras 2.15 writes it, whether it is that of the source, and lines about what is not as before."""

    config: Mapping[str, Any]
    is_as_before: bool
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Words:
    """Translates how `model` would be compiled; its `outputs` are those in Keras 2.15."""

    model: Any
    outputs: Outputs
    own: CustomObjects

    def now(self) -> Any:
        """What Keras 3 writes of the model as it is compiled. Raises `NoCounterpartError`."""
        try:
            return self.arranged(compile_config(self.model, self.own))
        except _MALFORMED as error:
            raise NoCounterpartError(f"Keras 3 does not tell how it is compiled: {error}") from error

    def forth(self, config: Mapping[str, Any]) -> Any:
        """What Keras 3 writes of a model that is compiled as Keras 2.15 says. Raises `NoCounterpartError`."""
        try:
            spec, _ = translated_training(config, self.own.bases, self.outputs)
            return self.arranged(compile_config(self.model, self.own, spec))
        except (Untranslatable, NotCompiledError, *_MALFORMED) as error:
            raise NoCounterpartError(str(error)) from error

    def arranged(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """What matters of it, without the names of outputs."""
        kept = {key: config.get(key) for key in _KEYS}
        names = list(getattr(self.model, "output_names", None) or [])
        for key in _PER_OUTPUT:
            given = kept[key]
            if isinstance(given, Mapping) and "class_name" not in given and set(given) <= set(names):
                kept[key] = [given.get(name) for name in names] if len(names) > 1 else given.get(names[0])
        return kept


def backward(words: Words, before: Mapping[str, Any] | None) -> Compiled:
    """How a model is compiled, for Keras 2.15; `before` is how it was there. Raises `NoCounterpartError`."""
    now = words.now()
    changed: list[tuple[_Keys, Any, Any]] = []
    if before is not None:
        then = words.forth(before)
        if then == now:
            return Compiled(before, is_as_before=True)
        changed = list(_changed(then, now))
        patched, lines = _patched(before, changed)
        if patched is not None and _means(words, patched, now):
            return Compiled(patched, is_as_before=False, changes=tuple(lines))
    try:
        fresh = written_anew(words.model, now)
        found = words.forth(fresh)
    except NoCounterpartError as error:
        raise NoCounterpartError(f"Keras 2.15 has nothing for it: {error}") from error
    for keys, theirs, mine in _changed(found, now):
        if keys[0] not in _METRICS:  # which move no weight
            raise NoCounterpartError(f"{_shown(keys)} is {mine!r} in Keras 3, and can only be {theirs!r} in Keras 2.15")
    lines = [_line(keys, old, new) for keys, old, new in changed]
    if any(_count(found[key]) < _count(now[key]) for key in _METRICS):
        lines.append(Change("", "compile", "training-only", _FEWER))
    return Compiled(fresh, is_as_before=False, changes=tuple(lines))


def _count(metrics: Any) -> int:
    """How many metrics there are in a structure."""
    if isinstance(metrics, Mapping) and "class_name" not in metrics:
        metrics = list(metrics.values())
    return sum(map(_count, metrics)) if isinstance(metrics, list) else int(metrics is not None)


def _means(words: Words, config: Mapping[str, Any], now: Any) -> bool:
    try:
        return bool(words.forth(config) == now)
    except NoCounterpartError:
        return False


def written_anew(model: Any, now: Mapping[str, Any]) -> dict[str, Any]:
    """A config of Keras 3 as Keras 2.15 would write the same; what it cannot say shows when it is translated forth."""
    compiled = now["jit_compile"]
    return {
        **{key: _plain(now[key]) for key in _PER_OUTPUT},
        "optimizer": _optimizer(now["optimizer"]),
        "run_eagerly": bool(getattr(model, "run_eagerly", False)),
        "steps_per_execution": now["steps_per_execution"],
        "jit_compile": None if compiled == "auto" else compiled,
    }


def _optimizer(given: Any) -> Any:
    if not isinstance(given, Mapping) or not isinstance(given.get("config"), Mapping):
        return given
    config = given["config"]
    for key, usual in _ONLY_IN_3.items():
        if config.get(key, usual) != usual:
            raise NoCounterpartError(f"{key}={config[key]!r} of {given['class_name']}")
    kept = {key: _plain(value) for key, value in config.items() if key not in _ONLY_IN_3}
    if "inner_optimizer" in kept:
        return {**given, "config": {**kept, "inner_optimizer": _optimizer(config["inner_optimizer"]), "dynamic": True}}
    return {**given, "config": {**kept, **_NEW_IN_2}}


def _plain(value: Any) -> Any:
    """Losses and metrics without what Keras 3 says of each object besides."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items() if key not in ("build_config", "shared_object_id")}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _changed(before: Any, now: Any, keys: _Keys = ()) -> Iterator[tuple[_Keys, Any, Any]]:
    """Where two configs differ, and what stands there."""
    if isinstance(before, Mapping) and isinstance(now, Mapping) and before.keys() == now.keys():
        for key in before:
            yield from _changed(before[key], now[key], (*keys, key))
    elif before != now:
        yield keys, before, now


def _patched(before: Mapping[str, Any], changed: list[tuple[_Keys, Any, Any]]) -> tuple[Any, list[Change]]:
    """The config of Keras 2.15 with what has changed, if it says all of that in the same words; None otherwise."""
    made = copy.deepcopy(dict(before))
    for keys, old, new in changed:
        value: Any = made
        for key in keys[:-1]:
            value = value.get(key) if isinstance(value, dict) else None
        if not isinstance(value, dict) or keys[-1] not in value or value[keys[-1]] != old:
            return None, []
        value[keys[-1]] = copy.deepcopy(new)
    return made, [_line(keys, old, new) for keys, old, new in changed]


def _line(keys: _Keys, old: Any, new: Any) -> Change:
    text = f"{_shown(keys)} is {_short(new)} now, and was {_short(old)} when the model was migrated"
    return Change("", "compile", "training-only", text)


def _shown(keys: _Keys) -> str:
    return ".".join(key for key in keys if key != "config") or "compile"


def _short(value: Any) -> str:
    if isinstance(value, Mapping) and "class_name" in value:
        return str(value["class_name"])
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:119]}…"

"""What a rule is made of: a Keras 2.15 class, and a verb for every constructor key it knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from translation.evidence import Config, Example, SilentChange, Source

RAGGED = frozenset({"ragged"})
SPARSE = frozenset({"sparse"})


@dataclass(frozen=True)
class Decision:
    """What becomes of one key: settings for the Keras 3 constructor, and what to tell about it.

    `change` is (kind, text) for the report, `refusal` a reason not to migrate, and `decomposition` the name of a module
    in `importer/decompositions/calls/` that expresses what no constructor argument of Keras 3 can. `composed` names one
    in `importer/decompositions/layers/`, which puts another layer or model in the layer's place. With `unless_own` a
    value that the user's file defines is not refused.
    """

    settings: Config = field(default_factory=dict)
    change: tuple[str, str] | None = None
    refusal: str | None = None
    decomposition: str | None = None
    composed: str | None = None
    unless_own: bool = False


@dataclass(frozen=True)
class Verb:
    """A pure function from a key of a Keras 2.15 config to a `Decision`; `label` names it in the docs.

    `restore` is its inverse: from a Keras 3 config to what Keras 2.15 is given for the key. `no_inverse` is the reason
    why there is none.
    """

    key: str
    label: str
    decide: Callable[[Config], Decision]
    restore: Callable[[Config], Config] | None = None
    no_inverse: str = ""

    def __post_init__(self) -> None:
        if (self.restore is None) != bool(self.no_inverse):
            raise ValueError(f"verb for {self.key}: it has an inverse, or a reason why it has none")


@dataclass(frozen=True)
class Rule:
    """Everything that is known about one class of Keras 2.15.

    `becomes` is its name in Keras 3 where that differs, `sets` what that class is given beside the decided keys, and
    `source` the file that proves the change. `decomposition` names the module in
    `importer/decompositions/calls/` that calls the layer, or a record of `activations.py`; `carries`
    those which keys of a wrapped layer ask for and which can be applied around the wrapper instead. `variables` maps
    the names of variables in Keras 2.15 to other names in Keras 3. `composed` names the module in
    `importer/decompositions/layers/` that builds what stands for the class, whatever its keys. `dropped` is the reason
    why an object is left out: it acts in training alone. `refused` is the reason why a model that holds the class is
    not migrated, and `instead` what the user can do. `quiet` are the changes that neither Keras tells of;
    `docs/what-changed.md` is printed from them. `takes` are the kinds of tensors, beside dense ones, from which Keras 3
    computes the same. `otherwise` says what training does otherwise in Keras 3, whatever the keys. `dtype` makes the
    dtype of a layer in Keras 3 of the old one, and of a dtype that changes `dtype_text` says why.
    """

    name: str
    verbs: tuple[Verb, ...] = ()
    source: Source | None = None
    examples: tuple[Example, ...] = ()
    becomes: str | None = None
    sets: Config = field(default_factory=dict)
    carries: frozenset[str] = frozenset()
    decomposition: str | None = None
    composed: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    dropped: str = ""
    refused: str = ""
    instead: str = ""
    quiet: tuple[SilentChange, ...] = ()
    takes: frozenset[str] = frozenset()
    otherwise: str = ""
    dtype: Callable[[str], str] | None = None
    dtype_text: str = ""

    def __post_init__(self) -> None:
        keys = [verb.key for verb in self.verbs]
        if len(keys) != len(set(keys)):
            raise ValueError(f"rule {self.name}: two verbs for one key in {sorted(keys)}")
        if bool(self.refused) != bool(self.instead):
            raise ValueError(f"rule {self.name}: a refusal says why, and what the user can do instead")

    @property
    def keys(self) -> frozenset[str]:
        """The constructor keys this rule decides."""
        return frozenset(verb.key for verb in self.verbs)

    @property
    def unchanged(self) -> bool:
        """True where Keras 3 has the same class with the same keys and meaning."""
        own = self.becomes is None and self.decomposition is None and self.composed is None
        return own and not self.dropped and not self.refused and all(verb.label == "same" for verb in self.verbs)

    def restored(self, config: Config) -> dict[str, Any]:
        """What Keras 2.15 is given for a layer that has this config in Keras 3, as far as the verbs have inverses."""
        inverses = [verb.restore for verb in self.verbs if verb.restore is not None]
        return {key: value for restore in inverses for key, value in restore(config).items()}


def same(keys: str) -> tuple[Verb, ...]:
    """Keys, separated by spaces, that Keras 3 takes under the same name with the same meaning."""

    def keep(key: str) -> Verb:
        return Verb(key, "same", lambda config: Decision({key: config[key]}), _kept(key))

    return tuple(keep(key) for key in keys.split())


def rename(key: str, new: str, function: Callable[[Any], Any] | None = None) -> tuple[Verb, ...]:
    """A key that has another name in the newer Keras, and the value that `function` makes of the old one, if given.

    The function raises ValueError with the reason at a value that the newer Keras cannot express.
    """

    def decide(config: Config) -> Decision:
        try:
            value = config[key] if function is None else function(config[key])
        except ValueError as error:
            return Decision(refusal=str(error))
        return Decision({new: value}, ("structural", f"{key} is called {new} in Keras 3"))

    if function is not None:
        return (Verb(key, f"renamed to {new}", decide, no_inverse="its value is rewritten"),)
    return (Verb(key, f"renamed to {new}", decide, _kept(key, new)),)


def drop(key: str, *equal_to: Any, why: str) -> tuple[Verb, ...]:
    """A key without a counterpart: dropped where its value is one of `equal_to`, refused otherwise."""

    def decide(config: Config) -> Decision:
        if config[key] in equal_to:
            told = None if config[key] is None else ("structural", f"{key}={config[key]!r} dropped: {why}")
            return Decision(change=told)
        return Decision(refusal=f"Keras 3 has no {key}: {why}")

    values = " or ".join(repr(value) for value in equal_to)
    if len(equal_to) == 1:
        return (Verb(key, f"only {values}", decide, lambda _: {key: equal_to[0]}),)
    return (Verb(key, f"only {values}", decide, no_inverse="it may have been any of these values"),)


def ignore(keys: str, *, kind: str, why: str) -> tuple[Verb, ...]:
    """Keys, separated by spaces, that are dropped whatever they hold, because `why`; reported as `kind`."""

    def forget(key: str) -> Verb:
        def decide(config: Config) -> Decision:
            told = None if config[key] is None else (kind, f"{key}={_short(config[key])} dropped: {why}")
            return Decision(change=told)

        return Verb(key, f"dropped ({why})", decide, no_inverse="the value is lost")

    return tuple(forget(key) for key in keys.split())


def forget(keys: str, *, why: str) -> tuple[Verb, ...]:
    """Keys, separated by spaces, that set nothing, because `why`: dropped without a line in the report."""
    made = (Verb(key, f"dropped ({why})", lambda _: Decision(), no_inverse="the value is lost") for key in keys.split())
    return tuple(made)


def respell(key: str, function: Callable[[Any], Any], text: str) -> tuple[Verb, ...]:
    """A key whose value is spelled in a way that both versions take, and means the same: nothing is reported."""

    def decide(config: Config) -> Decision:
        return Decision({key: function(config[key])})

    return (Verb(key, text, decide, _kept(key)),)


def rewrite(key: str, function: Callable[[Any], Any], text: str) -> tuple[Verb, ...]:
    """A key whose value is written in another way; reported only where the value changes."""

    def decide(config: Config) -> Decision:
        new = function(config[key])
        changed = None if new == config[key] else ("structural", f"{key}: {text}")
        return Decision({key: new}, changed)

    return (Verb(key, text, decide, no_inverse="several values are rewritten as one"),)


def refuse(key: str, *unless: Any, why: str) -> tuple[Verb, ...]:
    """A key Keras 3 takes, but only with the values in `unless`."""

    def decide(config: Config) -> Decision:
        return Decision({key: config[key]}) if config[key] in unless else Decision(refusal=why)

    values = " or ".join(repr(value) for value in unless)
    return (Verb(key, f"only {values}", decide, _kept(key)),)


def own_function(key: str, *unless: Any, why: str) -> tuple[Verb, ...]:
    """A key Keras 3 takes with the values in `unless`, and with a function that the user's file defines."""

    def decide(config: Config) -> Decision:
        refusal = None if config[key] in unless else why
        return Decision({key: config[key]}, refusal=refusal, unless_own=True)

    values = " or ".join(repr(value) for value in unless)
    return (Verb(key, f"only {values}, or a custom function", decide, _kept(key)),)


def decompose(key: str, value: Any, decomposition: str, text: str) -> tuple[Verb, ...]:
    """A key Keras 3 does not have: at `value` a decomposition takes over, any other is what Keras 3 always does."""

    def decide(config: Config) -> Decision:
        if config[key] == value:
            return Decision(change=("structural", f"{key}={value!r}: {text}"), decomposition=decomposition)
        return Decision(
            change=("structural", f"{key}={_short(config[key])} dropped: the only value that Keras 3 supports")
        )

    return (Verb(key, text, decide, no_inverse="other layers and ops take the place of the key"),)


def custom(key: str, label: str, decide: Callable[[Config], Decision]) -> tuple[Verb, ...]:
    """A decision that needs more than the key's own value."""
    return (Verb(key, label, decide, no_inverse="it depends on more than the value of the key"),)


def _kept(key: str, name: str = "") -> Callable[[Config], Config]:
    """The inverse of a key that Keras 3 has, maybe by another name."""
    name = name or key
    return lambda config: {key: config[name]} if name in config else {}


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."

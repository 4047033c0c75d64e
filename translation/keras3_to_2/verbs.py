"""What a rule of the way back is made of: a class of Keras 3, and what becomes of the keys that Keras 2.15 has not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from translation.evidence import Config

# What an exporter's module in `exporter/rollback/calls/` is asked for by name.
Calls = tuple[str, ...]


@dataclass(frozen=True)
class Back:
    """What becomes of one key of Keras 3: settings for Keras 2.15's constructor, and what to tell about it.

    `change` is (kind, text) for the report, `refusal` a reason not to go back, and `unblock` what the user can do;
    `calls` are names of modules in `exporter/rollback/calls/` through which the layer is called.
    """

    settings: Config = field(default_factory=dict)
    change: tuple[str, str] | None = None
    refusal: str | None = None
    unblock: str | None = None
    calls: Calls = ()


@dataclass(frozen=True)
class BackVerb:
    """A pure function from a config of Keras 3 to a `Back` for the `key`; `label` names it in the docs."""

    key: str
    label: str
    decide: Callable[[Config], Back]


@dataclass(frozen=True)
class BackRule:
    """What is known about a class of Keras 3 beside what the rules of the way there say with their inverses.

    `becomes` is its name in Keras 2.15 where that differs, `calls` the modules in `exporter/rollback/calls/` that every
    call goes through, `variables` maps the names of its variables to those of Keras 2.15. `refused` is the reason why
    Keras 2.15 cannot have it, and `instead` what the user can do.
    """

    name: str
    verbs: tuple[BackVerb, ...] = ()
    becomes: str | None = None
    calls: Calls = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    refused: str = ""
    instead: str = ""

    def __post_init__(self) -> None:
        if bool(self.refused) != bool(self.instead):
            raise ValueError(f"rule {self.name}: a refusal says why, and what the user can do instead")

    @property
    def keys(self) -> frozenset[str]:
        """The keys of Keras 3 that this rule decides."""
        return frozenset(verb.key for verb in self.verbs)


def kept(keys: str) -> tuple[BackVerb, ...]:
    """Keys, separated by spaces, that Keras 2.15 takes with the same meaning."""

    def keep(key: str) -> BackVerb:
        return BackVerb(key, "same", lambda config: Back({key: config[key]}))

    return tuple(keep(key) for key in keys.split())


def renamed(key: str, old: str) -> tuple[BackVerb, ...]:
    """A key that Keras 2.15 has by another name."""
    return (BackVerb(key, f"called {old}", lambda config: Back({old: config[key]})),)


def only(key: str, *neutral: Any, why: str, unblock: str) -> tuple[BackVerb, ...]:
    """A key that Keras 2.15 does not have: left out at one of the `neutral` values, refused otherwise."""

    def decide(config: Config) -> Back:
        return Back() if config[key] in neutral else Back(refusal=f"Keras 2.15 has no {key}: {why}", unblock=unblock)

    return (BackVerb(key, f"only {' or '.join(map(repr, neutral))}", decide),)


def left_out(keys: str, *, why: str, kind: str = "", unless: tuple[Any, ...] = (None,)) -> tuple[BackVerb, ...]:
    """Keys, separated by spaces, that are left out whatever they hold, because `why`.

    They are reported as `kind`, if there is one, `unless` they hold such a value.
    """

    def leave(key: str) -> BackVerb:
        def decide(config: Config) -> Back:
            told = bool(kind) and config[key] not in unless
            return Back(change=(kind, f"{key}={config[key]!r} left out: {why}") if told else None)

        return BackVerb(key, f"left out ({why})", decide)

    return tuple(leave(key) for key in keys.split())


def decided(key: str, label: str, decide: Callable[[Config], Back]) -> tuple[BackVerb, ...]:
    """A decision that needs more than the key's own value."""
    return (BackVerb(key, label, decide),)

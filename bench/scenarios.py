"""What is compared with what: for every model the actions of a round, and the figures that are made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench import actions
from bench.actions import Action

Round = Mapping[str, float]


@dataclass(frozen=True)
class Figure:
    """A figure of one round; it is good up to `most`, or from `least` on, where there is such a bound."""

    name: str
    of: Callable[[Round], float]
    most: float | None = None
    least: float | None = None
    unit: str = ""


@dataclass(frozen=True)
class Scenario:
    """A model, or a number of small ones."""

    name: str
    about: str
    actions: tuple[Action, ...]
    figures: tuple[Figure, ...]


def _memory(stage: str, largest: float) -> Figure:
    """What a worker fills, of what it may: the framework, 1.3 times the weights, the largest tensor twice, 200 MB."""

    def of(taken: Round) -> float:
        allowed = taken[f"imports.{stage}"] + 1.3 * taken["weights"] + 2 * largest + 200e6 / 2**20
        return taken[f"command.{stage}.peak"] / allowed

    return Figure(f"memory of the {stage}er / what it may fill", of, most=1.0)


def _model(name: str, about: str, largest: float, *more: Figure, besides: tuple[Action, ...] = ()) -> Scenario:
    """A model whose largest tensor has so many MiB."""
    taken = (actions.imports, actions.plain, actions.command, *besides)
    return Scenario(name, about, taken, (*more, _memory("export", largest), _memory("import", largest)))


def _of_plain(most: float | None = None) -> Figure:
    return Figure("the command / two plain scripts", lambda taken: taken["command"] / taken["plain"], most)


def _of_imports(most: float | None = None) -> Figure:
    return Figure("the command / both imports", lambda taken: taken["command"] / taken["imports"], most)


def _pipeline(taken: Round) -> float:
    return taken["command"] - taken["imports"]


def _longer(taken: Round, kind: str) -> float:
    return max(taken[f"{kind}.export"], taken[f"{kind}.import"])


_SPEED = (
    Figure("models a second, beyond the imports", lambda taken: taken["models"] / _pipeline(taken), least=8, unit="/s"),
    Figure("beyond the imports / the longer stage", lambda taken: _pipeline(taken) / _longer(taken, "sum"), most=1.2),
)
_FLOOR = Figure(
    "beyond the imports / Keras's own part", lambda taken: _pipeline(taken) / _longer(taken, "floor"), most=1.2
)
_GROWTH = (
    Figure("seconds for a model, the last / the tenth", lambda taken: taken["last"] / taken["tenth"], most=1.1),
    Figure(
        "memory of the exporter, last / first", lambda taken: taken["last.export"] / taken["first.export"], most=1.2
    ),
    Figure(
        "memory of the importer, last / first", lambda taken: taken["last.import"] / taken["first.import"], most=1.2
    ),
)


def _trained(name: str, about: str) -> Scenario:
    """A compiled model, beside itself uncompiled."""
    figure = Figure(
        "the command / the same model uncompiled", lambda taken: taken["command"] / taken["uncompiled"], most=1.4
    )
    return Scenario(name, about, (actions.imports, actions.command, actions.untrained), (figure,))


SCENARIOS = (
    _model(
        "small",
        "a small text classifier",
        0.04,
        _of_plain(most=0.5),
        _of_imports(most=1.25),
        Figure("`nox -s migrate` without workers", lambda taken: taken["outside"], most=1.0, unit="s"),
        besides=(actions.again,),
    ),
    _model("resnet50", "ResNet50, 98 MB", 9.0, _of_plain(), _of_imports()),
    _model("lstm", "an LSTM, 226 MB", 186.9, _of_plain(most=0.35), _of_imports()),
    _model(
        "dense",
        "a Dense layer, 1.09 GB",
        1038.6,
        _of_plain(),
        Figure(
            "beyond the imports / Keras 3's own save and load",
            lambda taken: _pipeline(taken) / taken["stock"],
            most=1.3,
        ),
        Figure(
            "memory of the importer / Keras 3's own load",
            lambda taken: taken["command.import.peak"] / taken["stock.load"],
        ),
        besides=(actions.stock,),
    ),
    _trained("trained", "a small text classifier in training"),
    _trained("trained-resnet50", "ResNet50 in training, 98 MB and its momenta"),
    Scenario("200", "200 small models", (actions.imports, actions.many, actions.floor), (*_SPEED, _FLOOR)),
    Scenario("1000", "1,000 small models", (actions.imports, actions.many), (*_SPEED, *_GROWTH)),
)

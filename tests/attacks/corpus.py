"""The whole malicious corpus: every attack in every format and hiding place where it makes sense, and its policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py

from tests.attacks import containers, keras_3
from tests.attacks.architectures import LAYERS, PLACES
from tests.attacks.archives import ARCHIVES, NUMPY
from tests.attacks.canary import Canary
from tests.attacks.graphs import SAVED_MODELS
from tests.attacks.growing import GROWING, Growing
from tests.attacks.storage import HDF5
from tests.attacks.texts import JSON, YAML
from tests.models import hdf5_files
from tests.models.hdf5_files import dense, sequential

# Where each attack in JSON hides, by format: the same code finds it in all, and is tried with every place by itself.
_SOME = ("two_deep", "wrapped", "as_a_metric_two_deep")
HIDDEN = {
    "h5": ("at_the_top", *_SOME),
    "keras": ("at_the_top", *_SOME),
    "json": _SOME,
    "yaml": _SOME,
    "savedmodel": ("two_deep",),
    "bundle": ("wrapped",),
}


@dataclass(frozen=True)
class Attack:
    """A file or folder nobody may load: the policy that must be named, how its name ends, how to make it.

    Without a policy it is refused because nobody knows what it names, which `--trust` does not change.
    """

    policy: str | None
    suffix: str
    make: Callable[[Path, Canary], None]

    def write(self, folder: Path, name: str, canary: Canary) -> Path:
        path = folder / f"{name}{self.suffix}"
        self.make(path, canary)
        return path


def corpus(places: int | None = None) -> Mapping[str, Attack]:
    """Every attack by the name of its file; in each format in so many places, or in all of them."""
    made = [_architectures(places), _of_keras_3(places), _trainings(), _unreadable_trainings(), _lies()]
    made += [_storage(), _archives(), _graphs(), _texts()]
    return dict(pair for kind in made for pair in kind)


def _architectures(places: int | None) -> Iterator[tuple[str, Attack]]:
    for kind, (suffix, write) in containers.FORMATS.items():
        for place in HIDDEN[kind][:places]:
            for name, attack in LAYERS.items():
                if attack.policy or kind in (
                    "h5",
                    "json",
                    "yaml",
                ):  # the others are not migrated yet, whatever they name
                    make = _hidden(write, PLACES[place], attack.make)
                    yield f"{kind}-{name}-{place}", Attack(attack.policy, suffix, make)


def _of_keras_3(places: int | None) -> Iterator[tuple[str, Attack]]:
    for kind, (suffix, write) in keras_3.FORMATS.items():
        for place, hide in list(keras_3.PLACES.items())[:places]:
            for name, (policy, attack) in keras_3.STORED.items():
                yield f"{kind}-of-keras-3-{name}-{place}", Attack(policy, suffix, _hidden(write, hide, attack))


def _hidden(
    write: Callable[[Path, Any], None], hide: Callable[[Any], Any], attack: Callable[[Canary], Any]
) -> Callable[[Path, Canary], None]:
    return lambda path, canary: write(path, hide(attack(canary)))


# A loss or metric of one's own is no danger by its name alone, for nothing is looked up when a model is only described.
_COMPILED = {
    "bytecode": lambda c: {"class_name": "__lambda__", "config": {"value": c.function}},
    "foreign-code": lambda c: {
        "class_name": "function", "module": "os", "config": "system", "registered_name": "function"
    },
    "bytecode-in-a-layer": LAYERS["lambda"].make,
    "foreign-code-of-keras": lambda c: {
        "class_name": "function", "module": "keras.utils", "config": "get_file", "registered_name": "function"
    },
    "safe-mode": lambda c: {"class_name": "Adam", "config": {"safe_mode": False}},
    "other-files": LAYERS["vocabulary_of_the_host"].make,
    "operators": LAYERS["writes_files"].make,
}  # fmt: skip
_KEYS: Mapping[str, Callable[[Any], Any]] = {
    "loss": lambda attack: {"loss": attack},
    "metrics": lambda attack: {"loss": "mse", "metrics": [[attack]]},
    "weighted_metrics": lambda attack: {"loss": "mse", "weighted_metrics": {"out": [attack]}},
    "optimizer": lambda attack: {"optimizer_config": {"class_name": "Adam", "config": {"learning_rate": attack}}},
}


def _trainings() -> Iterator[tuple[str, Attack]]:
    for key, place in _KEYS.items():
        for name, attack in _COMPILED.items():
            policy = name.partition("-in-")[0].partition("-of-")[0]
            yield f"h5-training-{key}-{name}", Attack(policy, ".h5", _hidden(containers.h5_training, place, attack))
            compiled = _compiled(place)
            yield f"keras-compile-{key}-{name}", Attack(policy, ".keras", _hidden(containers.keras, compiled, attack))


def _compiled(place: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda attack: {**sequential(dense()), "compile_config": place(attack)}


_UNREADABLE_TRAININGS = {
    "twice_the_same_key": ("form", '{"loss": {"class_name": "__lambda__"}, "loss": "mse"}'),
    "broken": ("form", '{"loss": {"class_name": "__lambda__"}'),
    "in_a_list": ("form", '[{"class_name": "__lambda__"}]'),
    "too_deep": ("limits", '{"loss": ' + "[" * 200 + "]" * 200 + "}"),
}


def _unreadable_trainings() -> Iterator[tuple[str, Attack]]:
    """What nobody can read may hold anything, and Keras 3 would try to in a file that it opens itself."""
    for name, (policy, text) in _UNREADABLE_TRAININGS.items():
        yield (
            f"h5-of-keras-3-training-{name}",
            Attack(policy, ".h5", _hidden(_h5_training, lambda attack: attack, lambda c, t=text: t)),
        )


def _h5_training(path: Path, text: str) -> None:
    hdf5_files.write(path, keras_version="3.4.1", training_config=text)


# Those of any size that break a policy; what the others take grows with them as with honest ones.
_LIES = {
    "text_that_lies": "promises",
    "version_that_lies": "promises",
    "hole": "promises",
    "hole_in_a_folder": "promises",
    "groups_that_multiply": "limits",
    "node_def_without_end": "operators",
    "loops_in_loops": "bytecode",
    "colliding_integers": "bytecode",
    "one_code_often": "bytecode",
    "one_text_often": "bytecode",
}


def _lies() -> Iterator[tuple[str, Attack]]:
    for name, policy in _LIES.items():
        yield f"lie-{name}", Attack(policy, GROWING[name].suffix, _grown(GROWING[name]))


def _grown(growing: Growing) -> Callable[[Path, Canary], None]:
    return lambda path, canary: growing.make(path, growing.size)


def _storage() -> Iterator[tuple[str, Attack]]:
    for name, attack in HDF5.items():
        yield f"h5-storage-{name}", Attack(attack.policy, ".h5", _in_model(attack.edit))
        yield f"weights-storage-{name}", Attack(attack.policy, ".weights.h5", _in_weights(attack.edit))


def _in_model(edit: Callable[[h5py.Group, Canary], None]) -> Callable[[Path, Canary], None]:
    return _edited(hdf5_files.write, "model_weights/dense", edit)


def _in_weights(edit: Callable[[h5py.Group, Canary], None]) -> Callable[[Path, Canary], None]:
    return _edited(hdf5_files.write_weights, "dense", edit)


def _edited(
    write: Callable[[Path], Path], group: str, edit: Callable[[h5py.Group, Canary], None]
) -> Callable[[Path, Canary], None]:
    def make(path: Path, canary: Canary) -> None:
        with h5py.File(write(path), "a") as file:
            edit(file[group], canary)

    return make


def _archives() -> Iterator[tuple[str, Attack]]:
    for name, attack in ARCHIVES.items():
        yield f"keras-archive-{name}", Attack(attack.policy, ".keras", attack.make)
    for name, attack in NUMPY.items():
        yield f"npz-{name}", Attack(attack.policy, ".npz", attack.make)


def _graphs() -> Iterator[tuple[str, Attack]]:
    for name, attack in SAVED_MODELS.items():
        yield f"savedmodel-graph-{name}", Attack(attack.policy, "", attack.make)


def _texts() -> Iterator[tuple[str, Attack]]:
    for name, attack in JSON.items():
        yield f"json-text-{name}", Attack(attack.policy, ".json", _as_file(attack.make))
        yield f"h5-text-{name}", Attack(attack.policy, ".h5", _as_attribute(attack.make))
    for name, attack in YAML.items():
        yield f"yaml-text-{name}", Attack(attack.policy, ".yaml", _as_file(attack.make))


def _as_file(text: Callable[[Canary], str]) -> Callable[[Path, Canary], None]:
    def make(path: Path, canary: Canary) -> None:
        path.write_text(text(canary))

    return make


def _as_attribute(text: Callable[[Canary], str]) -> Callable[[Path, Canary], None]:
    def make(path: Path, canary: Canary) -> None:
        hdf5_files.write(path, text(canary))

    return make

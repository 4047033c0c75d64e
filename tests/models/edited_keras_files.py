"""`.keras` files of Keras 2 written anew: as other versions and systems write them, and with something broken."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py

WEIGHTS, CONFIG = "model.weights.h5", "config.json"
OLD = "_layer_checkpoint_dependencies"


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path: Path, content: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


def edited(path: Path, target: Path, edit: Callable[[h5py.File], None]) -> Path:
    """The archive with other weights."""
    content = members(path)
    weights = io.BytesIO(content[WEIGHTS])
    with h5py.File(weights, "r+") as file:
        edit(file)
    return write(target, {**content, WEIGHTS: weights.getvalue()})


def configured(path: Path, target: Path, edit: Callable[[Any], None]) -> Path:
    """The archive with another architecture."""
    content = members(path)
    config = json.loads(content[CONFIG])
    edit(config)
    return write(target, {**content, CONFIG: json.dumps(config).encode()})


def groups(file: h5py.File) -> Iterator[str]:
    """The groups of layers, outer ones first."""
    names: list[str] = []
    file.visit(names.append)
    return (name.removesuffix("/vars") for name in names if name.endswith("/vars"))


def on_windows(path: Path, target: Path) -> Path:
    """Keras on Windows joins names with backslashes: one group a layer."""

    def flatten(file: h5py.File) -> None:
        for name in list(groups(file)):
            file.move(f"{name}/vars", f"flat/{name.replace('/', chr(92))}/vars")
        for name in [key for key in file if key not in ("vars", "flat")]:
            del file[name]
        for name in list(file["flat"]):
            file.move(f"flat/{name}", name)
        del file["flat"]

    return edited(path, target, flatten)


def of_keras_2_13(path: Path, target: Path) -> Path:
    """Keras 2.12 and 2.13 call `layers` otherwise, and count a layer with weights twice when they number a class."""
    content = members(path)
    source = io.BytesIO(content[WEIGHTS])
    made = io.BytesIO()
    with h5py.File(source, "r") as old, h5py.File(made, "w") as new:
        renamed = _renamed(old)
        for name in groups(old):
            old.copy(f"{name}/vars", new, f"{renamed[name]}/vars")
        old.copy("vars", new, "vars")
    assets = {_asset(name, renamed): data for name, data in content.items()}
    return write(target, {**assets, WEIGHTS: made.getvalue()})


def _renamed(file: h5py.File) -> dict[str, str]:
    """The new names of all groups of layers by their old ones."""
    renamed, taken = {"": ""}, dict[str, int]()
    for name in sorted(groups(file), key=_in_order):
        parts = name.split("/")
        above = next(
            "/".join(parts[:size]) for size in range(len(parts) - 1, -1, -1) if "/".join(parts[:size]) in renamed
        )
        container, _, own = name.removeprefix(above).lstrip("/").rpartition("/")
        if container == "layers":
            kind = re.sub(r"_\d+$", "", own)
            number = taken.get(f"{above}/{kind}", 0)
            taken[f"{above}/{kind}"] = number + 1 + _has_weights(file[name])
            container, own = OLD, f"{kind}_{number}" if number else kind
        renamed[name] = "/".join(filter(None, (renamed[above], container, own)))
    return renamed


def _has_weights(group: h5py.Group) -> bool:
    return group.visititems(lambda _, item: True if isinstance(item, h5py.Dataset) else None) is not None


def _in_order(name: str) -> list[tuple[str, int]]:
    """Sorts `dense_10` behind `dense_9`."""
    found = [re.fullmatch(r"(.*?)(?:_(\d+))?", part) for part in name.split("/")]
    return [(part[1], int(part[2] or 0)) for part in found if part]


def _asset(name: str, renamed: Mapping[str, str]) -> str:
    folder, _, file = name.removeprefix("assets/").rpartition("/")
    return f"assets/{renamed[folder]}/{file}" if name.startswith("assets/") else name

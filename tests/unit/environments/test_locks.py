"""The locks pin what the inputs ask for, with hashes, for every Python that may serve, and name no address."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from keras2to3.environments import builder

ENVS = builder.lock_of("keras2").parent
NAMES = sorted(builder.PYTHONS)
LINUX = {"sys_platform": "linux", "platform_machine": "x86_64", "platform_system": "Linux", "os_name": "posix"}


def entries(name: str) -> list[tuple[Requirement, list[str]]]:
    """Each pinned requirement of a lock with its hashes."""
    text = re.sub(r"^ *#.*\n", "", builder.lock_of(name).read_text(), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    parts = [re.split(r"\s+--hash=", line.strip()) for line in lines if line.strip()]
    return [(Requirement(part[0]), part[1:]) for part in parts]


def installed(name: str, python: str, **marker: str) -> dict[str, str]:
    """What a lock installs on Linux x86-64 with one version of Python."""
    environment = {**LINUX, "python_version": python, "python_full_version": f"{python}.5", **marker}
    chosen = [item for item, _ in entries(name) if item.marker is None or item.marker.evaluate(environment)]
    assert len({item.name for item in chosen}) == len(chosen), "a package is pinned twice"
    return {item.name: str(item.specifier) for item in chosen}


def every_pair() -> list[tuple[str, str]]:
    return [(name, python) for name in NAMES for python in builder.PYTHONS[name]]


@pytest.mark.parametrize("name", NAMES)
def test_every_entry_is_pinned_and_hashed(name: str) -> None:
    assert entries(name)
    for requirement, hashes in entries(name):
        assert re.fullmatch(r"==[\w.]+", str(requirement.specifier)), requirement
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in hashes), requirement


@pytest.mark.parametrize("path", sorted(ENVS.iterdir()), ids=lambda path: path.name)
def test_no_address_and_no_path_of_a_machine(path: Path) -> None:
    assert not re.search(r"://|--index|--find-links|@ |\s/\w", path.read_text())


@pytest.mark.parametrize(("name", "python"), every_pair())
def test_what_the_input_asks_for_is_what_comes(name: str, python: str) -> None:
    pins = installed(name, python)
    lines = [line for line in (ENVS / f"{name}.in").read_text().splitlines() if line and not line.startswith("#")]
    for requirement in map(Requirement, lines):
        if requirement.marker is None or requirement.marker.evaluate(LINUX):
            assert requirement.name in pins
            assert not requirement.specifier or str(requirement.specifier) == pins[requirement.name]


@pytest.mark.parametrize(("name", "python"), [pair for pair in every_pair() if pair[0].startswith("keras")])
def test_tensorflow_comes_once_and_without_its_gpu_libraries(name: str, python: str) -> None:
    pins = installed(name, python)
    assert "tensorflow-cpu" in pins
    assert not pins.keys() & {"tensorflow", "tensorflow-intel", "tensorflow-cpu-aws", "tensorflow-macos"}
    assert not [package for package in pins if package.startswith("nvidia")]


@pytest.mark.parametrize(
    "marker",
    [
        {"platform_machine": "aarch64"},
        {"sys_platform": "darwin", "platform_machine": "arm64", "platform_system": "Darwin"},
        {"sys_platform": "win32", "platform_machine": "AMD64", "platform_system": "Windows", "os_name": "nt"},
    ],
    ids=["linux-arm", "macos-arm", "windows"],
)
@pytest.mark.parametrize("name", ["keras2", "keras3"])
def test_other_platforms_get_one_wheel_of_tensorflow_too(name: str, marker: dict[str, str]) -> None:
    wheels = {"tensorflow", "tensorflow-cpu", "tensorflow-intel", "tensorflow-cpu-aws"}
    assert len(wheels & installed(name, "3.11", **marker).keys()) == 1

"""Which environment serves a Keras 3 and a TensorFlow that the user asks for, and what cannot be had."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from keras2to3.cli import main
from keras2to3.environments import builder, requested_versions
from keras2to3.environments.requested_versions import Target
from translation.keras3_minors import new_arguments

NEWEST, OLDEST = (
    requested_versions.locked_version(name, "keras") for name in (requested_versions.NEWEST, requested_versions.OLDEST)
)
TENSORFLOW = requested_versions.locked_version(requested_versions.NEWEST, "tensorflow")


@pytest.mark.parametrize(
    ("target", "wanted"),
    [
        (Target(), (requested_versions.NEWEST, ())),
        (Target(NEWEST), (requested_versions.NEWEST, ())),
        (Target(OLDEST), (requested_versions.OLDEST, ())),
        (Target(OLDEST.rpartition(".")[0]), (requested_versions.OLDEST, ())),
        (Target("3.8.0"), (requested_versions.NEWEST, ("keras==3.8.0",))),
        (Target("3.8"), (requested_versions.NEWEST, ("keras==3.8.*",))),
        (Target(OLDEST, TENSORFLOW), (requested_versions.NEWEST, (f"keras=={OLDEST}",))),
    ],
)
def test_what_has_a_lock_comes_from_it(target: Target, wanted: tuple[str, tuple[str, ...]]) -> None:
    assert target.problem() is None
    assert target.environment() == wanted


def test_another_tensorflow_replaces_the_package_of_every_platform() -> None:
    name, changes = Target(tensorflow="2.20").environment()
    lines = [line for line in builder.lock_of(name).with_suffix(".in").read_text().splitlines() if "==" in line]
    replaced = {line.partition("==")[0]: line.partition(";")[2] for line in lines if line.startswith("tensorflow")}
    assert {line.partition("==")[0]: line.partition(";")[2] for line in changes} == replaced
    assert all("==2.20.* ;" in line for line in changes)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (Target("3.4.1"), "--keras 3.4.1: TensorFlow 2.18 needs a Keras 3 from 3.5 on"),
        (Target("2.15.0"), "from 3.5 on"),
        (Target("4.0"), "from 3.5 on"),
        (Target("3.8.0", "2.20"), "TensorFlow 2.20 needs a Keras 3 from 3.10 on"),
        (Target("3.11", "2.30.1"), "TensorFlow 2.30.1 needs a Keras 3 from 3.12 on"),
        (Target(None, "2.16.2"), "--tensorflow 2.16.2: 2.18 is the oldest that serves"),
    ],
)
def test_what_cannot_be_had_is_said_with_what_can(target: Target, said: str) -> None:
    assert said in str(target.problem())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--keras", "3.4"], "from 3.5 on"),
        (["--keras", "new"], "not a version such as"),
        (["--keras", "3.8.0", "--keras3-python", "python3"], "already has a Keras"),
    ],
)
def test_the_command_says_so_as_well(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main.main(["migrate", "model.h5", *options])
    assert left.value.code == 2
    assert said in capsys.readouterr().err


def test_each_set_of_changes_has_an_environment_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[str, ...]] = []

    def run(command: tuple[str, ...], _say: object, _folder: Path) -> None:
        ran.append(command)
        if command[:2] == ("uv", "venv"):
            python = builder.python_of(Path(command[-1]))
            python.parent.mkdir(parents=True)
            python.touch()

    found = SimpleNamespace(version="3.12.1", executable="python")
    monkeypatch.setattr(builder.interpreters, "find", lambda *_: found)
    monkeypatch.setattr(builder.installers, "choose", lambda: ("uv", ("uv",)))
    monkeypatch.setattr(builder.installers, "run", run)
    monkeypatch.setattr(builder.installers, "ask", lambda *_: None)
    plain = builder.ensure("keras3", lambda _: None, tmp_path)
    assert len(ran) == 2
    changed = builder.ensure("keras3", lambda _: None, tmp_path, ("keras==3.8.0",))
    assert (plain.parts[-3], changed.parts[-3]) == ("keras3", "keras3-keras3.8.0")
    assert ran[-1][-1] == "keras==3.8.0"
    assert len(ran) == 5
    builder.ensure("keras3", lambda _: None, tmp_path, ("keras==3.8.0",))
    builder.ensure("keras3", lambda _: None, tmp_path)
    assert len(ran) == 5


def test_the_newest_locked_keras_is_the_newest_one_that_is_known() -> None:
    assert requested_versions.locked_version(requested_versions.NEWEST, "keras").startswith(
        f"{new_arguments.KNOWN}."
    ), "compare its constructors to NEWER"

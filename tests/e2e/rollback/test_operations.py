"""Every operation of Keras 3, written back: a model that Keras 2.15 saves and opens computes the same.

All of them are compared in their first dtype; those that `-k` selects in all of their dtypes.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.e2e.conftest import Command, selected
from tests.support.paths import MODELS, ROOT
from translation.keras3_to_2 import operations

NAMES = list(dict.fromkeys(each.names[0] for each in operations.table().values() if each.examples))


@pytest.fixture(scope="module")
def differences(
    request: pytest.FixtureRequest,
    command: Command,
    plain_environment: Mapping[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Mapping[str, str]:
    place = tmp_path_factory.mktemp("operations")
    names = selected(request, NAMES)
    (place / "names.json").write_text(json.dumps(names))
    dtypes = ["all"] if len(names) < len(NAMES) else []
    run_in(command.keras3, MODELS / "operations.py", place, plain_environment, *dtypes)
    run_in(command.keras2, MODELS / "operations_back.py", place, plain_environment)
    return {name: (place / f"{name}.result").read_text() for name in names}


def run_in(python: str, script: Path, place: Path, environment: Mapping[str, str], *dtypes: str) -> None:
    done = subprocess.run(
        [python, str(script), str(place), str(place / "names.json"), *dtypes],
        check=False,
        capture_output=True,
        text=True,
        env={**environment, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize("name", NAMES)
def test_it_computes_what_keras_3_does(differences: Mapping[str, str], name: str) -> None:
    assert differences[name] == ""


def test_every_operation_has_an_example() -> None:
    without = [each.names[0] for each in operations.table().values() if not each.examples]
    # A file has the number of samples, and they are split or made without regard to it.
    assert set(without) == {"Full", "Vsplit"}

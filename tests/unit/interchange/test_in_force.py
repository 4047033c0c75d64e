"""Files of the user's for different models of one run."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interchange.errors import Failure
from interchange.user_files import in_force
from interchange.user_files.custom_objects import CustomObjectsFile

# A file that registers its class, as a decorator of Keras does.
REGISTERING = """
import table_of_keras
class Scale:
    by = {by}
if "Team>Scale" in table_of_keras.table:
    raise ValueError("Team>Scale has already been registered")
table_of_keras.table["Team>Scale"] = Scale
table_of_keras.table["Team>{own}"] = Scale
"""


@pytest.fixture
def table() -> Iterator[dict[str, Any]]:
    """What Keras knows, with an entry of its own."""
    module = type(sys)("table_of_keras")
    module.table = {"Addons>Own": object}  # type: ignore[attr-defined]
    sys.modules["table_of_keras"] = module
    yield module.table  # type: ignore[attr-defined]
    in_force.put_aside(module.table)  # type: ignore[attr-defined]
    del sys.modules["table_of_keras"]


def file(folder: Path, text: str) -> CustomObjectsFile:
    folder.mkdir()
    path = folder / "team_layers_of_a_test.py"
    path.write_text(text)
    return CustomObjectsFile(str(path), hashlib.sha256(path.read_bytes()).hexdigest())


def test_each_model_has_the_classes_of_its_own_file(tmp_path: Path, table: dict[str, Any]) -> None:
    one = file(tmp_path / "one", REGISTERING.format(by=1, own="One"))
    two = file(tmp_path / "two", REGISTERING.format(by=2, own="Two"))
    for given, by, known in ((one, 1, "One"), (two, 2, "Two"), (one, 1, "One"), (one, 1, "One"), (two, 2, "Two")):
        objects = given.objects(lambda: table)
        assert objects["Team>Scale"].by == objects["Scale"].by == by
        assert set(table) == {"Addons>Own", "Team>Scale", f"Team>{known}"}
        assert sys.modules["team_layers_of_a_test"].Scale.by == by
    in_force.put_aside(table)
    assert set(table) == {"Addons>Own"}
    assert "team_layers_of_a_test" not in sys.modules


def test_what_a_file_has_replaced_is_put_back(tmp_path: Path, table: dict[str, Any]) -> None:
    given = file(tmp_path / "one", "import table_of_keras\ntable_of_keras.table['Addons>Own'] = int\n")
    given.objects(lambda: table)
    assert table == {"Addons>Own": int}
    in_force.put_aside(table)
    assert table == {"Addons>Own": object}
    given.objects(lambda: table)
    assert table == {"Addons>Own": int}


def test_a_file_that_raises_leaves_nothing_to_the_next_model(tmp_path: Path, table: dict[str, Any]) -> None:
    text = "import table_of_keras\ntable_of_keras.table['Team>Half'] = int\nraise ValueError('no')\n"
    broken = file(tmp_path / "one", text)
    for _ in range(2):
        with pytest.raises(Failure, match="no"):
            broken.objects(lambda: table)
    in_force.put_aside(table)
    assert table == {"Addons>Own": object}


def test_what_is_registered_otherwise_stays(tmp_path: Path, table: dict[str, Any]) -> None:
    given = file(tmp_path / "one", REGISTERING.format(by=1, own="One"))
    given.objects(lambda: table)
    table["Keras>Late"] = str
    in_force.put_aside(table)
    assert table == {"Addons>Own": object, "Keras>Late": str}

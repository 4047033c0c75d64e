"""The files of Keras 3 that rules name as their proof."""

from __future__ import annotations

from pathlib import Path

import keras.src

from translation.keras2_to_3.rules import table


def test_each_file_that_proves_a_rule_is_installed():
    sources = {rule.source for rule in table().values() if rule.source and rule.source.package == "keras 3"}
    folder = Path(keras.src.__file__).parent
    assert len(sources) > 10
    assert [source.path for source in sources if not (folder / source.path).is_file()] == []

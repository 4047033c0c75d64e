"""Every allowed symbol and operator, compared with what the TensorFlow of this environment takes under its name."""

from __future__ import annotations

from keras2to3.scanner.allowlist.graph import GRAPH_OPERATORS
from keras2to3.scanner.allowlist.operators import RAW_OPERATORS
from tests.oracles import allowed_names
from translation.tf_allowlist import SYMBOLS


def test_no_allowed_symbol_takes_a_path_a_handle_or_a_function() -> None:
    assert allowed_names.symbols_without_a_reason() == {}
    assert len(SYMBOLS) > 1000


def test_no_allowed_operator_takes_a_path_a_handle_or_has_a_state_without_a_reason() -> None:
    operators = allowed_names.operators()
    found = {name: list(allowed_names.parts_without_a_reason(each)) for name, each in operators.items()}
    assert {name: parts for name, parts in found.items() if parts} == {}


def test_every_allowed_operator_is_one_that_tensorflow_has() -> None:
    assert (GRAPH_OPERATORS | RAW_OPERATORS) - allowed_names.operators().keys() == set()

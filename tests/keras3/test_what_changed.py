"""The figures of `docs/what-changed.md`: each is measured again, to the digits that are printed."""

from __future__ import annotations

from typing import Any

import pytest

from docs import what_changed
from tests.keras3 import measurements
from translation.evidence import SilentChange

QUIET = [quiet for changes in what_changed.sections().values() for quiet in changes]


def printed(measured: Any, like: str) -> str:
    """A number with as many digits as the page has; anything else as it is."""
    if not isinstance(measured, float):
        return str(measured)
    return f"{measured:.{len(like.partition('.')[2])}f}"


@pytest.mark.parametrize("quiet", QUIET, ids=lambda quiet: quiet.measure)
def test_the_page_prints_what_is_measured(old: Any, quiet: SilentChange) -> None:
    import keras

    measured = getattr(measurements, quiet.measure)(old, keras)
    assert tuple(printed(number, like) for number, like in zip(measured, quiet.figures, strict=True)) == quiet.figures

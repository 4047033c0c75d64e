"""The catalogue of errors has what Keras 2.15 prints, to the letter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.models import errors_of_keras2
from tests.support.error_pages import assert_shown, cases, raised_by


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where all files of this module are."""
    folder = tmp_path_factory.mktemp("errors")
    with pytest.MonkeyPatch.context() as context:
        context.chdir(folder)
        yield folder


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("name", "number", "reproduce"), cases(errors_of_keras2.REPRODUCERS))
def test_the_page_has_what_is_printed(
    folder: Path, keras: ModuleType, name: str, number: int, reproduce: Callable[[], object]
) -> None:
    assert_shown(name, number, raised_by(reproduce))

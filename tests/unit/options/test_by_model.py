"""Options of some models of a run alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from keras2to3.options.by_model import ModelOptions, unmatched
from keras2to3.options.by_source import OptionsBySource
from keras2to3.options.commands import CheckOptions, Options
from keras2to3.options.path_patterns import PathPattern


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def entry(match: str, **values: object) -> ModelOptions:
    return ModelOptions(PathPattern.of(match, Path()), values, "keras2to3.toml:1")


def options(*models: ModelOptions, **values: object) -> Options:
    return Options((), Path("out"), models=models, **values)  # type: ignore[arg-type]


def test_a_source_has_the_options_of_the_run_and_its_own() -> None:
    own = OptionsBySource(options(entry("fraud/**", atol=1.0, part="encoder"), rtol=0.5))
    assert own.of(Path("fraud/2023/a.h5")) == options(rtol=0.5, atol=1.0, part="encoder")
    assert own.of(Path("pricing/a.h5")).atol is None
    assert own.of(Path("pricing/a.h5")) is own.of_run


def test_of_two_entries_the_later_one_wins_key_by_key() -> None:
    own = OptionsBySource(options(entry("fraud/**", rtol=1.0, atol=1.0), entry("fraud/a.h5", rtol=2.0)))
    assert own.of(Path("fraud/a.h5")) == options(rtol=2.0, atol=1.0)
    assert own.of(Path("fraud/b.h5")) == options(rtol=1.0, atol=1.0)


def test_a_name_without_a_slash_matches_in_any_folder_of_the_project() -> None:
    own = OptionsBySource(options(entry("fraud", rtol=1.0)))
    assert own.of(Path("models/fraud/a.h5")).rtol == 1.0
    assert own.of(Path("models/fraud2/a.h5")).rtol is None


def test_sources_with_the_same_options_share_them() -> None:
    own = OptionsBySource(options(entry("a/*", rtol=1.0)))
    assert own.of(Path("a/x.h5")) is own.of(Path("a/y.h5"))
    assert len(own.all([Path("a/x.h5"), Path("a/y.h5"), Path("b/x.h5")])) == 2


def test_check_has_them_too() -> None:
    own = OptionsBySource(CheckOptions((), Path("out"), models=(entry("a/*", part="encoder"),)))
    assert own.of(Path("a/x.h5")) == CheckOptions((), Path("out"), part="encoder")


def test_entries_for_no_source_are_told_with_their_places() -> None:
    models = (entry("a/*", rtol=1.0), entry("fruad/**", rtol=1.0))
    told = unmatched(models, [Path("a/x.h5")])
    assert told == "warning: these settings match no source of this run: 'fruad/**' (keras2to3.toml:1)"
    assert unmatched(models, [Path("a/x.h5"), Path("fruad/x.h5")]) is None
    assert unmatched((), []) is None

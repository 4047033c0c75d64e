"""What is skipped in the folders of sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from keras2to3.options.path_patterns import PathPattern
from keras2to3.sources import find


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touch(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()


def found(*arguments: str, exclude: tuple[str, ...] = ()) -> list[str]:
    patterns = [PathPattern.of(text, Path()) for text in exclude]
    sources = find(map(Path, arguments), Path("models/migrated"), None, patterns)
    return sorted(str(source.path) for source in sources)


@pytest.mark.parametrize(
    ("text", "path", "is_match"),
    [
        ("old", "models/old/a.h5", True),
        ("old", "models/a/old", True),
        ("old/", "models/old/a.h5", True),
        ("old", "models/older/a.h5", False),
        ("*_old.h5", "models/a/b_old.h5", True),
        ("models/old", "models/old/a.h5", True),
        ("models/old", "models/x/old/a.h5", False),
        ("models/*/old", "models/x/old/a.h5", True),
        ("models/*/old", "models/x/y/old/a.h5", False),
        ("models/**/old", "models/x/y/old/a.h5", True),
        ("models/**/old", "models/old/a.h5", True),
        ("models/**/**/a.h5", "models/a.h5", True),
        ("./models/old", "models/old", True),
        ("models/a[12].h5", "models/a2.h5", True),
        ("models/a[12].h5", "models/a3.h5", False),
        ("models/old/b", "models/old", False),
        ("../models/old", "models/old", False),
        ("/models/old", "models/old", False),
    ],
)
def test_a_pattern_is_a_name_or_a_path(text: str, path: str, is_match: bool) -> None:
    assert PathPattern.of(text, Path()).matches(Path(path), Path()) is is_match


def test_a_pattern_may_be_absolute_or_lead_upwards(here: Path) -> None:
    assert PathPattern.of(f"{here}/models/*", Path("elsewhere")).matches(Path("models/a.h5"), Path())
    assert PathPattern.of("../models/*", Path("settings")).matches(Path("models/a.h5"), Path())
    assert not PathPattern.of("../models/*", Path("settings/more")).matches(Path("models/a.h5"), Path())


def test_a_pattern_matches_behind_a_link(here: Path) -> None:
    touch("real/models/a.h5")
    (here / "link").symlink_to("real")
    assert PathPattern.of("models/*", Path("link")).matches(here / "real/models/a.h5", Path())
    assert PathPattern.of("models/*", here / "real").matches(Path("link/models/a.h5"), Path())


def test_a_base_with_wildcards_in_its_name_is_no_pattern() -> None:
    assert PathPattern.of("a/*", Path("[x]")).matches(Path("[x]/a/b.h5"), Path())
    assert not PathPattern.of("a/*", Path("[x]")).matches(Path("x/a/b.h5"), Path())


@pytest.mark.parametrize("text", ["", "/", ".", "..", "./"])
def test_a_pattern_that_names_nothing_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="is not a pattern"):
        PathPattern.of(text, Path())


@pytest.mark.parametrize("argument", ["models", "models/**/*.h5", "models/*"])
def test_excluded_names_are_no_sources_at_any_depth(argument: str) -> None:
    touch("models/a.h5", "models/archive/b.h5", "models/x/archive/deep/c.h5", "models/x/d_old.h5", "models/x/e.h5")
    assert found(argument, exclude=("archive", "*_old.h5")) == ["models/a.h5", "models/x/e.h5"]


def test_what_is_named_is_a_source_though_it_is_excluded() -> None:
    touch("archive/a.h5", "archive/b.h5")
    assert found("archive/a.h5", exclude=("archive",)) == ["archive/a.h5"]
    assert found("archive", exclude=("archive",)) == ["archive/a.h5", "archive/b.h5"]


@pytest.mark.parametrize("marker", ["pyvenv.cfg", "conda-meta/history"])
@pytest.mark.parametrize("argument", ["models", "models/**/*.h5", "models/*"])
def test_the_files_of_an_environment_are_no_sources(marker: str, argument: str) -> None:
    touch("models/a.h5", f"models/venv/{marker}", "models/venv/lib/site-packages/tests/b.h5")
    assert found(argument) == ["models/a.h5"]


def test_an_environment_that_is_named_is_walked() -> None:
    touch("venv/pyvenv.cfg", "venv/models/a.h5")
    assert found("venv") == ["venv/models/a.h5"]
    assert found("venv/**/*.h5") == ["venv/models/a.h5"]


def test_hidden_folders_and_the_output_folder_are_skipped() -> None:
    touch("models/a.h5", "models/.cache/b.h5", "models/migrated/c.h5")
    assert found("models") == ["models/a.h5"]

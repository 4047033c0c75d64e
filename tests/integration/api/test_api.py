"""The functions for Python with workers that have no framework: results, errors, and what they leave alone."""

from __future__ import annotations

import dataclasses
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import keras2to3
from interchange.errors import Exit, Failure
from keras2to3 import Keras2To3Error, Migration, MigrationError, UsageError, check, inspect, migrate, rollback
from keras2to3.api import keywords
from keras2to3.environments import builder, supplied
from keras2to3.executors import scheduler
from tests.support.paths import ROOT


@pytest.fixture
def models(fake_workers: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Three sources, of which the second is not migrated, in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(builder, "ensure", lambda *_, **__: Path(sys.executable))
    monkeypatch.setattr(supplied, "require", lambda _: None)
    sources = [tmp_path / f"{name}.h5" for name in ("good", "refused", "other")]
    for source in sources:
        source.write_text(source.name)
    return sources


def test_every_source_has_a_result(models: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    results = migrate(models)
    assert [result.source for result in results] == models
    good, bad, _ = results
    assert (good.status, good.exit_code, good.message) == ("verified", Exit.VERIFIED, None)
    assert good.is_verified
    assert good.output == Path("migrated/good.keras")
    assert good.output.is_file()
    assert good.report.status == "verified"
    assert good.raise_for_status() is good
    assert (bad.exit_code, bad.output) == (Exit.REFUSED, None)
    assert results.exit_code is Exit.REFUSED
    with pytest.raises(MigrationError, match=r"refused\.h5: refused") as raised:
        results.raise_for_status()
    assert raised.value.exit_code is Exit.REFUSED
    with pytest.raises(ValueError, match="too many values"):
        _ = results.only
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "")


def test_a_result_is_frozen_and_one_source_has_one(models: list[Path]) -> None:
    result = migrate(str(models[0])).only
    assert isinstance(result, Migration)
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.status = "better"  # type: ignore[misc]
    assert migrate(models[0], output_dir=Path("elsewhere")).only.output == Path("elsewhere/good.keras")


def test_lines_are_printed_when_they_are_asked_for(models: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    migrate(models[0], verbose=True)
    printed = capsys.readouterr()
    assert "verified" in printed.err
    assert printed.out == ""


def test_the_keywords_are_the_options(models: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    options = keywords.parsed("migrate", ["a.h5", "-b.h5"], {"rtol": 1e-3, "trust": True, "force": False, "jobs": None})
    assert isinstance(options, scheduler.Options)
    assert options.sources == (Path("a.h5"), Path("-b.h5"))
    assert (options.rtol, options.trust, options.force, options.jobs) == (1e-3, True, False, None)
    several = keywords.parsed("check", ["a.h5"], {"allow_missing_sandbox": ["network", "disk"], "exclude": ["b", "c"]})
    assert several == keywords.parsed(
        "check", ["a.h5"], {"allow_missing_sandbox": "network,disk", "exclude": ["b", "c"]}
    )


@pytest.mark.parametrize("verb", ["Migrate", "Rollback", "Check", "Inspect"])
def test_what_a_type_checker_knows_is_an_option(verb: str) -> None:
    known = getattr(keywords, f"{verb}Keywords").__annotations__
    assert known.keys() <= keywords.actions_of(verb.lower()).keys()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"rtol": -1}, "--rtol"),
        ({"rtol": "much"}, "--rtol"),
        ({"trust": "yes"}, "True or False"),
        ({"inputs_only": True}, "--inputs-only needs --inputs"),
        ({"jobs": True}, "no text, path or number"),
        ({"inputs": object()}, "no text, path or number"),
        ({"output_dir": "s3://models/keras3"}, "stores and clusters are for the command: keras2to3 migrate"),
        ({"on": "dask+local"}, "stores and clusters are for the command"),
    ],
)
def test_what_the_command_line_refuses_is_an_error_of_its_own(given: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says) as raised:
        migrate("a.h5", **given)  # type: ignore[arg-type]
    assert raised.value.exit_code is Exit.USAGE


def test_no_source_at_all() -> None:
    with pytest.raises(UsageError, match="SOURCE"):
        check([])


@pytest.mark.parametrize("function", [migrate, rollback, check, inspect])
def test_a_misspelt_keyword_is_an_error_of_python(function: object) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'rtoll'"):
        function("a.h5", rtoll=1)  # type: ignore[operator]
    with pytest.raises(TypeError, match="unexpected keyword argument 'quiet'"):
        function("a.h5", quiet=True)  # type: ignore[operator]


def test_a_run_that_fails_raises_with_what_to_do(models: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def ensure(*_: object, **__: object) -> Path:
        raise Failure(Exit.ENVIRONMENT, "no network", "plug it in", detail={"log": "connection refused"})

    monkeypatch.setattr(builder, "ensure", ensure)
    with pytest.raises(Keras2To3Error, match="no network\nhint: plug it in") as raised:
        migrate(models)
    assert (raised.value.exit_code, raised.value.log) == (Exit.ENVIRONMENT, "connection refused")
    assert not isinstance(raised.value, MigrationError)


def test_it_works_outside_of_the_main_thread_and_leaves_signals_alone(models: list[Path]) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.append(migrate(models[0]).only.status))
    thread.start()
    thread.join(60)
    assert found == ["verified"]
    assert before == {number: signal.getsignal(number) for number in before}


def test_the_import_is_light_and_knows_its_names() -> None:
    code = "import keras2to3, sys; print(len([name for name in sys.modules if name.startswith('keras2to3.')]))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, text=True)
    assert int(done.stdout) == 2, "install_paths and version alone"
    for name in keras2to3.__all__:
        assert getattr(keras2to3, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'migrat'"):
        _ = keras2to3.migrat

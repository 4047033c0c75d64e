"""Sources of one run with options of their own."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interchange.errors import Exit
from interchange.messages.request import Request
from keras2to3.environments import installed_versions
from keras2to3.executors import pair_starts
from keras2to3.executors.scheduler import migrate
from keras2to3.executors.worker import Worker
from keras2to3.options.by_model import ModelOptions
from keras2to3.options.commands import Options
from keras2to3.options.path_patterns import PathPattern
from keras2to3.reports.console import Lines

pytestmark = pytest.mark.usefixtures("fake_workers", "fake_versions")

OptionsFor = Callable[..., Options]


@pytest.fixture
def fake_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed_versions, "versions", lambda *_: {"keras": "fake"})


def with_models(options: Options, **by_name: dict[str, Any]) -> Options:
    """Options for the sources of these names alone."""
    folder = options.output_dir.parent
    models = [ModelOptions(PathPattern.of(f"{name}.h5", folder), values) for name, values in by_name.items()]
    return dataclasses.replace(options, models=tuple(models))


def run(options: Options) -> dict[str, bool]:
    """Whether each source was skipped, for an earlier run had verified it."""
    stream = io.StringIO()
    assert migrate(options, Lines(stream)) is Exit.VERIFIED, stream.getvalue()
    rows = json.loads((options.output_dir / "summary.json").read_text())["sources"]
    return {Path(row["source"]).stem: row["resumed"] for row in rows}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Request[Any]]:
    """What the workers are asked."""
    requests: list[Request[Any]] = []
    call = Worker.call
    monkeypatch.setattr(
        Worker, "call", lambda self, request, say: (requests.append(request), call(self, request, say))[1]
    )
    return requests


@pytest.fixture
def granted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the exporter may read besides our own files."""
    paths: list[str] = []
    pair = pair_starts.pair
    monkeypatch.setattr(pair_starts, "pair", lambda *given: (paths.extend(given[2]), pair(*given))[1])
    return paths


def test_each_source_is_asked_for_with_its_own(
    options_for: OptionsFor, asked: list[Request[Any]], granted: list[str], tmp_path: Path
) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.npz").write_text(name)
    options = dataclasses.replace(options_for("a", "b", "c"), rtol=0.5)
    own = with_models(options, a={"inputs": tmp_path / "one.npz"}, b={"inputs": tmp_path / "two.npz", "rtol": 0.1})
    run(own)
    samples = {one.about.name: one.probes.samples for one in asked if hasattr(one, "probes")}
    assert samples == {"a.h5": tmp_path / "one.npz", "b.h5": tmp_path / "two.npz", "c.h5": None}
    assert sorted(one.tolerances.rtol for one in asked if hasattr(one, "tolerances")) == [0.1, 0.5, 0.5]
    assert {str(tmp_path / "one.npz"), str(tmp_path / "two.npz")} <= set(granted)


def test_a_change_of_one_source_s_options_redoes_that_one(options_for: OptionsFor) -> None:
    options = options_for("a", "b", "c")
    run(with_models(options, a={"rtol": 0.1}, b={"rtol": 0.1}))
    assert run(with_models(options, a={"rtol": 0.1}, b={"rtol": 0.1})) == {"a": True, "b": True, "c": True}
    assert run(with_models(options, a={"rtol": 0.2}, b={"rtol": 0.1})) == {"a": False, "b": True, "c": True}
    assert run(with_models(options, b={"rtol": 0.1}, c={"part": "x"})) == {"a": False, "b": True, "c": False}


def test_samples_that_change_redo_the_sources_that_have_them(options_for: OptionsFor, tmp_path: Path) -> None:
    (tmp_path / "one.npz").write_text("one")
    options = with_models(options_for("a", "b"), a={"inputs": tmp_path / "one.npz"})
    run(options)
    (tmp_path / "one.npz").write_text("changed")
    assert run(options) == {"a": False, "b": True}


def test_a_bundle_is_kept_of_one_source_alone(options_for: OptionsFor) -> None:
    options = with_models(options_for("a", "b"), a={"keep_bundles": True})
    run(options)
    assert (options.output_dir / "a.bundle").is_dir()
    assert not (options.output_dir / "b.bundle").exists()


def test_options_for_no_source_are_told(options_for: OptionsFor) -> None:
    stream = io.StringIO()
    migrate(with_models(options_for("a"), a={"rtol": 0.1}, other={"rtol": 0.1}), Lines(stream))
    assert "these settings match no source of this run: 'other.h5'" in stream.getvalue()
    assert "'a.h5'" not in stream.getvalue()

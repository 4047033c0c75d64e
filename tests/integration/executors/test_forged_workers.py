"""Workers that were taken over: whatever they say and leave, the others get their verdicts, and no file is lost."""

from __future__ import annotations

import dataclasses
import io
import json
import shutil
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import keras2to3.executors.worker
import keras2to3.sandbox
from interchange.errors import Exit
from keras2to3 import install_paths
from keras2to3.executors.scheduler import migrate
from keras2to3.options.commands import Options
from keras2to3.reports.console import Lines
from keras2to3.scanner.model_files import digest_file
from keras2to3.scanner.process.client import Scanner
from keras2to3.scanner.process.handlers import HANDLERS
from tests.attacks import canary, containers, unboxed, workers
from tests.attacks.architectures import LAYERS
from tests.models.hdf5_files import dense, sequential
from tests.support.fake_command import passing
from tests.support.paths import ROOT

SECONDS = 2.0  # for a model, after which a worker that is silent is stopped

LIES = {
    **{f"export-{name}": Exit.WORKER_DIED for name in workers.ANSWERS},
    **{f"import-{name}": Exit.WORKER_DIED for name in (*workers.ANSWERS, *workers.CLAIMS)},
    **dict.fromkeys((*workers.BUNDLES, *workers.DRAFTS), Exit.WORKER_DIED),
    **dict.fromkeys(workers.BESIDE, Exit.VERIFIED),
    **{f"{side}-{name}": Exit.VERIFIED for name in workers.HARMLESS for side in ("export", "import")},
}
"""By the name of a source the exit code it has to have."""

NESTING = {"beside-deep"}
"""What the watch over the disk may see, and stop, before the worker has answered."""


@dataclasses.dataclass(frozen=True)
class Users:
    """What belongs to the user, and what it was like."""

    folder: Path

    def facts(self) -> list[tuple[str, int, bytes]]:
        found = sorted(self.folder.rglob("*"))
        return [(str(path), path.lstat().st_mode, path.read_bytes()) for path in found if path.is_file()]


@pytest.fixture
def users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Users]:
    """The user's files, beside forged workers in the place of ours; they must be as they were after the test."""
    made = Users(tmp_path / "home")
    made.folder.mkdir()
    (made.folder / "secret").write_text("the secret of the user")
    (made.folder / "model.keras").write_text("a model of the user")
    before = made.facts()
    secrets = canary.make(tmp_path / "canary")
    for name in ("exporter", "importer"):
        place = tmp_path / "payload" / name
        place.mkdir(parents=True)
        shutil.copy(workers.__file__, place / "__main__.py")
        (place / "secret").write_text(str(made.folder / "secret"))
        containers.keras(place / "model.keras", sequential(dense()))
        containers.keras(place / "code.keras", sequential(LAYERS["lambda"].make(secrets)))
    for name in ("interchange", "bytecode", "translation"):
        (tmp_path / "payload" / name).symlink_to(ROOT / name)
    monkeypatch.setattr(install_paths, "payload", lambda: tmp_path / "payload")
    monkeypatch.setattr(
        keras2to3.sandbox, "LAUNCHER", Path(unboxed.__file__)
    )  # what the kernel refuses is another test's
    monkeypatch.setattr(keras2to3.executors.worker, "_GRACE_SECONDS", 0.2)
    monkeypatch.setattr(Scanner, "_ask", scanned)
    yield made
    assert made.facts() == before


def scanned(scanner: Scanner, op: str, path: Path, request: Mapping[str, Any], *_: Any) -> Mapping[str, Any]:
    """A scan that every source passes, and a real one of every result."""
    return HANDLERS[op](request, print) if op == "result" else passing(scanner, op, path)


@pytest.fixture
def options_for(users: Users, tmp_path: Path) -> Callable[..., Options]:
    def make(*names: str, **changes: Any) -> Options:
        sources = tuple(tmp_path / f"{name}.h5" for name in names)
        for source in sources:
            source.write_text(source.name)
        python = Path(sys.executable)
        options = Options(sources, tmp_path / "migrated", python, python)
        return dataclasses.replace(options, timeout=SECONDS, jobs=2, html=False, **changes)

    return make


def reports(options: Options) -> dict[str, Any]:
    rows = json.loads((options.output_dir / "summary.json").read_text())["sources"]
    return {Path(row["source"]).stem: json.loads(Path(row["report"]).read_text()) for row in rows}


def run(options: Options) -> tuple[Exit, list[str]]:
    stream = io.StringIO()
    code = migrate(options, Lines(stream))
    return code, stream.getvalue().split("\n")


def interleaved(names: list[str]) -> list[str]:
    """Every lie between two honest models."""
    return [each for number, name in enumerate(names) for each in (name, f"honest-{number}")]


@pytest.mark.parametrize("part", range(4))
def test_a_forged_worker_costs_its_own_model_alone(part: int, options_for: Callable[..., Options]) -> None:
    lies = dict(list(LIES.items())[part::4])
    names = interleaved(list(lies))
    options = options_for(*names)
    code, lines = run(options)
    wanted = {name: int(lies.get(name, Exit.VERIFIED)) for name in names}
    found = reports(options)
    codes = {name: (report["error"] or {"code": 0})["code"] for name, report in found.items()}
    wanted |= {name: codes[name] for name in NESTING & codes.keys() if codes[name] == Exit.WORKER_DIED}
    assert codes == wanted, [report["error"] for name, report in found.items() if codes[name] != wanted[name]]
    assert code == max(wanted.values())
    assert "Traceback" not in "".join(lines)
    assert all(line.isprintable() for line in lines)
    for name, report in found.items():
        result = options.output_dir / f"{name}.keras"
        assert result.exists() == (report["status"] == "verified") == (wanted[name] == 0), name
        assert "owned" not in json.dumps(report["error"] or {}) or wanted[name] != 0
    verdicts = [line for line in lines if line.startswith("verified ")]
    assert len(verdicts) == list(wanted.values()).count(0)
    assert_plain(options.output_dir)
    assert_again(options, found)


def assert_plain(folder: Path) -> None:
    """Nothing but plain files, of ours alone: no link, no folder, nothing half done."""
    for path in folder.iterdir():
        assert stat.S_ISREG(path.lstat().st_mode), path
        known = path.name in ("summary.json", "summary.html")
        assert known or path.name.endswith((".keras", ".report.json", ".report.html")), path
        assert path.lstat().st_nlink == 1
        assert b"secret of the user" not in path.read_bytes()


def assert_again(options: Options, before: dict[str, Any]) -> None:
    """A later run in that folder works, and leaves what is verified as it is."""
    honest = [source for source in options.sources if before[source.stem]["status"] == "verified"]
    code, lines = run(dataclasses.replace(options, sources=tuple(honest)))
    assert code is Exit.VERIFIED
    told = [line for line in lines if line and not line.startswith("  ")]
    assert all(line.startswith("verified ") and "  already there, " in line for line in told[:-1])
    assert told[-1].startswith(f"{len(honest)} source")


def test_bundles_that_are_kept_are_plain(options_for: Callable[..., Options]) -> None:
    options = options_for(*interleaved(list(workers.BUNDLES)), keep_bundles=True)
    run(options)
    for name, report in reports(options).items():
        bundle = options.output_dir / f"{name}.bundle"
        assert (report["error"] or {"code": 0})["code"] == (9 if name in workers.BUNDLES else 0)
        assert bundle.exists() == (options.output_dir / f"{name}.keras").exists() == (name not in workers.BUNDLES)
    assert not [path for path in options.output_dir.rglob("*") if path.is_symlink()]


def test_a_draft_that_changes_after_its_result_does_not_change_what_is_published(
    options_for: Callable[..., Options], monkeypatch: pytest.MonkeyPatch
) -> None:
    options = options_for("model")
    altered: list[Path] = []

    def alter(scanner: Scanner, op: str, *rest: Any) -> Mapping[str, Any]:
        for draft in options.output_dir.rglob("drafts/*/model.keras") if op == "result" else ():
            draft.write_bytes(b"altered")
            altered.append(draft)
        return scanned(scanner, op, *rest)

    monkeypatch.setattr(Scanner, "_ask", alter)
    assert migrate(options, Lines(io.StringIO())) is Exit.VERIFIED
    assert altered
    assert reports(options)["model"]["output"]["sha256"] == digest_file(options.output_dir / "model.keras")
    assert (options.output_dir / "model.keras").read_bytes() != b"altered"

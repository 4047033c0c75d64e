"""The scan in a process of its own: what it tells, what it survives, and what it may read."""

from __future__ import annotations

import dataclasses
import json
import math
import shutil
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from unittest import mock

import pytest

from interchange.errors import Exit, Failure
from interchange.user_files.builders import Builder
from interchange.user_files.custom_objects import CustomObjectsFile
from interchange.user_files.replacements import Replacement
from keras2to3 import install_paths
from keras2to3.options.commands import CheckOptions, InspectOptions, Options
from keras2to3.sandbox import GIB
from keras2to3.scanner.model_files import digest_of
from keras2to3.scanner.process import client
from keras2to3.scanner.process.client import ScanLimits, Scanner, scanner_for
from keras2to3.scanner.process.messages import ScanRequest
from keras2to3.sources import Source
from keras2to3.user_files.custom_objects import CustomFiles, DefinitionsFile
from tests.attacks import canary, containers
from tests.attacks.architectures import LAYERS
from tests.models import hdf5_files
from tests.models.hdf5_files import dense, layer, sequential
from tests.support import fake_scanner
from tests.unit.scanner.test_saved_model import saved_model

GIVEN = DefinitionsFile(CustomObjectsFile("/mine.py", "0" * 64), {"Own": "Layer"})


@pytest.mark.parametrize(
    "asked",
    [
        ScanRequest(Path("a.h5")),
        ScanRequest(Path("a.h5"), True, (Replacement("it", "/f.py", "f", "1" * 64),), Path("a.json")),
        ScanRequest(Path("a.h5"), written_by="2.1.4"),
        ScanRequest(Path("a.tf"), serve=True),
        ScanRequest(Path("a.h5"), builder=Builder("/f.py", "f", "1" * 64), custom_files=CustomFiles(GIVEN, GIVEN)),
    ],
)
def test_a_request_arrives_as_it_was_sent(asked: ScanRequest) -> None:
    assert ScanRequest.from_json(json.loads(json.dumps(asked.to_json()))) == asked


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def scanner(here: Path) -> Iterator[Scanner]:
    """One that may read `a.h5`, `a.keras` and `b.json`, in a folder that has other files as well."""
    hdf5_files.write(here / "a.h5")
    hdf5_files.write(here / "not-named.h5")
    containers.keras(here / "a.keras", sequential(dense()))
    (here / "b.json").write_text(json.dumps(sequential(dense())))
    sources = [Source(Path(name)) for name in ("a.h5", "a.keras", "b.json")]
    options = CheckOptions((), here / "out")
    with closing(scanner_for(options, sources, here / "work", pytest.fail)) as made:
        yield made


def test_the_process_tells_what_a_scan_in_this_one_would(scanner: Scanner, here: Path) -> None:
    found = scanner.scan(ScanRequest(Path("a.h5")))
    assert dataclasses.asdict(found) == {
        "format": "h5", "saved_by": {"keras_version": "2.15.0", "backend": "tensorflow"}, "has_weights": True,
        "has_optimizer": False, "is_compiled": False, "is_of_keras_3": False, "is_graph_alone": False,
        "is_on_trial": False,
        "needs_architecture": False, "replaced": {}, "unreadable_training": None,
    }  # fmt: skip
    assert scanner.digest(Path("a.h5")) == digest_of(here / "a.h5")
    assert not scanner.is_weights(Path("a.h5"))
    assert scanner.configs(ScanRequest(Path("b.json"), fresh_weights=True)).architecture == sequential(dense())
    assert scanner.check(ScanRequest(Path("a.h5")))["status"] == "ready"
    assert scanner.inspect(Path("a.h5"), as_json=True)["row"]["format"] == "h5"
    drawn = scanner.picture(ScanRequest(Path("a.h5")))
    assert drawn is not None
    assert [(node.path, node.class_name) for node in drawn.nodes] == [("dense", "Dense")]


def test_an_architecture_arrives_with_the_numbers_that_json_does_not_know(scanner: Scanner, here: Path) -> None:
    limited = sequential(
        dense("one", kernel_constraint={"class_name": "MinMaxNorm", "config": {"max_value": math.inf}})
    )
    (here / "b.json").write_text(json.dumps(limited))
    assert "Infinity" in (here / "b.json").read_text()
    assert scanner.configs(ScanRequest(Path("b.json"), fresh_weights=True)).architecture == limited


def test_failures_name_the_path_as_it_was_given(scanner: Scanner) -> None:
    with pytest.raises(Failure, match=r"^nothing\.h5 does not exist") as caught:
        scanner.scan(ScanRequest(Path("nothing.h5")))
    assert caught.value.code is Exit.UNREADABLE


def test_it_reads_what_was_named_and_nothing_beside_it(scanner: Scanner, here: Path) -> None:
    assert scanner.scan(ScanRequest(Path("a.keras"))).format == "keras"
    with pytest.raises(Failure, match="Permission denied"):
        scanner.digest(here / "not-named.h5")


@pytest.fixture
def fake(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the process be `fake_scanner`."""
    (here / "code").mkdir()
    shutil.copy(Path(fake_scanner.__file__), here / "code")
    monkeypatch.setattr(client, "_MODULE", "fake_scanner")
    path = install_paths.import_path()
    monkeypatch.setattr(install_paths, "import_path", lambda: (*path, str(here / "code")))


@pytest.fixture
def strained(here: Path, fake: None) -> Iterator[Scanner]:
    """A scanner for which some files are too much."""
    with closing(Scanner(here / "work", [], [], ScanLimits(1.0, GIB), pytest.fail)) as made:
        yield made


@pytest.mark.parametrize(
    ("name", "policy", "says"),
    [
        ("endless.h5", "limits", "scanning it took more than 1 s"),
        ("hungry.h5", "limits", "reading it takes more memory than a scan may take"),
        ("deep.h5", "limits", "reading it takes more levels than a model has"),
        ("deadly.h5", "form", "the process that scanned it crashed"),
    ],
)
def test_what_a_scan_does_not_survive_is_refused_and_costs_itself_alone(
    strained: Scanner, name: str, policy: str, says: str
) -> None:
    assert strained.scan(ScanRequest(Path("good.h5"))).format == "h5"
    with pytest.raises(Failure) as caught:
        strained.scan(ScanRequest(Path(name)))
    (problem,) = caught.value.problems
    assert (caught.value.code, problem.policy, problem.class_name) == (Exit.REFUSED, policy, name)
    assert says in str(caught.value)
    assert strained.scan(ScanRequest(Path("good.h5"))).format == "h5"
    assert strained.picture(ScanRequest(Path(name))) is None


def test_what_was_too_much_once_is_not_read_for_a_picture(strained: Scanner) -> None:
    path = Path("deadly.h5")
    with pytest.raises(Failure):
        strained.scan(ScanRequest(path))
    with mock.patch.object(Scanner, "_ask", side_effect=AssertionError):
        assert strained.picture(ScanRequest(path)) is None


def test_more_time_helps_as_the_hint_says(here: Path, strained: Scanner) -> None:
    with pytest.raises(Failure) as caught:
        strained.scan(ScanRequest(Path("slow.h5")))
    assert "more time with --scan-timeout" in str(caught.value.hint)
    with closing(scanner_for(CheckOptions((), here, scan_timeout=9.0), [], here / "more", pytest.fail)) as patient:
        assert patient.scan(ScanRequest(Path("slow.h5"))).format == "h5"


def test_the_whole_of_a_checkpoint_is_read(here: Path) -> None:
    saved_model(here / "saved")
    for name in ("index", "data-00000-of-00001"):
        shutil.move(here / f"saved/variables/variables.{name}", here / f"c.{name}")
    sources = [Source(Path("c.index"))]
    with closing(scanner_for(InspectOptions(()), sources, here / "work", pytest.fail)) as made:
        assert made.inspect(Path("c.index"), as_json=True)["row"]["format"] == "checkpoint"


def test_results_that_were_written_after_it_started_are_read_and_nothing_beside_them(
    here: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    hdf5_files.write(here / "a.h5")
    (here / "work").mkdir()
    python = Path(sys.executable)
    options = Options((Path("a.h5"),), here / "out", python, python)
    secrets = canary.make(tmp_path_factory.mktemp("secrets") / "canary")
    with closing(scanner_for(options, [Source(Path("a.h5"))], here / "work", pytest.fail)) as scanner:
        assert scanner.digest(Path("a.h5"))
        for place in (here / "work" / client.RESULTS_FOLDER / "pair", here / "beside"):
            place.mkdir()
            containers.keras(place / "model.keras", sequential(dense()))
            containers.keras(place / "own.keras", sequential(layer("Own", "own", module="mine")))
            containers.keras(place / "code.keras", sequential(LAYERS["lambda"].make(secrets)))
            containers.weights(place / "model.weights.h5")
        results = here / "work" / client.RESULTS_FOLDER / "pair"
        assert scanner.result(results / "model.keras", ()) == {"format": "keras", "broken": None}
        assert scanner.result(results / "model.weights.h5", ()) == {"format": "weights", "broken": None}
        assert "bytecode" in scanner.result(results / "code.keras", ())["broken"]
        assert "bytecode" in scanner.result(results / "code.keras", ("attack", "Lambda"))["broken"]
        with pytest.raises(Failure, match="cannot be read"):
            scanner.result(here / "beside" / "model.keras", ())

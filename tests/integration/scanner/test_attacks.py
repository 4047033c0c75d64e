"""The malicious corpus against the scanner: every file is refused at once, by the policy that it violates."""

from __future__ import annotations

import copy
import json
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from interchange.errors import Exit, Failure
from keras2to3.scanner import architecture
from keras2to3.scanner.examine import examine, scan_model
from keras2to3.scanner.policies import Policy
from tests.attacks import canary, containers
from tests.attacks.architectures import LAYERS, PLACES
from tests.attacks.canary import SECRET, Canary
from tests.attacks.corpus import corpus
from tests.models.hdf5_files import dense, sequential
from tests.support.work import counted

CALLS = 3_000_000
CORPUS = corpus()


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Canary]:
    """The canary, which must be alone and alive after all tests."""
    made = canary.make(tmp_path_factory.mktemp("attacks") / "canary")
    before = sorted(made.folder.iterdir())
    yield made
    assert sorted(made.folder.iterdir()) == before


@pytest.mark.parametrize("name", CORPUS)
def test_an_attack_is_refused_by_its_policy(name: str, secrets: Canary, tmp_path: Path) -> None:
    path = CORPUS[name].write(tmp_path, name, secrets)
    with pytest.raises(Failure) as caught, counted() as work:
        scan_model(path)
    assert work.calls < CALLS
    assert caught.value.code is Exit.REFUSED, caught.value
    told = json.dumps(caught.value.to_json())
    assert CORPUS[name].policy in {problem.policy for problem in caught.value.problems}, told
    assert SECRET not in told
    assert secrets.code not in told
    assert not secrets.mark.exists()


def test_the_table_names_laws_and_every_law_is_attacked() -> None:
    assert {attack.policy for attack in CORPUS.values()} == {None, *(policy.value for policy in Policy)}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_found_wherever_it_hides(name: str, secrets: Canary) -> None:
    for place, hide in PLACES.items():
        found = architecture.problems_of(hide(copy.deepcopy(LAYERS[name].make(secrets))), elements=12)
        assert LAYERS[name].policy in {problem.policy for problem in found}, place
        assert all(problem.text and problem.unblock for problem in found)
        assert all(problem.layer.isprintable() and str(problem.value).isprintable() for problem in found)


@pytest.mark.parametrize("place", PLACES)
def test_the_hiding_places_are_harmless(place: str) -> None:
    assert not architecture.problems_of(PLACES[place](dense("fine")), elements=12)


@pytest.mark.parametrize("name", containers.FORMATS)
def test_the_containers_are_harmless(name: str, tmp_path: Path) -> None:
    suffix, write = containers.FORMATS[name]
    write(tmp_path / f"model{suffix}", sequential(dense()))
    scanned = examine(tmp_path / f"model{suffix}")
    assert (scanned.format, scanned.unsafe) == (name, ())


def test_no_attack_takes_memory() -> None:
    """The peak of this whole process, which has made and looked at them all by now: KiB on Linux, bytes on macOS."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert peak < 1 << 20

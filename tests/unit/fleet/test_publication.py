"""How results get from a shard into its target, and what happens where another run was first."""

from pathlib import Path

import pytest

from interchange.errors import Exit, Failure
from keras2to3.fleet.entries import Entry
from keras2to3.fleet.locations import Locations
from keras2to3.fleet.publication import Publication
from keras2to3.fleet.stores.folder import Folder
from keras2to3.fleet.stores.store import StoredFile
from keras2to3.options.commands import Options
from keras2to3.reports.report import Report, ReportedOutput
from keras2to3.results import ownership
from keras2to3.results.job import FAILED, REPORT, Job
from keras2to3.results.resume import EarlierRuns
from keras2to3.task_state import Task

NAME = "a/m"


class Run:
    """A shard with one source of a store, whose migration is played."""

    def __init__(self, folder: Path, target: Folder, version: str = "1", **options):
        self.options = Options((), folder / "results", **options)
        self.earlier = EarlierRuns(self.options)
        self.locations = Locations(folder / "sources", folder / "results", target.url)
        self.publication = Publication(target, self.earlier, self.locations)
        file = StoredFile("a/m.h5", 3, version)
        self.entry = Entry("memory://store/a/m.h5", "memory://store", {"a/m.h5": NAME}, {"a/m.h5": file})
        self.source = folder / "sources" / "a/m.h5"
        self.source.parent.mkdir(parents=True, exist_ok=True)
        self.source.write_bytes(version.encode())
        self.job = Job(self.source, folder / "results", NAME)

    def is_done(self):
        return self.publication.finished(self.entry)

    def _task(self):
        task = Task.of(self.job, self.options)
        task.report.source["location"] = ownership.location_of(self.job)
        task.report.made_with = self.earlier.made_with(self.options)
        self.job.report.parent.mkdir(parents=True, exist_ok=True)
        return task

    def verify(self, content: bytes = b"model"):
        task = self._task()
        task.report.status = "verified"
        task.report.output = ReportedOutput(str(self.job.target), "0" * 64, "native", None, None, False)
        self.job.target.write_bytes(content)
        self.job.report.unlink(missing_ok=True)
        self.job.report.write_bytes(task.report.to_bytes())
        self.publication.publish(task)

    def refuse(self):
        """What is refused has no result any more."""
        task = self._task()
        task.report.fail(Failure(Exit.REFUSED, f"{self.source} is refused"))
        self.job.target.unlink(missing_ok=True)
        self.job.report.unlink(missing_ok=True)
        self.job.report.write_bytes(task.report.to_bytes())
        self.publication.publish(task)


@pytest.fixture
def target(tmp_path):
    return Folder(tmp_path / "target")


@pytest.fixture
def files(target):
    return lambda: sorted(file.key for file in target.list("a"))


def test_a_report_has_the_places_that_users_know(tmp_path, target):
    run = Run(tmp_path / "one", target)
    assert run.is_done() is None
    run.verify()
    report = Report.from_bytes(target.read(f"{NAME}{REPORT}")[0])
    assert report.source["path"] == report.source["location"] == "memory://store/a/m.h5"
    assert report.source["origin"]["url"] == "memory://store/a/m.h5"
    assert report.output.path == f"{target.url}/{NAME}.keras"
    assert b"/one/" not in report.to_bytes()


def test_what_is_done_is_not_done_again(tmp_path, target):
    run = Run(tmp_path / "one", target)
    run.is_done()
    run.verify()
    row = Run(tmp_path / "other", target).is_done()
    assert (row["status"], row["resumed"], row["exit_code"]) == ("verified", True, 0)
    assert (row["source"], row["output"]) == ("memory://store/a/m.h5", f"{target.url}/{NAME}.keras")


@pytest.mark.parametrize("change", [{"version": "2"}, {"rtol": 0.5}, {"force": True}])
def test_what_has_changed_is_done_again(tmp_path, target, change):
    run = Run(tmp_path / "one", target)
    run.is_done()
    run.verify()
    again = Run(tmp_path / "other", target, **change)
    assert again.is_done() is None
    again.verify(b"another")
    assert target.read(f"{NAME}.keras")[0] == b"another"


def test_a_refusal_removes_the_result_of_an_earlier_source(tmp_path, target, files):
    run = Run(tmp_path / "one", target)
    run.is_done()
    run.verify()
    again = Run(tmp_path / "other", target, version="2")
    again.is_done()
    again.refuse()
    assert files() == [f"{NAME}{REPORT}"]
    assert Report.from_bytes(target.read(f"{NAME}{REPORT}")[0]).status == "refused"


def test_two_runs_that_come_to_the_same(tmp_path, target):
    one, other = Run(tmp_path / "one", target), Run(tmp_path / "other", target)
    one.is_done()
    other.is_done()
    one.verify()
    other.verify()
    assert target.read(f"{NAME}.keras")[0] == b"model"


def test_of_two_runs_with_other_options_the_second_is_told(tmp_path, target):
    one, other = Run(tmp_path / "one", target), Run(tmp_path / "other", target, rtol=0.5)
    one.is_done()
    other.is_done()
    one.verify()
    with pytest.raises(Failure, match="another run writes here") as caught:
        other.verify(b"of the second")
    assert target.read(f"{NAME}.keras")[0] == b"model"
    assert caught.value.code is Exit.ENVIRONMENT
    assert Report.from_bytes(target.read(f"{NAME}{REPORT}")[0]).made_with["options"]["rtol"] is None


def test_a_report_that_was_replaced_since_it_was_seen(tmp_path, target):
    first = Run(tmp_path / "first", target)
    first.is_done()
    first.verify()
    one, other = Run(tmp_path / "one", target, rtol=0.1), Run(tmp_path / "other", target, rtol=0.5)
    one.is_done()
    other.is_done()
    one.verify()
    with pytest.raises(Failure, match="another run writes here"):
        other.verify()


def test_what_the_run_that_was_first_has_written_stays(tmp_path, target):
    first = Run(tmp_path / "first", target)
    first.is_done()
    first.verify()
    one, other = Run(tmp_path / "one", target, rtol=0.1), Run(tmp_path / "other", target, rtol=0.5)
    one.is_done()
    other.is_done()
    one.verify()
    target.write(f"{NAME}{FAILED}", b"of the first")
    with pytest.raises(Failure, match="another run writes here"):
        other.verify()
    assert target.read(f"{NAME}{FAILED}")[0] == b"of the first"


def test_a_file_that_is_no_report_stays_in_the_folder_of_results(tmp_path, target):
    target.write(f"{NAME}{REPORT}", b"{}")
    run = Run(tmp_path / "one", target)
    assert run.is_done() is None
    assert not ownership.previous(run.job).is_own
    assert "is not a report of keras2to3" in ownership.with_conflicts(run.job, run.options).failure.message

"""`report.json`."""

from __future__ import annotations

import json
import math
from pathlib import Path

from interchange.errors import Exit, Failure
from interchange.messages.training import Training
from interchange.messages.verification import unproven
from keras2to3.reports.report import Report, ReportedOutput, to_bytes
from keras2to3.scanner.process.messages import ScanResult
from keras2to3.scanner.scanned_file import ScannedFile

KEYS = set(
    "schema earlier status source output environments changes verification weights optimizer trusted replaced "
    "custom_objects error made_with timing seal".split()
)


def test_the_keys_are_those_of_schema_2() -> None:
    document = json.loads(Report({"path": "a.h5"}).to_bytes())
    assert set(document) == KEYS
    assert document["schema"] == 2


def test_a_failure_takes_the_output_away_and_keeps_what_it_knows() -> None:
    report = Report({"path": "a.h5"}, output=ReportedOutput("a.keras", "0" * 64, "native", None, None, bundle=False))
    report.fail(
        Failure(Exit.DIFFERS, "differs", detail={"verification": unproven("no inputs").to_json(), "log": "end"})
    )
    assert (report.status, report.exit_code, report.output) == ("differs", Exit.DIFFERS, None)
    assert report.verification == unproven("no inputs")
    assert report.error
    assert report.error.log == "end"
    assert "detail" not in report.error.to_json()


def test_statuses() -> None:
    for code, status in ((Exit.REFUSED, "refused"), (Exit.WEIGHTS, "failed"), (Exit.WORKER_DIED, "failed")):
        report = Report({})
        report.fail(Failure(code, "no"))
        assert report.status == status


def test_json_has_no_infinity() -> None:
    facts = {"b": [{"max_abs": math.inf}, math.nan, 1.5], "a": (1, "x", None, True)}
    assert json.loads(to_bytes(facts)) == {"b": [{"max_abs": None}, None, 1.5], "a": [1, "x", None, True]}


def test_what_the_scan_has_found() -> None:
    report = Report.of(Path("a.h5"), trusted=True)
    seen = ScannedFile(Path("a.h5"), "h5", {"keras_version": "2.4.0"}, {}, {"loss": "mse"}, False)
    report.tell(ScanResult.of(seen, {}))
    assert report.source["saved_by"] == {"keras_version": "2.4.0"}
    assert (report.trusted, report.optimizer, report.changes) == (True, "dropped", ())


def test_what_becomes_of_a_compiled_state() -> None:
    silent, told, none = (Report({}, optimizer=optimizer) for optimizer in ("dropped", "dropped", "none"))
    silent.tell_training(None)
    told.tell_training(Training("rebuilt", "no state"))
    none.tell_training(None)
    assert [report.optimizer for report in (silent, told, none)] == ["dropped", "rebuilt", "none"]
    assert [[change.rule for change in report.changes] for report in (silent, told, none)] == [["compile"], [], []]
    assert Report.from_bytes(told.to_bytes()).training == Training("rebuilt", "no state")
    assert "training" not in silent.to_json()


def test_a_file_name_that_is_no_text() -> None:
    assert b"\\udcff" in to_bytes({"path": "\udcff.h5"})

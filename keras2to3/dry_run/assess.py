"""What `migrate` would make of a source, as far as its file tells without anything of it being run."""

from __future__ import annotations

from collections.abc import Mapping

from interchange.errors import failure_of
from interchange.messages.changes import Change
from keras2to3.dry_run.forecast import forecast, forecast_back, repaired
from keras2to3.dry_run.replaced_layers import placed
from keras2to3.reports.report import Report
from keras2to3.routes import GRAPH, structural_change, why_graph
from keras2to3.scanner.examine import scan_model, scan_weights
from keras2to3.scanner.graph_alone import is_graph_alone
from keras2to3.scanner.inner_models import require_parts, select_part
from keras2to3.scanner.missing_classes import require_keras3_definitions
from keras2to3.scanner.process.messages import ScanRequest, ScanResult
from keras2to3.scanner.scanned_file import ScannedFile
from keras2to3.scanner.unsupported import require_keras_3, require_weights


def checked(asked: ScanRequest) -> Report:
    """The report of one source, as far as it goes; whatever goes wrong is in it."""
    report = Report.before_scan(asked)
    try:
        _check(asked, report)
    except (MemoryError, RecursionError):
        raise  # whoever limits the scan tells
    except Exception as error:  # noqa: BLE001  (a source that fails costs itself alone)
        report.fail(failure_of(error, asked.path))
    return report


def _check(asked: ScanRequest, report: Report) -> None:
    """Record what would happen. Raises `Failure`."""
    if asked.builder is not None:
        _tell(scan_weights(asked.path), report)
        report.tell_training(None)
        report.status = "ready"  # what the function builds shows when it is run
        return
    seen = scan_model(asked.path, asked.trust, asked.replace, asked.architecture, asked.custom_files.names)
    if asked.back:
        _check_back(seen, report, asked.custom_files.names)
        return
    require_keras3_definitions(seen, asked.custom_files)
    require_parts(seen, asked.part)
    if not asked.fresh_weights:
        require_weights(seen)
    _tell(seen, report)
    report.status = "ready"
    if seen.is_of_keras_3:
        report.add(*repaired(seen))
        report.status = "ready" if report.changes else "unchanged"
    elif is_graph_alone(seen):
        report.tell_training(None)
        report.add(structural_change(GRAPH.name, GRAPH.note))
    else:
        architecture = select_part(seen, asked.part)
        replaced = placed(architecture, asked.replace, asked.trust)
        told = forecast(architecture, replaced, seen, asked.custom_files.new_names, asked.written_by)
        if told.failure and asked.serve and seen.format == "savedmodel" and asked.part is None:
            report.fail(told.failure)
            report.tell_training(None)
            report.add(why_graph(report))
            report.error, report.status = None, "ready"
            return
        if told.failure:
            report.status = "failed"
            raise told.failure
        report.add(*told.changes)
        _expect(seen, report)


def _check_back(seen: ScannedFile, report: Report, own: Mapping[str, str]) -> None:
    """Record what a rollback would refuse. Raises `Failure`."""
    require_keras_3(seen)
    _tell(seen, report)
    report.status = "ready"
    told = forecast_back(seen, own)
    if told.failure:
        report.status = "failed"
        raise told.failure
    report.add(*told.changes)


def _expect(seen: ScannedFile, report: Report) -> None:
    """What would become of a compiled state, which only a migration compiles and compares."""
    if seen.unreadable_training is not None:
        report.add(Change("", "compile", "training-only", f"arrives uncompiled: {seen.unreadable_training}"))
    elif report.optimizer == "dropped" and not seen.is_described:
        report.optimizer = "kept" if seen.has_optimizer else "rebuilt"
    else:
        report.tell_training(None)


def _tell(seen: ScannedFile, report: Report) -> None:
    report.tell(ScanResult.of(seen, {}))
    report.source["sha256"] = seen.sha256
    if seen.described_by:
        report.source["architecture"] = {"path": str(seen.described_by.path), "sha256": seen.described_by.sha256}

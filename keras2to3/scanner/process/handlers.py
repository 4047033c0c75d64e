"""The handlers of the scanner's requests: everything that reads untrusted files, for all commands."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from interchange import json_floats
from interchange.errors import Failure, refused
from interchange.protocol import Handler
from interchange.user_files.replacements import Replacement
from keras2to3.scanner.examine import examine, scan_model, scan_weights
from keras2to3.scanner.inner_models import require_parts
from keras2to3.scanner.missing_classes import require_keras3_definitions
from keras2to3.scanner.model_files import digest_of
from keras2to3.scanner.policies import Policy
from keras2to3.scanner.process.messages import ScanRequest, ScanResult
from keras2to3.scanner.scanned_file import ScannedFile
from keras2to3.scanner.unsupported import require_keras_3, require_weights

Request = Mapping[str, Any]

# What one request alone needs is imported for it: a migration of one model waits until its scan is done.


def scan_source(request: ScanRequest) -> tuple[ScannedFile, Mapping[str, Replacement]]:
    """The scan of a source that may be migrated, and the layers that are replaced. Raises `Failure`."""
    if request.builder is not None:
        return scan_weights(request.path), {}
    scanned = scan_model(request.path, request.trust, request.replace, request.architecture, request.custom_files.names)
    if request.back:
        require_keras_3(scanned)
        return scanned, {}
    require_keras3_definitions(scanned, request.custom_files)
    require_parts(scanned, request.part)
    if not request.fresh_weights:
        require_weights(scanned)
    if not request.replace or scanned.architecture is None:
        return scanned, {}
    from keras2to3.dry_run.replaced_layers import placed

    return scanned, placed(scanned.architecture, request.replace, request.trust)


def scan(request: Request) -> dict[str, Any]:
    """The facts that a migration goes on with."""
    return ScanResult.of(*scan_source(ScanRequest.from_json(request))).to_json()


def configs(request: Request) -> dict[str, Any]:
    """The architecture that the exporter builds the model from, and how it was compiled."""
    scanned, _ = scan_source(ScanRequest.from_json(request))
    return {
        "architecture": json_floats.spelled(scanned.architecture),
        "training_config": json_floats.spelled(scanned.training),
    }


def check(request: Request) -> dict[str, Any]:
    """The report of the dry run."""
    from keras2to3.dry_run.assess import checked

    return checked(ScanRequest.from_json(request)).to_json()


def inspect(request: Request) -> dict[str, Any]:
    """All that is in a source, as a row of JSON or as lines."""
    from keras2to3.inspection.inspection import inspect_source
    from keras2to3.inspection.lines import to_answer
    from keras2to3.sources import Source

    return to_answer(inspect_source(Source(Path(request["path"]))), as_json=request["json"])


def picture(request: Request) -> dict[str, Any]:
    """The picture of a source, if its file names layers."""
    from keras2to3.inspection.picture import picture

    asked = ScanRequest.from_json(request)
    found = picture(asked.path, asked.architecture)
    return {"picture": found and found.to_json()}


def digest(request: Request) -> dict[str, Any]:
    """The SHA-256 of a file or folder."""
    return {"sha256": digest_of(Path(request["path"]))}


def result(request: Request) -> dict[str, Any]:
    """The format of what the importer has written, and the first policy that it violates, user classes aside."""
    from keras2to3.scanner.unknown_classes import is_defined

    scanned = examine(Path(request["path"]))
    broken = next((problem for problem in scanned.unsafe if not is_defined(problem, request["names"])), None)
    return {"format": scanned.format, "broken": broken and f"{broken.policy}: {broken}"}


def is_weights(request: Request) -> dict[str, Any]:
    """Whether a file holds weights alone; False if it cannot be read, which a scan reports."""
    try:
        return {"is_weights": examine(Path(request["path"])).source_format.content == "weights"}
    except Failure:
        return {"is_weights": False}


def bounded(handle: Callable[[Request], dict[str, Any]]) -> Handler:
    """A handler that refuses a file which exceeds the limits."""

    def answer(request: Request, _: Any) -> dict[str, Any]:
        os.chdir(request["folder"])  # so that relative paths are those of the user
        try:
            return handle(request)
        except (MemoryError, RecursionError) as error:
            what = "memory than a scan may take" if isinstance(error, MemoryError) else "levels than a model has"
            problem = Policy.LIMITS.violation("", Path(request["path"]).name, f"reading it takes more {what}")
            raise refused([problem], f"{request['path']} cannot be scanned: {problem.text}.") from None

    return answer


HANDLERS: Mapping[str, Handler] = {
    "scan": bounded(scan),
    "configs": bounded(configs),
    "check": bounded(check),
    "inspect": bounded(inspect),
    "picture": bounded(picture),
    "digest": bounded(digest),
    "is-weights": bounded(is_weights),
    "result": bounded(result),
}
"""By the `op` of a request."""

"""`report.json`, schema 2: what was migrated, what changed, and the proof."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

from interchange import json_floats, strictjson
from interchange.errors import Exit, Failure, Problem
from interchange.messages.changes import Change
from interchange.messages.message import OMITTED_IF_NONE, Message, columns
from interchange.messages.results import Needs
from interchange.messages.training import Training
from interchange.messages.verification import Verification
from interchange.messages.weights import Weights
from interchange.user_files.builders import Builder
from interchange.user_files.custom_objects import CustomObjectsFile
from interchange.user_files.replacements import Replacement
from keras2to3.reports.decision import Decision

if TYPE_CHECKING:
    from keras2to3.scanner.process.messages import ScanRequest, ScanResult

SCHEMA = 2
_COMPILED = "the compiled state (loss, metrics, optimizer) is not in the result; compile the model again to train it"
_FRESH = "the source holds no weights: its initializers draw them, the same ones every time; the result is untrained"
_SOURCE = ("sha256", "format", "saved_by", "architecture", "location", "name")
_STATUS = {Exit.REFUSED: "refused", Exit.DIFFERS: "differs"}


@dataclass(frozen=True)
class ReportedError(Message):
    """Why nothing was published: the exit code, one sentence, what to do, and every problem that was found.

    `log` is the end of a process's log, `rule` and `file` say what is wrong with a bundle, and `missing` are the
    classes that a model needs, as the scanner describes them.
    """

    code: int
    message: str
    hint: Optional[str]
    problems: tuple[Problem, ...]
    log: Optional[str] = field(default=None, metadata=OMITTED_IF_NONE)
    rule: Optional[int] = field(default=None, metadata=OMITTED_IF_NONE)
    file: Optional[str] = field(default=None, metadata=OMITTED_IF_NONE)
    missing: Optional[tuple[Mapping[str, Any], ...]] = field(default=None, metadata=OMITTED_IF_NONE)


@dataclass(frozen=True)
class OutputNeeds(Needs):
    """What of the user's `file` a result is opened with; `usage` is the line of Python that does so."""

    file: str
    usage: str


@dataclass(frozen=True)
class ReportedOutput(Message):
    """The file that was published.

    `kind` is `native`, `weights` or `serving`, or `needs-code` if it is opened with classes of the user's. `opens_from`
    is the oldest Keras 3 that has opened it, and `bundle` whether its bundle lies beside it.
    """

    path: str
    sha256: str
    kind: str
    opens_from: Optional[str]
    needs: Optional[OutputNeeds]
    bundle: bool


@dataclass
class Report(Message):
    """What became of one source; the fields are the keys of `report.json`, and docs/handbook/reports.md describes them.

    It grows with every stage. `source` and `output` are the two files, `environments` the versions and the sandbox of
    each worker, `error` why nothing was published, and `earlier` what became of the result of an earlier run.
    `made_with` is the code and the options that the result depends on. `timing` is in seconds by stage, and in MiB for
    memory. `training` says more of `optimizer` where the source is a compiled model. `policy` is what rules of the user
    have decided, if they have. `settings` are the options that were given, with the `value` of each and where it is
    `from`; reports of earlier versions have none.
    """

    source: dict[str, Any]
    status: str = "failed"
    output: Optional[ReportedOutput] = None
    environments: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    verification: Optional[Verification] = None
    weights: Optional[Weights] = None
    optimizer: str = "none"
    trusted: bool = False
    replaced: tuple[Replacement, ...] = ()
    custom_objects: Optional[Mapping[str, CustomObjectsFile]] = None
    error: Optional[ReportedError] = None
    earlier: Optional[dict[str, Any]] = None
    made_with: Mapping[str, Any] = field(default_factory=dict)
    timing: dict[str, float] = field(default_factory=dict)
    schema: int = SCHEMA
    training: Optional[Training] = field(default=None, metadata=OMITTED_IF_NONE)
    policy: Optional[Decision] = field(default=None, metadata=OMITTED_IF_NONE)
    settings: Optional[dict[str, Mapping[str, Any]]] = field(default=None, metadata=OMITTED_IF_NONE)

    @property
    def exit_code(self) -> Exit:
        """The exit code of its status."""
        return Exit.VERIFIED if self.error is None else Exit(self.error.code)

    @property
    def final_code(self) -> Exit:
        """The exit code that this source alone would have by the policy of the run."""
        return Exit(self.policy.exit_code) if self.policy else self.exit_code

    @property
    def verb(self) -> str:
        """The command that wrote it."""
        is_back = "origin" in (self.made_with.get("options") or {})  # an option of `rollback` alone
        return "rollback" if is_back else "migrate"

    @property
    def is_unproven(self) -> bool:
        """Whether there was nothing to compare the outputs with."""
        return self.verification is not None and self.verification.reference == "weights"

    @property
    def is_fresh(self) -> bool:
        """Whether the weights are no learnt ones, for the source has none."""
        return any(change.rule == "weights" for change in self.changes)

    def tell(self, seen: ScanResult) -> None:
        """Record what the scan has found; digests are recorded apart, and what arrives of a compiled state later."""
        self.source.update(format=seen.format, saved_by=dict(seen.saved_by))
        if not seen.has_weights:
            self.add(Change("", "weights", "lossy", _FRESH))
        if seen.is_of_keras_3:
            self.optimizer = "kept" if seen.has_optimizer else "none"
        elif seen.has_optimizer or seen.is_compiled:
            self.optimizer = "dropped"

    def tell_training(self, training: Training | None) -> None:
        """Record what became of a compiled state, which stays behind where the importer says nothing of it."""
        if training is not None:
            self.optimizer, self.training = training.optimizer, training
        elif self.optimizer == "dropped":
            self.add(Change("", "compile", "training-only", _COMPILED))

    def add(self, *changes: Change) -> None:
        """Record what is not as it was."""
        self.changes = (*self.changes, *changes)

    def fail(self, failure: Failure) -> None:
        """Record why nothing is published; what the failure knows besides becomes part of `error`."""
        detail = dict(failure.detail)
        detail.pop("details", None)
        if verification := detail.pop("verification", None):
            self.verification = Verification.from_json(verification)
        self.status = _STATUS.get(failure.code, "failed")
        self.output = None
        self.error = ReportedError(int(failure.code), failure.message, failure.hint, failure.problems, **detail)

    @classmethod
    def of(
        cls, source: Path, trusted: bool, replaced: Sequence[Replacement] = (), builder: Builder | None = None
    ) -> Report:
        """The report of a source nobody has looked at."""
        unknown: dict[str, Any] = dict.fromkeys(_SOURCE)
        facts = {"path": str(source), **unknown, "architecture": builder and builder.to_json()}
        return cls(facts, trusted=trusted, replaced=tuple(replaced))

    @classmethod
    def before_scan(cls, request: ScanRequest) -> Report:
        """The report of a source that is to be scanned."""
        report = cls.of(request.path, request.trust, request.replace, request.builder)
        report.custom_objects = request.custom_files.by_environment
        return report

    def to_bytes(self) -> bytes:
        """The content of `report.json`."""
        facts = self.to_json()
        return to_bytes({**facts, "seal": _seal(facts)})

    @classmethod
    def from_bytes(cls, content: bytes) -> Report:
        """The inverse of `to_bytes`. Raises ValueError for what is none of ours, or was altered."""
        facts = sealed(content)
        known = columns(cls)
        needed = {key for key, column in known.items() if not column.optional}
        if not needed <= facts.keys() <= known.keys():
            raise ValueError("a report of another version")
        try:
            return cls.from_json(facts)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise ValueError("a report of another version") from error


def sealed(content: bytes) -> dict[str, Any]:
    """The facts of a report of ours, whichever version wrote it. Raises ValueError for anything else."""
    facts = strictjson.parse(content)
    if not isinstance(facts, dict) or facts.pop("seal", None) != _seal(facts):
        raise ValueError("not a report of keras2to3, or changed since it was written")
    return facts


def _seal(facts: Mapping[str, Any]) -> str:
    """SHA-256 of all that is the same whenever it is made."""
    return hashlib.sha256(to_bytes({key: value for key, value in facts.items() if key != "timing"})).hexdigest()


def to_bytes(document: Mapping[str, Any]) -> bytes:
    """A document as indented strict JSON, with the same bytes for the same facts."""
    return json.dumps(json_floats.finite(document), indent=2, sort_keys=True, allow_nan=False).encode("ascii") + b"\n"

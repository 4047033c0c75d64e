"""The files of a run in its target, below `.keras2to3/RUN`, and what each holds.

    plan.json           the options, the number of shards, and the digest of their lists
    plan/00017.jsonl    the sources of a shard, one on each line
    shards/00017.json   the record of a shard that is done
    rows/00017-3f0c9a1e5b7d2648.jsonl   a row for each of its sources, as `summary.json` has them

Of two commands that have done a shard at the same time one writes the record, which has the digest of its rows; it is
in their name, so that the rows of the other one are not in their place. The first two are written once and never
change. `.keras2to3/run.json` names the newest run that writes results.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from interchange import strictjson
from interchange.errors import Exit, Failure
from keras2to3.fleet.stores.store import Store
from keras2to3.results.portable_names import HIDDEN

SCHEMA = 1
CHECK = "check"
"""The verb of a plan that writes no results."""

NEWEST = f"{HIDDEN}/run.json"
_ENCODER = json.JSONEncoder(sort_keys=True, allow_nan=False)
_HINT = "plan it again: keras2to3 plan SOURCES --output-dir {}"


@dataclass(frozen=True)
class Plan:
    """What the shards of a run have in common.

    `run` is the digest of everything below, so that a command of another version or with other options cannot take part
    in it. `made_with` is what the results depend on besides their sources, `options` are the settings of `verb`, and
    `shards` the SHA-256 of each list.
    """

    run: str
    verb: str
    made_with: Mapping[str, Any]
    options: Mapping[str, Any]
    shards: Sequence[str]
    sources: int

    @classmethod
    def of(
        cls, verb: str, made_with: Mapping[str, Any], options: Mapping[str, Any], lists: Sequence[bytes], sources: int
    ) -> Plan:
        """The plan of lists of sources."""
        shards = [hashlib.sha256(content).hexdigest() for content in lists]
        facts = {"schema": SCHEMA, "verb": verb, "made_with": made_with, "options": options, "shards": shards}
        return cls(hashlib.sha256(_json(facts)).hexdigest()[:16], verb, made_with, options, shards, sources)

    def to_bytes(self) -> bytes:
        """The content of `plan.json`."""
        facts = {"verb": self.verb, "made_with": self.made_with, "options": self.options, "shards": list(self.shards)}
        return _json({"schema": SCHEMA, "run": self.run, "sources": self.sources, **facts})

    @classmethod
    def read(cls, store: Store, run: str | None = None) -> Plan:
        """The plan of a run, or of the newest. Raises `Failure(ENVIRONMENT)` if there is none that can be read."""
        hint = _HINT.format(store.url)
        try:
            run = run or str(strictjson.parse(store.read(NEWEST)[0])["run"])
            facts = strictjson.parse(store.read(path(run, "plan.json"))[0])
            if facts["schema"] != SCHEMA:
                raise Failure(Exit.ENVIRONMENT, f"{store.url}: run {run} was planned by another version", hint)
            known = {name: facts[name] for name in ("verb", "made_with", "options", "shards", "sources")}
            return cls(run, **known)
        except FileNotFoundError as error:
            text = f"{store.url} has no plan{f' of run {run}' if run else ''}"
            raise Failure(Exit.ENVIRONMENT, text, hint) from error
        except (LookupError, TypeError, ValueError) as error:
            raise Failure(Exit.ENVIRONMENT, f"{store.url}: the plan cannot be read: {error}", hint) from error

    def entries(self, store: Store, number: int) -> list[Any]:
        """The list of a shard. Raises `Failure` if there is none of this number, or it is not what was planned."""
        if not 0 <= number < len(self.shards):
            text = f"run {self.run} has no shard {number}: its shards are 0 to {len(self.shards) - 1}"
            raise Failure(Exit.USAGE, text, None)
        key = path(self.run, f"plan/{number:05}.jsonl")
        try:
            content = store.read(key)[0]
        except FileNotFoundError:
            content = b""
        if hashlib.sha256(content).hexdigest() != self.shards[number]:
            text = f"{store.url}/{key} is missing, cut off, or was changed since it was planned"
            raise Failure(Exit.ENVIRONMENT, text, f"delete {store.url}/{HIDDEN}/{self.run}, and plan it again")
        return list(map(strictjson.parse, content.splitlines()))


def path(run: str, name: str) -> str:
    """The key of a file of a run."""
    return f"{HIDDEN}/{run}/{name}"


def record(run: str, number: int) -> str:
    """The key of the record of a shard."""
    return path(run, f"shards/{number:05}.json")


def attempts(run: str, number: int) -> str:
    """The folder with a file for each source of a shard that was begun alone."""
    return path(run, f"attempts/{number:05}")


def rows(run: str, number: int, digest: str) -> str:
    """The key of the rows of a shard, by their SHA-256."""
    return path(run, f"rows/{number:05}-{digest[:16]}.jsonl")


def failed(content: bytes) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """The rows of the sources that failed, among those of a shard: each as it is in the file, and what it says."""
    for line in content.splitlines(keepends=True):
        row = strictjson.parse(line)
        if row["exit_code"] != Exit.VERIFIED:
            yield line, row


def lines(items: Iterable[Mapping[str, Any]]) -> bytes:
    """Items as JSON, one on each line."""
    return b"".join(_json(item) for item in items)


def _json(facts: Mapping[str, Any]) -> bytes:
    return _ENCODER.encode(facts).encode("ascii") + b"\n"

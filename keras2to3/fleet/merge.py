"""The summary of a run, of the records of its shards."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from interchange.errors import Exit, Failure
from keras2to3.dry_run import check
from keras2to3.fleet import layout
from keras2to3.fleet.layout import Plan
from keras2to3.fleet.shard import record_of
from keras2to3.fleet.stores.store import Store
from keras2to3.results import pages

_NAMED = 10  # the most shards that an error lists
_LISTED = 1_000  # the most sources that the page lists
_PAGE = "summary.html"


@dataclass
class Totals:
    """What some shards have come to, by their records; `seconds` are those of all together."""

    exit_code: Exit = Exit.VERIFIED
    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    quarantined: int = 0

    def add(self, record: Mapping[str, Any]) -> None:
        """A shard."""
        self.exit_code = max(self.exit_code, Exit(record["exit_code"]))
        self.counts.update(record["counts"])
        self.seconds += record["seconds"]
        self.quarantined += record["quarantined"]


@dataclass
class Merged(Totals):
    """What all shards have come to: `failed` counts the sources that failed, and `first` are the first of their rows.

    `rows` are the files of rows that records name, and `warning` says why there is no page.
    """

    failed: int = 0
    rows: set[str] = field(default_factory=set)
    first: list[Mapping[str, Any]] = field(default_factory=list)
    warning: str | None = None

    def add_failed(self, row: Mapping[str, Any]) -> None:
        """A source that failed."""
        self.failed += 1
        if len(self.first) < _LISTED:
            self.first.append(row)


def missing(store: Store, plan: Plan) -> list[int]:
    """The shards that are not done."""
    done = {file.key.rpartition("/")[2] for file in store.list(layout.path(plan.run, "shards"))}
    return [number for number in range(len(plan.shards)) if f"{number:05}.json" not in done]


def merge(store: Store, plan: Plan) -> Merged:
    """Write `summary.json` of the records of all shards: the counts, and the rows of sources that failed; and a page.

    Of checks it is `check.json`, without a page. The rows of a shard are in memory one shard at a time. Raises
    `Failure(ENVIRONMENT)` if a shard is not done, or its rows are not those of its record, or something else is there.
    """
    if left := missing(store, plan):
        named = ", ".join(map(str, left[:_NAMED])) + (", ..." if len(left) > _NAMED else "")
        text = f"{len(left)} of {len(plan.shards)} shards of run {plan.run} are not done: {named}"
        raise Failure(Exit.ENVIRONMENT, text, f"run them: keras2to3 shard {store.url} {left[0]}")
    require_place(store, plan.verb)
    merged = Merged()
    with tempfile.TemporaryDirectory(prefix="keras2to3-") as folder:
        failed, summary = Path(folder, "failed"), Path(folder, "summary.json")
        with failed.open("wb") as rows:
            for number in range(len(plan.shards)):
                rows.writelines(_failed(store, plan, number, merged))
        with summary.open("wb") as draft, failed.open("rb") as rows:
            draft.write(_head(plan, merged))
            draft.writelines(b"%s    %s" % (b",\n" if number else b"\n", row[:-1]) for number, row in enumerate(rows))
            draft.write(b"\n  ]\n}\n")
        store.upload(name_of(plan), summary)
    for file in store.list(layout.path(plan.run, "rows")):
        if file.key not in merged.rows:  # of a shard that somebody else has done as well, or that was begun before
            store.delete(file.key)
    if plan.verb != layout.CHECK:
        _write_page(store, plan, merged)
    return merged


def name_of(plan: Plan) -> str:
    """The name of the summary of a run."""
    return check.NAME if plan.verb == layout.CHECK else "summary.json"


def require_place(store: Store, verb: str) -> None:
    """Raise `Failure(ENVIRONMENT)` if a check would replace a file of somebody else's by its answers."""
    if verb != layout.CHECK:
        return
    try:
        content = store.read(check.NAME)[0]
    except FileNotFoundError:
        return
    check.require_ours(content, f"{store.url}/{check.NAME}")


def _write_page(store: Store, plan: Plan, merged: Merged) -> None:
    """Write `summary.html`, unless the run has no pages; a file that is none of ours stays."""
    try:
        is_free = pages.is_sealed(store.read(_PAGE)[0])
    except FileNotFoundError:
        is_free = True
    if not is_free:
        merged.warning = f"warning: {store.url}/{_PAGE} is not a page of keras2to3, or was changed, and stays as it is"
    elif "--no-html" in plan.options["words"]:
        store.delete(_PAGE)  # it is of an earlier run
    else:
        store.write(_PAGE, pages.of_totals({**_facts(plan, merged), "failed": merged.first}, merged.failed))


def _facts(plan: Plan, merged: Merged) -> dict[str, Any]:
    facts = {"schema": layout.SCHEMA, "run": {"id": plan.run}, "exit_code": int(merged.exit_code)}
    facts |= {"counts": dict(sorted(merged.counts.items())), "shards": len(plan.shards)}
    return facts


def _head(plan: Plan, merged: Merged) -> bytes:
    """The summary up to its list of rows."""
    facts = {**_facts(plan, merged), "failed": []}
    return json.dumps(facts, indent=2).removesuffix("]\n}").encode("ascii")


def _failed(store: Store, plan: Plan, number: int, merged: Merged) -> Iterator[bytes]:
    """The rows of a shard's sources without a result, as they are in its file."""
    record = record_of(store, plan, number)
    assert record is not None  # its name was listed
    key = layout.rows(plan.run, number, record["rows"])
    content = store.read(key)[0]
    if hashlib.sha256(content).hexdigest() != record["rows"]:
        text = f"{store.url}/{key} is not what the record of its shard says"
        hint = f"delete {store.url}/{layout.record(plan.run, number)}, and run shard {number} again"
        raise Failure(Exit.ENVIRONMENT, text, hint)
    merged.add(record)
    merged.rows.add(key)
    for line, row in layout.failed(content):
        merged.add_failed(row)
        yield line

"""The files of a report: `report.json`, and beside it the page, which is missing if there is no room for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from keras2to3.results import pages
from keras2to3.results.file_moves import Move

if TYPE_CHECKING:
    from keras2to3.task_state import Task


def staged(task: Task, target: Path, folder: Path) -> Sequence[Move]:
    """Both, written below `folder`; the page where none of another's is in the way. One of an earlier report goes.

    Raises OSError if the report cannot be written. `lost_page` of the task says why the page could not.
    """
    task.decide()
    report, page = folder / "report.json", pages.beside(target)
    report.write_bytes(task.report.to_bytes())
    draft = _page(task, target, pages.beside(report))
    if draft is not None:
        return [Move(target, report), Move(page, draft)]
    return [Move(target, report), *([Move(page)] if pages.is_ours(page) else [])]


def _page(task: Task, target: Path, draft: Path) -> Path | None:
    options, page, task.lost_page = task.options, pages.beside(target), None
    is_free = pages.may_write(page) or (options.overwrite and task.report.error is None)
    if not (options.html and is_free):
        return None
    details = pages.details_of(page) if task.resumed else task.details
    try:
        draft.write_bytes(pages.of_report(task.report, details, target.name))
    except OSError as error:
        draft.unlink(missing_ok=True)  # the room is needed
        task.lost_page = pages.lost(page, error)
        return None
    return draft

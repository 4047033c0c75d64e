"""The names of the results of each source, which depend only on the path of the source and on the options."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from interchange.errors import Exit, Failure
from keras2to3 import formats
from keras2to3.results import portable_names
from keras2to3.results.job import BESIDE, BUNDLE, Job
from keras2to3.sources import RealPaths, Source

_NAMED = 10  # the most pairs that a usage error lists


def plan(
    sources: Sequence[Source],
    output_dir: Path,
    ending: str = formats.KERAS.ending,
    root: Path | None = None,
    flat: bool = False,
    names: Mapping[Path, str] | None = None,
) -> list[Job]:
    """A job for each source, in the order of the sources; `names` has the stem of each, where they are known already.

    Below `root`, or the folder used in its place, results mirror the folders of their sources; with `flat` they have
    none. A source whose results would meet those of another, or lie on a source, has a failure and no place. Raises
    `Failure(USAGE)` if results would meet with `flat`, where every one of them is at fault.
    """
    folders = _Folders()
    if names is None:
        jobs = [_job(source, output_dir, ending, root, flat, folders) for source in sources]
    else:
        jobs = [
            Job(each.path, output_dir, names[each.path], each.failure, each.architecture, ending) for each in sources
        ]
    meeting = _name_conflicts(jobs)
    if flat and meeting:
        raise _flat_conflict(meeting)
    apart = [_refuse_shared_name(job, meeting.get(job.source, [])) for job in jobs] if meeting else jobs
    read = _protected_paths((path for job in jobs for path in (job.source, job.architecture) if path), folders)
    around = {place.rpartition("/")[0] for place in read}
    return [_refuse_overwriting_source(job, read, around, folders) for job in apart]


class _Folders:
    """What is asked of a folder once for all files in it, of which there may be many."""

    def __init__(self) -> None:
        self._mirrored: dict[tuple[str, Path | None], tuple[str, ...] | None] = {}
        self._paths = RealPaths()
        self.real, self.location = self._paths.of, self._paths.location
        self._names: dict[tuple[str, ...], str] = {}
        self._results: dict[str, Sequence[str]] = {}

    def mirrored(self, source: Source, root: Path | None) -> tuple[str, ...] | None:
        """The folders between the root, which is the same for all sources, and one; None if the source is elsewhere."""
        folder, _, name = str(source.path).rpartition("/")
        if name in ("", ".", ".."):
            return _mirrored(source, root)
        key = folder, source.base
        if key not in self._mirrored:
            self._mirrored[key] = _mirrored(source, root)
        return self._mirrored[key]

    def portable(self, names: tuple[str, ...]) -> str:
        """The folders of results for those of a source, each with `/` behind it."""
        if names not in self._names:
            self._names[names] = "".join(f"{portable_names.folder(name)}/" for name in names)
        return self._names[names]

    def results_around(self, place: str) -> Sequence[str]:
        """The folders around a file that are results, as keys."""
        folder = place.rpartition("/")[0]
        if folder not in self._results:
            around = (Path(folder), *Path(folder).parents)
            endings = (formats.SERVING.ending, BUNDLE)
            self._results[folder] = [portable_names.key(str(above)) for above in around if above.suffix in endings]
        return self._results[folder]


def _job(source: Source, output_dir: Path, ending: str, root: Path | None, flat: bool, seen: _Folders) -> Job:
    folders = () if flat else seen.mirrored(source, root)
    if folders is None or source.is_pattern:
        failure = source.failure if source.is_pattern else _outside(source, root)
        return Job(source.path, output_dir, "", failure, source.architecture, ending, has_target=False)
    name = source.stem
    stem = f"{seen.portable(folders)}{portable_names.stem(name)}"
    encoded = stem != "/".join([*folders, name])
    return Job(source.path, output_dir, stem, source.failure, source.architecture, ending, is_renamed=encoded)


def _mirrored(source: Source, root: Path | None) -> tuple[str, ...] | None:
    """The folders between the root and the source; None if the source is elsewhere."""
    folder = _folder_of(source.path)
    if root is not None:
        return _between(root, folder)
    folders = _between(Path(), folder)
    if folders is None and source.base is not None:
        folders = _between(source.base, folder)
    return () if folders is None else folders


def _between(root: Path, folder: Path) -> tuple[str, ...] | None:
    """The folders as the path is written, if `root` is on it; otherwise as the file system resolves it."""
    for above in (folder, *folder.parents):
        if _is_same(above, root):
            return folder.relative_to(above).parts
    top, below = Path(os.path.realpath(root)), Path(os.path.realpath(folder))
    return below.relative_to(top).parts if below.is_relative_to(top) else None


def _folder_of(path: Path) -> Path:
    """The absolute folder of a path. After a link, `..` leads elsewhere than it seems, so links are resolved then."""
    if ".." in path.parts:
        return location(path).parent
    return path.absolute().parent


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # one does not exist
        return False


def location(path: Path) -> Path:
    """The location of a file: its folder with links resolved, and its own name."""
    path = path if path.name not in ("", "..") else Path(os.path.realpath(path))
    return Path(os.path.realpath(path.parent)) / path.name


def _outside(source: Source, root: Path | None) -> Failure:
    hint = "Name a folder with --root that holds every source, or leave --root out."
    return Failure(Exit.USAGE, f"{source.path} is not below --root {root}.", hint)


def _name_conflicts(jobs: Sequence[Job]) -> Mapping[Path, Sequence[Job]]:
    """By source, the other jobs whose results would have the same name on some file system."""
    groups: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        if job.has_target:
            groups[portable_names.key(job.stem)].append(job)
    return {
        job.source: [other for other in group[: _NAMED + 1] if other is not job]
        for group in groups.values()
        for job in group
        if len(group) > 1
    }


def _refuse_shared_name(job: Job, others: Sequence[Job]) -> Job:
    if not others:
        return job
    names = " and ".join(str(other.source) for other in others[:_NAMED])
    text = f"{job.source} and {names} would have results of the same name, {job.target.name}."
    hint = f"Migrate one of them by itself, into another folder: keras2to3 migrate {job.source} --output-dir DIR"
    return replace(job, failure=Failure(Exit.USAGE, text, hint), has_target=False)


def _protected_paths(paths: Iterable[Path], folders: _Folders) -> frozenset[str]:
    """Paths that must not change: everything that is read, also through a link, and folders of results around it."""
    protected: set[str] = set()
    for path in paths:
        here, real = folders.location(str(path)), folders.real(path)
        for place in (here,) if here == real else (here, real):
            protected.add(portable_names.key(place))
            protected.update(folders.results_around(place))
    return frozenset(protected)


def _refuse_overwriting_source(job: Job, read: frozenset[str], around: set[str], folders: _Folders) -> Job:
    """Refuse a job whose results would replace a file that is read; `around` has the folders of these files."""
    if not job.has_target:
        return job
    place = portable_names.key(folders.location(f"{job.output_dir}/{job.stem}"))
    if place.rpartition("/")[0] not in around:
        return job
    for ending in (job.ending, *BESIDE):
        if f"{place}{ending}" in read:
            text = f"{job.source} would have a result that replaces a source, {job.path(ending)}."
            failure = Failure(Exit.USAGE, text, "Choose another folder with --output-dir.")
            return replace(job, failure=failure, has_target=False)
    return job


def _flat_conflict(meeting: Mapping[Path, Sequence[Job]]) -> Failure:
    pairs = {tuple(sorted((str(source), str(other.source)))) for source, others in meeting.items() for other in others}
    listed = "; ".join(f"{one} and {other}" for one, other in sorted(pairs)[:_NAMED])
    more = f"; and {len(pairs) - _NAMED} more pairs" if len(pairs) > _NAMED else ""
    text = f"with --flat several sources would have results of the same name: {listed}{more}"
    return Failure(Exit.USAGE, text, "leave --flat out, so that results keep the folders of their sources")

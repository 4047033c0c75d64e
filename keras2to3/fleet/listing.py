"""The sources of a plan, and the names of their results, without reading more of a store than its list of files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from interchange.errors import Exit, Failure
from keras2to3.fleet.entries import Entry
from keras2to3.fleet.stores.opening import open_store
from keras2to3.fleet.stores.store import Sources, StoredFile
from keras2to3.formats import ENDINGS
from keras2to3.options.commands import CheckOptions, Options
from keras2to3.options.places import is_url
from keras2to3.results import plan, portable_names
from keras2to3.results.job import Job
from keras2to3.scanner.containers import INDEX_SUFFIX, companion_files
from keras2to3.scanner.model_files import files_of
from keras2to3.sources import TEXTS, Source, find, is_archive
from keras2to3.weight_pairs import paired

_LONGEST_NAME = 255  # bytes, of a file system
_NO_NAMES = {"": "%00", ".": "%2E", "..": "%2E%2E"}
_MOST_READ = 64 << 20  # bytes of a text or an index, which tells by its content whether it is a model


def listed(sources: Sequence[str], options: Options | CheckOptions, scratch: Path) -> list[Entry]:
    """Every source, in the order of the list. `scratch` is an empty folder, for names of files in stores.

    Raises `Failure` where a store does not answer.
    """
    here = [place for place in sources if not is_url(place)]
    there = [place for place in sources if is_url(place)]
    entries: list[Entry] = []
    if here:
        entries += _of_this_machine(here, options)
    for number, place in enumerate(there):
        entries += _of_store(open_store(place), options, scratch / str(number))
    return _apart(entries)


def _of_this_machine(places: Sequence[str], options: Options | CheckOptions) -> Iterator[Entry]:
    """Paths that every machine of the shards has as well."""
    wanted = is_archive if options.back else None
    found = find([Path(place).absolute() for place in places], options.output_dir, wanted, options.exclude)
    jobs = _jobs(found, options, options.root)
    names = _names(jobs, options, options.root)
    for job in jobs:
        files = {str(path): StoredFile(str(path), *_state(path)) for path in _files(job)}
        own = {path: names[path] for path in files if path in names}
        yield Entry(str(job.source), "", own, files, job.failure)


def _state(path: Path) -> tuple[int, str]:
    facts = path.stat()
    return facts.st_size, f"{facts.st_mtime_ns:x}"


def _jobs(found: Sequence[Source], options: Options | CheckOptions, root: Path | None) -> list[Job]:
    """A job for each source, with the text that may be its architecture: the shard decides, which reads the file."""
    together = paired(found, lambda _: True, lambda _: options.architecture)
    return plan.plan(together, options.output_dir, options.output.ending, root, options.flat)


def _names(jobs: Sequence[Job], options: Options | CheckOptions, root: Path | None) -> Mapping[str, str]:
    """The names of results by source, also those that a text beside weights would have as a model of its own."""
    texts = [Source(job.architecture, base=job.source.parent) for job in jobs if job.architecture]
    others = plan.plan(texts, options.output_dir, options.output.ending, root, options.flat)
    return {str(job.source): job.stem for job in (*jobs, *others) if job.stem}


def _files(job: Job) -> list[Path]:
    """All that a source consists of; nothing if there is nothing to be done."""
    if job.failure:
        return []
    own = files_of(job.source) if job.source.is_dir() else [job.source, *companion_files(job.source)]
    return [*own, *([job.architecture] if job.architecture else [])]


def _of_store(store: Sources, options: Options | CheckOptions, skeleton: Path) -> Iterator[Entry]:
    """The models of a store. Their names are found in a folder with empty files of the same names."""
    files, broken = _skeleton(store, skeleton)
    wanted = is_archive if options.back else None
    found = [each for each in find([skeleton], None, wanted, options.exclude) if each.path != skeleton]
    jobs = _jobs(found, options, skeleton)
    names = _names(jobs, options, skeleton)
    for job in jobs:
        paths = {path: path.relative_to(skeleton).as_posix() for path in (job.source, *_files(job))}
        own = {relative: files[relative] for relative in paths.values() if relative in files}
        key = files[paths[job.source]].key if paths[job.source] in files else paths[job.source]
        kept = {relative: names[str(path)] for path, relative in paths.items() if str(path) in names}
        failure = job.failure and _told(job.failure, f"{skeleton}/", f"{store.url}/")
        yield Entry(f"{store.url}/{key}", store.url, {} if failure else kept, own, failure)
    for file in broken:
        text = f"{store.url}/{file.key}: a key that is a folder of other files as well cannot be downloaded"
        yield Entry(f"{store.url}/{file.key}", store.url, {}, {}, Failure(Exit.UNREADABLE, text, "give it another key"))
    if not found and not broken:
        text = f"{store.url} holds no model, or does not exist"
        yield Entry(store.url, store.url, {}, {}, Failure(Exit.UNREADABLE, text, "check the URL"))


def _told(failure: Failure, folder: str, url: str) -> Failure:
    hint = failure.hint and failure.hint.replace(folder, url)
    return replace(failure, message=failure.message.replace(folder, url), hint=hint)


def _skeleton(store: Sources, folder: Path) -> tuple[Mapping[str, StoredFile], Sequence[StoredFile]]:
    """The files of a store by the paths that they have below `folder`, and those that can have none.

    Files are empty and have their size; texts, and what else tells by its content what it is, are downloaded.
    """
    folder.mkdir(parents=True)
    files: dict[str, StoredFile] = {}
    listing = list(store.list())
    folders = {str(parent) for file in listing for parent in PurePosixPath(local_path(file.key)).parents}
    broken = []
    for file in listing:
        relative = local_path(file.key)
        if relative in folders:
            broken.append(file)
            continue
        files[relative] = file
        path = folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        if _tells_by_content(path) and file.size <= _MOST_READ:
            store.download(file, path)
        else:
            with path.open("wb") as draft:
                draft.truncate(file.size)
    return files, broken


def _tells_by_content(path: Path) -> bool:
    return path.suffix.lower() in {*TEXTS, INDEX_SUFFIX}


def local_path(key: str) -> str:
    """A key as a relative path of this machine, different for different keys."""
    return "/".join(_local_name(part) for part in key.split("/"))


def _local_name(part: str) -> str:
    """A part of a key as a name: `..` and nothing are none, and a long one keeps its ending."""
    part = _NO_NAMES.get(part) or (f"%25{part[1:]}" if part.startswith("%") else part)
    if len(part.encode("utf-8", "surrogateescape")) <= _LONGEST_NAME and "\0" not in part:
        return part
    ending = next((ending for ending in ENDINGS if part.lower().endswith(ending)), "")
    return portable_names.stem(part.removesuffix(ending)) + ending


def _apart(entries: Sequence[Entry]) -> list[Entry]:
    """The entries, each with a failure whose results would have the name of those of another place."""
    first: dict[str, Entry] = {}
    result = []
    for entry in entries:
        key = None if entry.name is None else portable_names.key(entry.name)
        other = entry if key is None else first.setdefault(key, entry)
        if other is not entry:
            text = f"{entry.source} and {other.source} would have results of the same name, {entry.name}."
            failure = Failure(Exit.USAGE, text, "Plan one of them by itself, into another target.")
            result.append(Entry(entry.source, entry.store, {}, {}, failure))
        else:
            result.append(entry)
    return result

"""The bundle: a folder of JSON documents and tensors that carries one model from the exporter to the importer."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from interchange import manifest as manifests
from interchange import npz, strictjson, tensors, training_files
from interchange.manifest import FileEntry, Manifest, TensorRow, invalid
from interchange.tensors import Array

_CHUNK = 2**20


class BundleWriter:
    """Writes a bundle file by file; without `close` there is no manifest, and so no bundle."""

    def __init__(self, folder: Path, producer: Mapping[str, str], source: Mapping[str, Any]) -> None:
        """Create `folder`, which must be empty or missing. Raises FileExistsError if it is neither."""
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise FileExistsError(f"{folder} is not empty; a bundle needs a folder of its own")
        self._folder, self._producer, self._source = folder, dict(producer), dict(source)
        self._files: dict[str, FileEntry] = {}
        self._rows: list[TensorRow] = []

    def write_json(self, name: str, value: Any) -> None:
        """Write a JSON document. Raises ValueError for NaN and infinities, TypeError for what is not JSON."""
        data = strictjson.dump(value)
        self._path(name).write_bytes(data)
        self._files[name] = FileEntry(hashlib.sha256(data).hexdigest(), len(data))

    def write_tensors(self, name: str, tensors: Iterable[tuple[Mapping[str, Any], Array]]) -> None:
        """Write `(facts, array)` pairs as they come, one tensor in memory at a time.

        Raises TypeError naming the facts for arrays of arbitrary objects, ValueError for facts named like a column.
        """
        if not name.endswith(".npz"):
            raise ValueError(f"{name!r} does not end in .npz, where readers expect tensors")
        with self._path(name).open("xb") as file:
            sink = npz.Sink(file)
            with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
                for facts, array in tensors:
                    self._write_tensor(archive, sink, name, facts, np.asarray(array))
        self._files[name] = sink.entry()

    def _write_tensor(
        self, archive: zipfile.ZipFile, sink: npz.Sink, name: str, facts: Mapping[str, Any], array: Array
    ) -> None:
        if taken := facts.keys() & manifests.RESERVED:
            raise ValueError(f"{sorted(taken)} are columns of the tensor index, not facts: {dict(facts)}")
        dtype, parts = tensors.encode(array, facts)
        row = TensorRow(f"t{len(self._rows)}", name, dtype, array.shape, dict(facts))
        for suffix, part in parts.items():
            npz.write_member(archive, sink, row.id + suffix, part)
        self._rows.append(row)

    def facts(self, name: str) -> list[Mapping[str, Any]]:
        """What is known of each tensor of an archive that was written before; of none if there is no such archive."""
        return [row.facts for row in self._rows if row.file == name]

    def written(self, name: str) -> Iterator[tuple[Mapping[str, Any], Array]]:
        """The tensors of an archive that was written before, to write to, one in memory at a time."""
        path, rows = self._folder / name, tuple(row for row in self._rows if row.file == name)
        places = npz.locate(path, name, rows)
        for row in rows:
            suffixes = tensors.stored(row.dtype, row.shape)
            parts = {suffix: places[row.id + suffix].load(path, own=True) for suffix in suffixes}
            yield row.facts, tensors.decode(row.dtype, row.shape, parts)

    def _path(self, name: str) -> Path:
        if not manifests.is_file_name(name) or name in self._files:
            raise ValueError(f"{name!r} is already written, or no permitted file name of a bundle")
        path = self._folder / name
        path.parent.mkdir(exist_ok=True)
        return path

    def close(self) -> None:
        """Write the manifest, which makes the folder a bundle."""
        document = Manifest(manifests.VERSION, self._producer, self._source, self._files, tuple(self._rows))
        unfinished = self._folder / f"{manifests.NAME}.tmp"
        unfinished.write_bytes(strictjson.dump(document.to_json()))
        unfinished.replace(self._folder / manifests.NAME)


class Bundle:
    """A bundle that was checked from end to end; its tensors are read one at a time."""

    def __init__(self, folder: Path, manifest: Manifest, locations: Mapping[str, npz.MemberLocation]) -> None:
        """Use `Bundle.open`."""
        self.manifest = manifest
        self._folder = folder
        self._locations = locations

    @classmethod
    def open(cls, folder: Path, limit: int | None = None) -> Bundle:
        """Check a whole bundle of at most `limit` bytes before any tensor is allocated.

        Raises Failure(Exit.BUNDLE) naming the file, the rule of docs/bundle-format.md, and what to do.
        """
        manifest = manifests.read(folder)
        _check_sizes(folder, manifest.files, limit)
        for name, entry in manifest.files.items():
            if (found := _digest(folder / name)) != entry.sha256:
                raise invalid(9, name, f"its sha256 is {found}, the manifest says {entry.sha256}")
        locations: dict[str, npz.MemberLocation] = {}
        bundle = cls(folder, manifest, locations)
        for name in filter(_is_archive, manifest.files):
            locations.update(npz.locate(folder / name, name, bundle.rows(name)))
        for row in manifest.tensors:
            bundle._check_strings(row)
        bundle._check_training()
        return bundle

    def _check_training(self) -> None:
        has_state, name = training_files.STATE in self.manifest.files, training_files.DOCUMENT
        if name in self.manifest.files:
            wrong = training_files.contradiction(self.json(name), has_state)
        else:
            wrong = "it is missing beside the state of an optimizer" if has_state else None
        if wrong is not None:
            raise invalid(22, name, wrong)

    def json(self, name: str) -> Any:
        """The value of a JSON document. Raises Failure(Exit.BUNDLE) if there is none of that name."""
        self._entry(name)
        try:
            return strictjson.parse((self._folder / name).read_bytes())
        except ValueError as error:
            raise invalid(2, name, f"it is not strict JSON: {error}") from None

    def rows(self, name: str) -> tuple[TensorRow, ...]:
        """The tensors of an archive, in the order written. Raises Failure(Exit.BUNDLE) if there is none."""
        self._entry(name)
        return tuple(row for row in self.manifest.tensors if row.file == name)

    def read(self, row: TensorRow) -> Array:
        """The tensor, read-only and mapped where it is large; strings as an object array of bytes.

        bfloat16 and float8 come as themselves where ml_dtypes can be imported, else as their bits (uint16, uint8).
        """
        return tensors.decode(row.dtype, row.shape, self._parts(row))

    def lend(self, row: TensorRow) -> Array:
        """The tensor as `read` gives it, but to write to, or for a framework to take over; the file stays as it is."""
        return tensors.decode(row.dtype, row.shape, self._parts(row, own=True))

    def _parts(self, row: TensorRow, *, own: bool = False) -> dict[str, Array]:
        path, suffixes = self._folder / row.file, tensors.stored(row.dtype, row.shape)
        return {suffix: self._locations[row.id + suffix].load(path, own=own) for suffix in suffixes}

    def _entry(self, name: str) -> FileEntry:
        if name not in self.manifest.files:
            raise invalid(6, name, "the bundle holds no such file")
        return self.manifest.files[name]

    def _check_strings(self, row: TensorRow) -> None:
        if row.dtype == tensors.STRING:
            parts = self._parts(row)
            if not tensors.are_offsets(parts[".offsets.npy"], len(parts[".npy"])):
                raise invalid(19, row.file, f"the offsets of {row.id} do not cut its bytes into strings")


def _is_archive(name: str) -> bool:
    return name.endswith(".npz")


def _check_sizes(folder: Path, files: Mapping[str, FileEntry], limit: int | None) -> None:
    found = dict(_listing(folder))
    for name in sorted(found.keys() - files.keys() - {manifests.NAME}):
        raise invalid(6, name, "the manifest does not list it")
    for name, entry in files.items():
        if name not in found:
            raise invalid(6, name, "it is missing")
        if found[name] != entry.size:
            raise invalid(7, name, f"it has {found[name]} bytes, the manifest says {entry.size}")
    total = sum(found.values())
    if limit is not None and total > limit:
        hint = "Allow more bytes if you trust the source of the bundle."
        raise invalid(8, manifests.NAME, f"the bundle has {total} bytes, more than the limit of {limit}", hint)


def _listing(folder: Path, prefix: str = "") -> Iterator[tuple[str, int]]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            name = prefix + entry.name
            if name == "assets" and entry.is_dir(follow_symlinks=False):
                yield from _listing(folder / name, "assets/")
            elif entry.is_file(follow_symlinks=False):
                yield name, entry.stat(follow_symlinks=False).st_size
            else:
                raise invalid(6, name, "it is a link, a folder or a device, not a file")


def _digest(path: Path) -> str:
    digest, buffer = hashlib.sha256(), memoryview(bytearray(_CHUNK))
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            digest.update(buffer[:count])
    return digest.hexdigest()

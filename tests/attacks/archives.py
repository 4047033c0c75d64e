"""Attacks in the zip around a `.keras` file, in its members, and in NumPy archives."""

from __future__ import annotations

import io
import pickle
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tests.attacks import containers, growing
from tests.attacks.canary import Canary
from tests.attacks.storage import HDF5
from tests.models.hdf5_files import dense, sequential

_BLANKS = b" " * (1 << 20)


@dataclass(frozen=True)
class Hostile:
    """How to make a file, and the policy that must be named for it."""

    policy: str
    make: Callable[[Path, Canary], None]


Edit = Callable[[zipfile.ZipFile, Canary], None]


def _keras(edit: Edit) -> Callable[[Path, Canary], None]:
    """A good `.keras` file with something added."""

    def make(path: Path, canary: Canary) -> None:
        containers.keras(path, sequential(dense()))
        _append(path, canary, edit)

    return make


def _append(path: Path, canary: Canary, edit: Edit) -> None:
    with warnings.catch_warnings(), zipfile.ZipFile(path, "a") as archive:
        warnings.simplefilter("ignore", UserWarning)  # duplicate names are the point
        edit(archive, canary)


def _member(name: str, content: bytes | str = b"x") -> Edit:
    return lambda archive, canary: archive.writestr(_as_it_is(name), content)


def _as_it_is(name: str) -> zipfile.ZipInfo:
    """A member under exactly this name, which `writestr` would tidy."""
    information = zipfile.ZipInfo("x")
    information.filename = name
    return information


def _link(archive: zipfile.ZipFile, canary: Canary) -> None:
    information = zipfile.ZipInfo("assets/words.txt")
    information.create_system = 3
    information.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(information, str(canary.secret))


def _pipe(archive: zipfile.ZipFile, canary: Canary) -> None:
    information = zipfile.ZipInfo("assets/words.txt")
    information.create_system = 3
    information.external_attr = (stat.S_IFIFO | 0o666) << 16
    archive.writestr(information, b"")


def _zeros(path: Path, name: str, start: bytes = b"", end: bytes = b"") -> None:
    """Append a member of 128 MiB that takes a hundred kilobytes."""
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open(name, "w") as member,
    ):
        member.write(start)
        for _ in range(128):
            member.write(_BLANKS)
        member.write(end)


def _bomb(path: Path, canary: Canary) -> None:
    containers.keras(path, sequential(dense()))
    _zeros(path, "assets/words.txt")


def _config_bomb(path: Path, canary: Canary) -> None:
    _rewritten(path, {"config.json": None})
    _zeros(path, "config.json", b'{"class_name": "Sequential", "config": "', b'"}')


def _rewritten(path: Path, changes: Mapping[str, bytes | None]) -> None:
    """A `.keras` file with other members; None leaves one out."""
    content = {**containers.members(path, sequential(dense())), **changes}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            if data is not None:
                archive.writestr(name, data)


def _patched(old: bytes, new: bytes, last: bool = False) -> Callable[[Path, Canary], None]:
    """A good file of which the first or last occurrence of some bytes is others: the two headers then disagree."""

    def make(path: Path, canary: Canary) -> None:
        containers.keras(path, sequential(dense()))
        content = path.read_bytes()
        at = content.rindex(old) if last else content.index(old)
        path.write_bytes(content[:at] + new + content[at + len(old) :])

    return make


def _central(path: Path, offset: int, value: bytes) -> None:
    """Overwrite a field in the central directory's first entry."""
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\x01\x02") + offset
    content[at : at + len(value)] = value
    path.write_bytes(content)


def _lies_of_its_size(path: Path, canary: Canary) -> None:
    containers.keras(path, sequential(dense()))
    _central(path, 24, struct.pack("<I", 0xFFFF_0000))


def _encrypted(path: Path, canary: Canary) -> None:
    containers.keras(path, sequential(dense()))
    _central(path, 8, struct.pack("<H", 1))


def _overlapping(path: Path, canary: Canary) -> None:
    """Many entries that share one body: the zip of little size that unpacks to much."""
    containers.keras(path, sequential(dense()))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("assets/0", _BLANKS)
        body = archive.infolist()[-1]
        for index in range(1, 200):
            twin = zipfile.ZipInfo(f"assets/{index}")
            for key in ("header_offset", "CRC", "compress_size", "file_size", "compress_type"):
                setattr(twin, key, getattr(body, key))
            archive.filelist.append(twin)


def _other_weights(path: Path, canary: Canary) -> None:
    """A byte of the weights is another one than its checksum says."""
    containers.keras(path, sequential(dense()))
    content = bytearray(path.read_bytes())
    content[content.index(np.arange(12, dtype="float32").tobytes())] ^= 1
    path.write_bytes(content)


def _many(archive: zipfile.ZipFile, canary: Canary) -> None:
    for index in range(20_000):
        archive.writestr(f"assets/{index}", b"")


def _with_storage(name: str) -> Callable[[Path, Canary], None]:
    """An attack on HDF5 within the archive."""

    def make(path: Path, canary: Canary) -> None:
        inner = containers.weights(path.with_name(f".{path.name}.h5"))
        with h5py.File(inner, "a") as file:
            HDF5[name].edit(file["layers/dense/vars"], canary)
        _rewritten(path, {"model.weights.h5": inner.read_bytes()})
        inner.unlink()

    return make


def _config(**changes: Any) -> Callable[[Path, Canary], None]:
    return lambda path, canary: containers.keras(path, {**sequential(dense()), **changes})


ARCHIVES: Mapping[str, Hostile] = {
    "checksum_of_other_weights": Hostile("members", _other_weights),
    "extra_fields": Hostile("limits", lambda path, c: growing.extra_fields(path, 1)),
    "duplicate_config": Hostile("members", _keras(_member("config.json", "{}"))),
    "duplicate_weights": Hostile("members", _keras(_member("model.weights.h5"))),
    "duplicate_but_for_case": Hostile("members", _keras(_member("Config.json", "{}"))),
    "member_that_climbs": Hostile("names", _keras(_member("../../escaped"))),
    "member_that_climbs_inside": Hostile("names", _keras(_member("assets/../../escaped"))),
    "member_from_the_root": Hostile("names", _keras(_member("/tmp/escaped"))),
    "member_of_a_drive": Hostile("names", _keras(_member("C:\\escaped"))),
    "member_that_climbs_as_windows_does": Hostile("names", _keras(_member("..\\..\\escaped"))),
    "member_with_a_control_character": Hostile("names", _keras(_member("assets/\x1b[2J"))),
    "member_that_is_a_link": Hostile("other-files", _keras(_link)),
    "member_that_is_a_pipe": Hostile("other-files", _keras(_pipe)),
    "member_called_otherwise_inside": Hostile("members", _patched(b"config.json", b"c0nfig.json")),
    "encrypted_member": Hostile("members", _encrypted),
    "overlapping_members": Hostile("members", _overlapping),
    "member_that_lies_of_its_size": Hostile("promises", _lies_of_its_size),
    "zip_bomb": Hostile("promises", _bomb),
    "config_bomb": Hostile("promises", _config_bomb),
    "too_many_members": Hostile("limits", _keras(_many)),
    "safe_mode_off": Hostile("safe-mode", _config(safe_mode=False)),
    "safe_mode_off_two_deep": Hostile("safe-mode", _config(compile_config={"safe_mode": False})),
    "config_twice_the_same_key": Hostile(
        "form",
        lambda path, c: _rewritten(path, {"config.json": b'{"class_name": "Sequential", "class_name": "Model"}'}),
    ),
    **{f"hdf5_{name}": Hostile(attack.policy, _with_storage(name)) for name, attack in HDF5.items()},
}


def _array(array: np.ndarray | None = None, header: bytes | None = None, body: bytes = b"") -> bytes:
    """An `.npy` member, or one with a header of our own."""
    if header is None:
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, array, allow_pickle=True)
        return buffer.getvalue()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + body


def _npz(*members: tuple[str, bytes]) -> Callable[[Path, Canary], None]:
    return lambda path, canary: _write_npz(path, *members)


def _write_npz(path: Path, *members: tuple[str, bytes]) -> None:
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive:
        warnings.simplefilter("ignore", UserWarning)  # duplicate names are the point
        for name, content in members:
            archive.writestr(_as_it_is(name), content)


def _npz_bomb(path: Path, canary: Canary) -> None:
    _write_npz(path)
    _zeros(path, "w.npy", _array(header=_HEADER.format("'<f4'", f"({1 << 25},)").encode()))


class _Payload:
    """What a pickle may be: a call."""

    def __init__(self, canary: Canary) -> None:
        self.mark = str(canary.mark)

    def __reduce__(self) -> tuple[Any, tuple[str, str]]:
        return open, (self.mark, "w")


def _pickled(path: Path, canary: Canary) -> None:
    objects = np.empty(1, object)
    objects[0] = _Payload(canary)
    _write_npz(path, ("weight.npy", _array(objects)))


def _plain_pickle(path: Path, canary: Canary) -> None:
    _write_npz(path, ("weight.npy", pickle.dumps(_Payload(canary))))


_GOOD = _array(np.zeros((4, 3), "float32"))
_HEADER = "{{'descr': {}, 'fortran_order': False, 'shape': {}, }}\n"

NUMPY: Mapping[str, Hostile] = {
    "object_array": Hostile("form", _pickled),
    "pickle_instead_of_an_array": Hostile("form", _plain_pickle),
    "object_within_records": Hostile(
        "form", _npz(("w.npy", _array(header=_HEADER.format("[('a', '|O')]", "(1,)").encode(), body=bytes(8))))
    ),
    "shape_larger_than_memory": Hostile(
        "promises", _npz(("w.npy", _array(header=_HEADER.format("'<f4'", "(1099511627776,)").encode(), body=bytes(48))))
    ),
    "negative_shape": Hostile(
        "form", _npz(("w.npy", _array(header=_HEADER.format("'<f4'", "(-1,)").encode(), body=bytes(48))))
    ),
    "fewer_bytes_than_its_shape": Hostile(
        "promises", _npz(("w.npy", _array(header=_HEADER.format("'<f4'", "(4, 3)").encode(), body=bytes(40))))
    ),
    "header_that_is_code": Hostile(
        "form", _npz(("w.npy", _array(header=b"__import__('os').system('touch executed')\n")))
    ),
    "header_too_deep": Hostile("limits", _npz(("w.npy", _array(header=b"(" * 60_000)))),
    "header_without_end": Hostile("limits", _npz(("w.npy", b"\x93NUMPY\x03\x00\xff\xff\xff\xff{"))),
    "bomb": Hostile("promises", _npz_bomb),
    "twice_the_same": Hostile("members", _npz(("w.npy", _GOOD), ("w.npy", _GOOD))),
    "climbs": Hostile("names", _npz(("../w.npy", _GOOD))),
    "from_the_root": Hostile("names", _npz(("/w.npy", _GOOD))),
}

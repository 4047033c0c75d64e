"""Offline sets: the wheels of environments for this platform in one archive, and environments built from it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import shutil
import sys
import sysconfig
import tempfile
import time
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from interchange.errors import Exit, Failure
from keras2to3.environments import builder, installers, interpreters, inventory
from keras2to3.environments.builder import Environment
from keras2to3.environments.installers import Say

_SCHEMA = 2
_MANIFEST = "set.json"
_WHEELS = "wheels"
_UNPACKED = "offline-"
_EXPIRED = 86_400  # seconds after which the folder of an import is that of one that was killed
_PINNED = re.compile(r"^([\w.-]+)==([\w.!+-]+)", re.MULTILINE)
_WHEEL_NAME = re.compile(r"[\w.+!-]+\.whl")
_LARGEST_MANIFEST = 1_000_000
_CHUNK = 1 << 20
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, KeyError, TypeError)


@dataclass(frozen=True)
class Part:
    """What a set holds for one environment: names of wheels for a version of Python.

    `changes` are requirements that replace what the lock lists; `digests` are those of wheels that it does not list.
    """

    python: str
    lock: str
    wheels: tuple[str, ...]
    changes: tuple[str, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)


def write(file: Path, environments: Sequence[Environment], say: Say) -> dict[str, Part]:
    """Download the wheels of environments and write them into one archive: what it holds.

    Raises Failure(ENVIRONMENT).
    """
    if file.exists():
        raise Failure(Exit.ENVIRONMENT, f"{file} exists already.", "Choose another file, or delete it.")
    try:
        with tempfile.TemporaryDirectory(dir=file.absolute().parent, prefix=f".{file.name}.") as folder:
            parts = {each.name: _downloaded(each, Path(folder), say) for each in environments}
            written = Path(folder, "set.zip")
            _archive(written, parts, Path(folder, _WHEELS))
            written.replace(file)
            return parts
    except OSError as error:
        hint = "Choose a file in another folder, with about 1 GB of free space."
        raise Failure(Exit.ENVIRONMENT, f"{file} could not be written: {error}", hint) from None


def _downloaded(environment: Environment, folder: Path, say: Say) -> Part:
    """Download the wheels of an environment with the pip of its Python, which knows what fits it."""
    name, replacing = environment.name, _replacing(environment, say)
    interpreter = interpreters.find(name, builder.PYTHONS[name], builder.variable_of(name))
    say(f"Downloading the wheels of {name} for Python {interpreter.minor} ...")
    lock, into, pip = builder.lock_of(name), folder / name, folder / f"pip-{name}"
    create = (sys.executable, "-m", "virtualenv", "--no-periodic-update", "--python", interpreter.executable, str(pip))
    installers.run(create, say, folder)
    asked = [installers.exact(lock)]
    if replacing:
        asked.append(("--no-deps", "--only-binary", ":all:", *replacing))
    for what in asked:
        installers.run(installers.downloading(pip, into, what), say, folder)
    listed = _listed(lock)
    digests = {path.name: digest for path in into.iterdir() if (digest := _digest(path)) not in listed}
    wheels = folder / _WHEELS
    wheels.mkdir(exist_ok=True)
    found = sorted(path.name for path in into.iterdir())
    for wheel in found:
        (into / wheel).replace(wheels / wheel)
    shutil.rmtree(pip)
    return Part(interpreter.minor, _digest(lock), tuple(found), environment.changes, digests)


def _replacing(environment: Environment, say: Say) -> list[str]:
    """The packages that an environment has besides those in its lock: only a build tells which go together."""
    if not environment.changes:
        return []
    builder.provide(environment, say)
    installed = {f"{_normal(each.name)}=={each.version}" for each in inventory.packages(environment.folder)}
    lock = builder.lock_of(environment.name).read_text(encoding="utf-8")
    locked = {f"{_normal(name)}=={version}" for name, version in _PINNED.findall(lock)}
    return sorted(each for each in installed - locked if not each.startswith("pip=="))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _listed(lock: Path) -> frozenset[str]:
    """The digests of all files that a lock lists."""
    return frozenset(re.findall(r"--hash=sha256:([0-9a-f]{64})", lock.read_text(encoding="utf-8")))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _archive(path: Path, parts: Mapping[str, Part], wheels: Path) -> None:
    manifest = {
        "schema": _SCHEMA,
        "platform": sysconfig.get_platform(),
        "environments": {
            name: {**dataclasses.asdict(part), "wheels": list(part.wheels), "changes": list(part.changes)}
            for name, part in parts.items()
        },
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:  # a wheel is compressed already
        archive.writestr(_MANIFEST, json.dumps(manifest, indent=1) + "\n")
        for wheel in sorted(wheels.iterdir()):
            archive.write(wheel, f"{_WHEELS}/{wheel.name}")


def build(file: Path, home: Path, names: Sequence[str], say: Say) -> list[Environment]:
    """Build those of the environments that a set holds, from its wheels and without a network.

    Nothing is built before every wheel is known to be what the lock lists. Raises Failure(ENVIRONMENT).
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home, prefix=_UNPACKED) as folder:
            parts = _unpacked(file, names, Path(folder))
            wanted = [
                Environment(name, home, part.changes, (part.python,), Path(folder)) for name, part in parts.items()
            ]
            for environment in wanted:
                if environment.staleness() is None:
                    say(f"The {environment.folder.name} environment is current.")
                builder.provide(environment, say)
    except OSError as error:
        hint = f"Check the folder's permissions and the free disk space, or set {builder.HOME_VARIABLE} to another one."
        raise Failure(Exit.ENVIRONMENT, f"{file} could not be unpacked in {home}: {error}", hint) from None
    return wanted


def remove_leftovers(home: Path) -> None:
    """Remove the wheels that imports have left which were killed outright."""
    for folder in home.glob(f"{_UNPACKED}*"):
        if time.time() - folder.stat().st_mtime > _EXPIRED:
            shutil.rmtree(folder, ignore_errors=True)


def _unpacked(file: Path, names: Sequence[str], folder: Path) -> dict[str, Part]:
    """Write the wheels of these environments into a folder; a Failure if the archive is none, or not whole."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = {name: part for name, part in _parts(archive, file).items() if name in names}
            for name, part in parts.items():
                _extract(archive, name, part, folder)
            return parts
    except _BROKEN as error:
        hint = "Copy it again and compare its size, or write it again with `env export`."
        raise Failure(Exit.ENVIRONMENT, f"{file} is not a whole offline set: {error}", hint) from None


def _parts(archive: zipfile.ZipFile, file: Path) -> dict[str, Part]:
    """What the set holds, checked against this machine and these locks."""
    with archive.open(_MANIFEST) as handle:
        manifest = json.loads(handle.read(_LARGEST_MANIFEST))
    if manifest["schema"] != _SCHEMA:
        raise _other(file, "in a format of another version of keras2to3")
    if manifest["platform"] != sysconfig.get_platform():
        raise _other(file, f"for {manifest['platform']}; this is {sysconfig.get_platform()}")
    parts = {name: _part(row) for name, row in manifest["environments"].items()}
    for name, part in parts.items():
        if name not in builder.PYTHONS or part.lock != _digest(builder.lock_of(name)):
            raise _other(file, f"of another version of keras2to3: its {name} environment has another lock")
    return parts


def _part(row: Mapping[str, Any]) -> Part:
    changes, digests = tuple(map(str, row["changes"])), {str(key): str(value) for key, value in row["digests"].items()}
    return Part(str(row["python"]), str(row["lock"]), tuple(map(str, row["wheels"])), changes, digests)


def _other(file: Path, what: str) -> Failure:
    hint = "Write one with `env export` of this version, on a machine of this platform."
    return Failure(Exit.ENVIRONMENT, f"{file} is an offline set {what}.", hint)


def _extract(archive: zipfile.ZipFile, name: str, part: Part, folder: Path) -> None:
    """Write the wheels of one environment into the folder; only those whose digests the lock or the set lists."""
    listed = _listed(builder.lock_of(name))
    for wheel in part.wheels:
        if not _WHEEL_NAME.fullmatch(wheel):
            raise ValueError(f"{wheel!r} is not the name of a wheel")
        member = archive.getinfo(f"{_WHEELS}/{wheel}")
        if member.compress_type != zipfile.ZIP_STORED:  # what is stored is no larger than the archive
            raise ValueError(f"{wheel} is compressed")
        if (folder / wheel).exists():
            continue  # of another environment, too
        with archive.open(member) as source, (folder / wheel).open("xb") as target:
            digest = _copy(source, target)
        if digest not in listed and not (part.changes and digest == part.digests.get(wheel)):
            raise ValueError(f"{wheel} is not the file that the lock of {name} lists")


def _copy(source: IO[bytes], target: IO[bytes]) -> str:
    """Copy a file; its SHA-256."""
    state = hashlib.sha256()
    while chunk := source.read(_CHUNK):
        state.update(chunk)
        target.write(chunk)
    return state.hexdigest()

"""The policies for zip archives, each broken alone."""

from __future__ import annotations

import stat
import struct
import warnings
import zipfile

import numpy as np
import pytest

from keras2to3.scanner.examine import examine
from keras2to3.scanner.readers import size_limits
from keras2to3.scanner.readers import zip_archive as archives
from keras2to3.scanner.safe_names import is_safe_path
from tests.attacks import containers
from tests.models.hdf5_files import dense, sequential


@pytest.fixture
def path(tmp_path):
    containers.keras(tmp_path / "model.keras", sequential(dense()))
    return tmp_path / "model.keras"


def add(path, info, content=b"x", **options):
    with warnings.catch_warnings(), zipfile.ZipFile(path, "a") as archive:
        warnings.simplefilter("ignore", UserWarning)  # names that are there already
        archive.writestr(info, content, **options)


def policies_of(path):
    return {problem.policy for problem in examine(path).problems}


@pytest.mark.parametrize(
    "name", ["assets/words.txt", "assets/layers/lookup/vocabulary.txt", "assets/größe.txt", "assets/"]
)
def test_assets_are_at_home(path, name):
    add(path, zipfile.ZipInfo(name), b"" if name.endswith("/") else b"x")
    assert policies_of(path) == set()


@pytest.mark.parametrize("name", ["../x", "assets/../../x", "/x", "C:/x", "assets\\x", "a//b", "./x", "assets/\x1b[2J"])
def test_a_name_that_leads_out_or_is_written_otherwise(path, name):
    info = zipfile.ZipInfo("x")
    info.filename = info.orig_filename = name
    add(path, info)
    assert "names" in policies_of(path)


@pytest.mark.parametrize("name", ["", ".", "..", "a/", "/a", "a/../b", "a\\b", "c:", "a\0b", "a\x7f"])
def test_paths_that_are_not_plain(name):
    assert not is_safe_path(name)


@pytest.mark.parametrize("name", ["config.json", "CONFIG.json", "model.weights.h5"])
def test_a_member_that_is_there_twice(path, name):
    add(path, name, b"{}")
    assert "members" in policies_of(path)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_a_member_that_is_no_file(path, kind):
    info = zipfile.ZipInfo("assets/x")
    info.external_attr = (kind | 0o644) << 16
    add(path, info, b"/etc/passwd")
    assert policies_of(path) == {"other-files"}


def test_a_compression_nobody_uses(path):
    add(path, "assets/x", compress_type=zipfile.ZIP_BZIP2)
    assert policies_of(path) == {"members"}


def test_an_encrypted_member(path):
    content = path.read_bytes()
    at = content.index(b"PK\x01\x02") + 8
    path.write_bytes(content[:at] + b"\x01\x00" + content[at + 2 :])
    assert "members" in policies_of(path)


def test_a_bomb(path):
    add(path, "assets/x", bytes(size_limits.ALLOWANCE * 2), compress_type=zipfile.ZIP_DEFLATED, compresslevel=1)
    assert policies_of(path) == {"promises"}


def test_a_member_that_becomes_more_than_it_says(path):
    add(path, "assets/x", bytes(1000), compress_type=zipfile.ZIP_DEFLATED)
    found = archives.read(path, path.stat().st_size)
    member = found.members["assets/x"]
    lie = archives.Member(member.name, member.start, member.stored, 10, deflated=True, checksum=0)
    with pytest.raises(archives.BrokenArchiveError, match="more bytes"):
        archives.Archive(path, {"assets/x": lie}, ()).read("assets/x", 100)


def test_a_header_that_contradicts_the_directory(path):
    content = path.read_bytes()
    path.write_bytes(content.replace(b"config.json", b"c0nfig.json", 1))
    assert "members" in policies_of(path)


def test_members_that_overlap(path):
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("assets/0", b"x" * 100)
        body = archive.infolist()[-1]
        twin = zipfile.ZipInfo("assets/0")
        for key in ("header_offset", "CRC", "compress_size", "file_size", "external_attr"):
            setattr(twin, key, getattr(body, key))
        archive.filelist.append(twin)
    assert "members" in policies_of(path)


def test_too_many_members_and_too_large_a_directory(path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_MEMBERS", 2)
    assert policies_of(path) == {"limits"}
    monkeypatch.setattr(archives, "MAX_DIRECTORY", 10)
    assert "directory" in examine(path).problems[0].text


def test_the_64_bit_record_is_asked_before_the_directory_is_read(path):
    content = path.read_bytes()
    end = content.rindex(b"PK\x05\x06")
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 3, 3, 1 << 40, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    path.write_bytes(content[:end] + record + locator + content[end:])
    assert policies_of(path) == {"limits"}


@pytest.mark.parametrize(
    ("name", "content"), [("config.json", b"{"), ("config.json", b"\xff"), ("model.weights.h5", b"no HDF5")]
)
def test_a_part_that_cannot_be_read(path, tmp_path, name, content):
    changed = tmp_path / "changed.keras"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w") as new:
        for info in old.infolist():
            new.writestr(info.filename, content if info.filename == name else old.read(info))
    assert policies_of(changed) == {"form"}


def npz(path, header, body=b"", version=b"\x01\x00"):
    head = header.encode()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("w.npy", b"\x93NUMPY" + version + struct.pack("<H", len(head)) + head + body)
    return path


HEADER = "{{'descr': {}, 'fortran_order': False, 'shape': {}}}"


@pytest.mark.parametrize(
    ("header", "policy"),
    [
        (HEADER.format("'|O'", "(1,)"), "form"),
        (HEADER.format("[('a', '<f4')]", "(1,)"), "form"),
        (HEADER.format("'<M8[D]'", "(1,)"), "form"),
        (HEADER.format("'<f4'", "(-1,)"), "form"),
        (HEADER.format("'<f4'", "(True,)"), "form"),
        (HEADER.format("'<f4'", "[2]"), "form"),
        (HEADER.format("'<f4'", f"({2**61},)"), "promises"),
        (HEADER.format("'<f4'", "(3,)"), "promises"),
        ("[1, 2]", "form"),
        ("__import__('os')", "form"),
        ("(" * 9_000, "form"),
        ("-" * 9_000 + "1", "form"),
        ("{" + " " * 20_000 + "}", "limits"),
    ],
)
def test_an_array_that_is_not_what_it_says(tmp_path, header, policy):
    assert policies_of(npz(tmp_path / "w.npz", header, bytes(8))) == {policy}


def test_what_is_no_array_beside_an_array(tmp_path):
    np.savez(tmp_path / "w.npz", w=np.zeros(3))
    add(tmp_path / "w.npz", "run.py")
    assert policies_of(tmp_path / "w.npz") == {"form"}

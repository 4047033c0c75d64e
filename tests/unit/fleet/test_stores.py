"""A folder as a store: what of several writers happens, and that nobody reads half a file."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from interchange.errors import Exit, Failure
from keras2to3.fleet.stores.folder import Folder
from keras2to3.fleet.stores.opening import open_store
from keras2to3.fleet.stores.store import ChangedError
from keras2to3.options.places import is_url


@pytest.fixture
def store(tmp_path):
    return Folder(tmp_path / "target")


def test_a_file_is_read_as_it_was_written(store):
    store.write("a/b.json", b"1")
    assert store.read("a/b.json")[0] == b"1"
    assert [(file.key, file.size) for file in store.list("a")] == [("a/b.json", 1)]


def test_what_does_not_exist(store):
    with pytest.raises(FileNotFoundError):
        store.read("a")
    store.delete("a")
    assert list(store.list("a")) == []


def winner(write):
    """Which of eight threads that write at the same time has succeeded, of which there is one."""
    with ThreadPoolExecutor(8) as threads:
        written = list(threads.map(lambda number: write(b"%d" % number), range(8)))
    assert written.count(True) == 1
    return b"%d" % written.index(True)


@pytest.mark.parametrize("turn", range(20))
def test_of_many_writers_one_creates_a_file(store, turn):
    created = winner(lambda content: store.create("a", content))
    assert store.read("a")[0] == created


@pytest.mark.parametrize("turn", range(20))
def test_of_many_writers_one_replaces_a_version(store, turn):
    store.write("a", b"old")
    version = store.read("a")[1]
    replaced = winner(lambda content: store.replace("a", content, version))
    assert store.read("a")[0] == replaced


def test_a_file_that_does_not_exist_is_not_replaced(store):
    store.write("other", b"")
    assert not store.replace("a", b"1", "version")
    with pytest.raises(FileNotFoundError):
        store.read("a")


def test_no_draft_is_left(store, tmp_path):
    store.write("a", b"1")
    store.create("a", b"2")
    store.replace("a", b"3", "another version")
    assert [path.name for path in (tmp_path / "target").rglob("*") if path.is_file()] == ["a", "versions.lock"]


def test_a_folder_takes_the_place_of_another(store, tmp_path):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_text(name)
    store.upload("model", tmp_path / "first")
    store.upload("model", tmp_path / "second")
    assert [file.key for file in store.list("model")] == ["model/second"]


def test_what_changes_while_it_is_downloaded_is_told(store, tmp_path):
    store.write("a", b"1")
    (listed,) = store.list()
    store.write("a", b"22")
    with pytest.raises(ChangedError):
        store.download(listed, tmp_path / "copy")


@pytest.mark.parametrize("place", ["s3://bucket/a", "memory://a", "hf://org/repo@rev", "file:///tmp/a"])
def test_urls(place):
    assert is_url(place)


@pytest.mark.parametrize("place", ["models", "C:/models", "/a/s3://b", "a:b"])
def test_paths(place):
    assert not is_url(place)


def test_a_file_url_is_a_folder(tmp_path):
    store = open_store(f"file://{tmp_path}/with%20space")
    store.write("a", b"1")
    assert (tmp_path / "with space" / "a").read_bytes() == b"1"


def test_credentials_in_a_url_are_not_repeated():
    with pytest.raises(Failure) as caught:
        open_store("s3://key:secret@bucket/models")
    assert caught.value.code is Exit.USAGE
    assert "secret" not in caught.value.message


def test_a_read_only_folder(store, tmp_path):
    (tmp_path / "target").mkdir()
    (tmp_path / "target").chmod(0o500)
    if os.access(tmp_path / "target", os.W_OK):
        pytest.skip("this user may write everywhere")
    with pytest.raises(PermissionError):
        store.write("a", b"1")

"""An object store behaves as a folder does, also where several write at the same time."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from keras2to3.fleet.stores.folder import Folder
from keras2to3.fleet.stores.opening import open_store
from keras2to3.fleet.stores.store import ChangedError


@pytest.fixture(params=["folder", "memory", "s3"])
def store(request, tmp_path, s3):
    name = tmp_path.name
    if request.param == "folder":
        return Folder(tmp_path / "target")
    return open_store(f"{request.param}://bucket/{name}")


def test_a_file_is_written_read_and_deleted(store):
    store.write("a/b", b"1")
    assert store.read("a/b")[0] == b"1"
    assert [(file.key, file.size) for file in store.list("a")] == [("a/b", 1)]
    store.delete("a/b")
    with pytest.raises(FileNotFoundError):
        store.read("a/b")
    store.delete("a/b")


def test_a_folder_that_does_not_exist_is_empty(store):
    assert list(store.list()) == list(store.list("a")) == []


def test_a_file_is_created_once(store):
    assert store.create("a", b"1")
    assert not store.create("a", b"2")
    assert store.read("a")[0] == b"1"


def test_only_the_version_that_was_seen_is_replaced(store):
    assert not store.replace("a", b"1", "never seen")
    store.write("a", b"1")
    version = store.read("a")[1]
    assert store.replace("a", b"2", version)
    assert not store.replace("a", b"3", version)
    assert store.read("a")[0] == b"2"


def test_files_and_folders_are_uploaded(store, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "part").write_bytes(b"1")
    store.upload("file", tmp_path / "model" / "part")
    store.upload("folder", tmp_path / "model")
    assert sorted(file.key for file in store.list()) == ["file", "folder/part"]


def test_what_was_listed_is_downloaded_or_nothing(store, tmp_path):
    store.write("a", b"1")
    (listed,) = store.list()
    store.download(listed, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"1"
    store.write("a", b"another")
    with pytest.raises(ChangedError, match="has changed since it was listed"):
        store.download(listed, tmp_path / "copy")


@pytest.mark.parametrize("store", ["folder", "s3"], indirect=True)  # memory is of one process, and takes turns itself
def test_of_many_writers_one_wins(store):
    for key in map(str, range(5)):
        with ThreadPoolExecutor(8) as threads:
            created = list(threads.map(lambda number, key=key: store.create(key, b"%d" % number), range(8)))
            assert created.count(True) == 1
            version = store.read(key)[1]
            replaced = list(
                threads.map(lambda number, key=key, of=version: store.replace(key, b"r%d" % number, of), range(8))
            )
            assert replaced.count(True) == 1
        assert store.read(key)[0] == b"r%d" % replaced.index(True)

"""Which sources a plan lists, what their results are called, and how they are divided."""

import json
from pathlib import Path

import pytest

from interchange.errors import Exit, Failure
from keras2to3.fleet import layout
from keras2to3.fleet.entries import Entry
from keras2to3.fleet.layout import Plan
from keras2to3.fleet.listing import listed, local_path
from keras2to3.fleet.planning import MOST_BYTES, divided, make_plan
from keras2to3.fleet.stores.folder import Folder
from keras2to3.fleet.stores.store import StoredFile
from keras2to3.options.commands import Options, RollbackOptions
from keras2to3.options.given import Given

ARCHITECTURE = json.dumps({"class_name": "Sequential", "config": {}})


def options(folder, **values):
    return Options((), folder / "target", **values)


def store_of(folder, files):
    """A folder as `file://`, which is listed as any store is."""
    for name, content in files.items():
        path = folder / "store" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return f"file://{folder}/store"


def names(entries):
    return {entry.source.rpartition("/store/")[2]: list(entry.names.values()) for entry in entries}


def of_store(folder, files, **values):
    return listed([store_of(folder, files)], options(folder, **values), folder / "scratch")


def test_names_mirror_keys(tmp_path):
    entries = of_store(tmp_path, {"a/b.h5": b"1", "c.keras": b"2", "readme.txt": b""})
    assert names(entries) == {"a/b.h5": ["a/b"], "c.keras": ["c"]}


def test_other_sources_never_change_a_name(tmp_path):
    one = of_store(tmp_path / "one", {"a/b.h5": b"1"})
    many = of_store(tmp_path / "many", {"a/b.h5": b"1", "a/c.h5": b"1", "b.h5": b"1"})
    assert names(one)["a/b.h5"] == names(many)["a/b.h5"]


def test_a_saved_model_is_one_source(tmp_path):
    files = {"m/saved_model.pb": b"1", "m/variables/variables.index": b"2", "m/variables/v.data-00000-of-00001": b"3"}
    (entry,) = of_store(tmp_path, files)
    assert list(entry.names.values()) == ["m"]
    assert {file.key for file in entry.files.values()} == set(files)
    assert entry.size == 3


def test_weights_come_with_the_text_beside_them(tmp_path):
    (entry,) = of_store(tmp_path, {"m.weights.h5": b"1", "m.json": ARCHITECTURE.encode()})
    assert entry.names == {"m.weights.h5": "m", "m.json": "m"}
    assert set(entry.files) == {"m.weights.h5", "m.json"}


def test_two_that_differ_in_case_alone_are_refused(tmp_path):
    entries = of_store(tmp_path, {"A/m.h5": b"1", "a/m.h5": b"1"})
    assert len(entries) == 2
    for entry in entries:
        assert entry.failure.code is Exit.USAGE
        assert "would have results of the same name" in entry.failure.message
        assert "scratch" not in entry.failure.message
        assert entry.names == {}


def test_two_places_with_one_name(tmp_path):
    one, other = store_of(tmp_path / "one", {"m.h5": b"1"}), store_of(tmp_path / "other", {"m.keras": b"1"})
    first, second = listed([one, other], options(tmp_path), tmp_path / "scratch")
    assert first.failure is None
    assert second.failure.message == f"{second.source} and {first.source} would have results of the same name, m."


def test_a_store_without_a_model(tmp_path):
    (entry,) = of_store(tmp_path, {"readme.txt": b""})
    assert entry.failure.code is Exit.UNREADABLE
    assert "holds no model" in entry.failure.message


def test_a_way_back_lists_keras_3_files_alone(tmp_path):
    url = store_of(tmp_path, {"a.h5": b"1", "b.keras": b"1"})
    entries = listed([url], RollbackOptions((), tmp_path / "target"), tmp_path / "scratch")
    assert names(entries) == {"b.keras": ["b"]}


def test_paths_of_this_machine_are_read_where_they_are(tmp_path):
    (tmp_path / "models").mkdir()
    path = tmp_path / "models" / "m.h5"
    path.write_bytes(b"1234")
    (entry,) = listed([str(tmp_path / "models")], options(tmp_path), tmp_path / "scratch")
    assert (entry.source, entry.store, entry.size) == (str(path), "", 4)
    assert entry.paths(Path("/scratch")) == {path: "m"}


@pytest.mark.parametrize(
    "key", ["../a.h5", "a//b.h5", "./a.h5", "a/../../b.h5", "/a.h5", "a" * 1000 + ".h5", "a/\0.h5"]
)
def test_every_key_has_a_path_within_the_folder(key, tmp_path):
    path = tmp_path / local_path(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    assert path.resolve().is_relative_to(tmp_path)
    assert path.suffix == ".h5"


def test_different_keys_have_different_paths():
    keys = ["a/b", "a//b", "a/./b", "a/../b", "a/%2E/b", "a/%./b", "a/%/b", "a" * 300, "a" * 301]
    assert len({local_path(key) for key in keys}) == len(keys)


def entry(size):
    return Entry(f"m{size}.h5", "", {}, {"m": StoredFile("m", size, "1")})


def test_the_largest_come_first_and_alone():
    shards = list(divided([entry(1), entry(5 << 30), entry(2), entry(3 << 30)], 500))
    assert [[each.size for each in shard] for shard in shards] == [[5 << 30], [3 << 30], [2, 1]]


def test_shards_are_full():
    shards = list(divided([entry(size) for size in range(1, 2 * 500 + 2)], 500))
    assert [each.size for shard in shards for each in shard] == list(range(2 * 500 + 1, 0, -1))
    assert all(len(shard) <= 500 for shard in shards)
    assert all(sum(each.size for each in shard) <= MOST_BYTES for shard in shards)
    assert len(shards) == 3


def test_an_entry_is_read_as_it_was_written():
    failed = Entry("s", "memory://a", {}, {}, Failure(Exit.USAGE, "text", "hint"))
    for each in (entry(1), failed):
        assert Entry.from_json(json.loads(json.dumps(each.to_json()))) == each


class TestPlan:
    @pytest.fixture
    def target(self, tmp_path):
        return Folder(tmp_path / "target")

    @pytest.fixture
    def plan(self, tmp_path, target):
        return make_plan([store_of(tmp_path, {"a.h5": b"1"})], target, options(tmp_path), "migrate")

    def test_it_is_read_as_it_was_written(self, target, plan):
        assert Plan.read(target) == plan
        assert Plan.read(target, plan.run) == plan
        assert [Entry.from_json(line).name for line in plan.entries(target, 0)] == ["a"]

    def test_the_same_sources_and_options_are_the_same_run(self, tmp_path, target, plan):
        assert make_plan([f"file://{tmp_path}/store"], target, options(tmp_path), "migrate") == plan
        closer = options(tmp_path, settings=(Given("rtol", 0.1, "command line"),))
        assert make_plan([f"file://{tmp_path}/store"], target, closer, "migrate").run != plan.run

    def test_a_source_that_has_changed_is_another_run(self, tmp_path, target, plan):
        (tmp_path / "store" / "a.h5").write_bytes(b"22")
        assert make_plan([f"file://{tmp_path}/store"], target, options(tmp_path), "migrate").run != plan.run

    def test_a_list_that_was_cut_off(self, tmp_path, target, plan):
        path = tmp_path / "target" / layout.path(plan.run, "plan/00000.jsonl")
        path.write_bytes(path.read_bytes()[:20])
        with pytest.raises(Failure, match="cut off, or was changed"):
            plan.entries(target, 0)

    def test_a_shard_that_there_is_not(self, target, plan):
        with pytest.raises(Failure, match="its shards are 0 to 0"):
            plan.entries(target, 1)

    def test_no_plan(self, target):
        with pytest.raises(Failure, match="has no plan") as caught:
            Plan.read(target)
        assert "keras2to3 plan" in caught.value.hint

    def test_a_plan_of_another_version(self, tmp_path, target, plan):
        path = tmp_path / "target" / layout.path(plan.run, "plan.json")
        path.write_text(json.dumps({**json.loads(path.read_text()), "schema": 99}))
        with pytest.raises(Failure, match="planned by another version"):
            Plan.read(target)

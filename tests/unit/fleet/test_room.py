"""How much of a shard lies on a disk at once."""

from interchange.errors import Exit
from keras2to3.fleet import room
from keras2to3.fleet.entries import Entry
from keras2to3.fleet.stores.store import StoredFile

GB = 1 << 30


def entries(*sizes):
    return [
        Entry(
            f"s3://a/{number}", "s3://a", {str(number): str(number)}, {str(number): StoredFile(str(number), size, "1")}
        )
        for number, size in enumerate(sizes)
    ]


def sizes(parts):
    return [[entry.size for entry in part] for part in parts]


def test_a_large_disk_takes_all_of_a_shard():
    assert sizes(room.parts(entries(3 * GB, GB // 2, GB // 2), 100 * GB)) == [[3 * GB, GB // 2, GB // 2]]


def test_a_shard_of_many_gigabytes_lies_there_in_parts():
    assert sizes(room.parts(entries(*[GB] * 10), 100 * GB)) == [[GB] * 4, [GB] * 4, [GB] * 2]


def test_a_small_disk_takes_less_at_once():
    assert sizes(room.parts(entries(3, 2, 1, 1), 12)) == [[3], [2, 1, 1]]


def test_what_does_not_fit_is_a_part_of_its_own_and_is_told():
    assert sizes(room.parts(entries(9, 1, 1), 12)) == [[9], [1, 1]]
    large, small = entries(9 * GB, 1)
    assert room.fits(small, 12 * GB)
    assert not room.fits(large, 12 * GB)
    failure = room.failure(large, 12 * GB)
    assert failure.code is Exit.WORKER_DIED
    assert "s3://a/0 was left out: it needs about 27.0 GB of disk" in failure.message
    assert "12.0 GB free" in failure.message


def test_nothing_has_no_parts():
    assert list(room.parts([], 0)) == []

"""What is stored of the slots of an optimizer that begins anew, and what the scanner and Keras 3 say of it."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from importer.save.fresh_slots import unstored
from keras2to3.scanner.readers.file_slice import FileSlice
from keras2to3.scanner.readers.hdf5_file import read
from keras2to3.scanner.readers.size_limits import ALLOWANCE

_KERAS_ALLOWS = 1000  # times what is stored, in keras.src.saving.saving_lib since Keras 3.13


def test_slots_beyond_every_allowance_are_no_bomb(tmp_path: Path) -> None:
    path, rows = tmp_path / "model.weights.h5", 3 * ALLOWANCE // (4 * 1000)
    large = np.full((rows, 1000), 0.1, "float32")
    with h5py.File(path, "w") as file, unstored():
        file.create_group("optimizer/vars")["2"] = large
    assert path.stat().st_size < large.nbytes / 20
    with h5py.File(path) as file:
        dataset = file["optimizer/vars/2"]
        assert dataset.id.get_storage_size() * _KERAS_ALLOWS > large.nbytes
        np.testing.assert_array_equal(dataset, large)
    assert read(FileSlice.of(path, path.stat().st_size)).problems == ()


def test_what_is_no_slot_or_not_one_number_is_stored(tmp_path: Path) -> None:
    path = tmp_path / "model.weights.h5"
    zeros, numbers = np.zeros((400, 100), "float32"), np.arange(40000, dtype="float32").reshape(400, 100)
    with h5py.File(path, "w") as file, unstored():
        file.create_group("layers/dense/vars")["0"] = zeros
        group = file.create_group("optimizer/vars")
        group["0"], group["1"], group["2"] = np.int64(0), numbers, np.full((400, 100), np.nan, "float32")
    with h5py.File(path) as file:
        places = ("layers/dense/vars/0", "optimizer/vars/0", "optimizer/vars/1", "optimizer/vars/2")
        assert all(file[place].id.get_storage_size() == file[place].nbytes for place in places)
    assert h5py.Group.__setitem__.__module__.startswith("h5py")

"""Open models with stock Keras 3 and ask them, in a process that can import nothing of this project.

`python stock_answers.py JOBS.json`: each job has the path of a model, of its inputs, and of where the outputs go.
"""

from __future__ import annotations

import gc
import json
import sys
import traceback
from pathlib import Path
from typing import Any

import numpy as np
from arrays import read, write  # type: ignore[import-not-found]  # from the folder of this script


def answered(job: dict[str, str]) -> None:
    """Open a model in safe mode, and write what it answers."""
    import keras
    import tensorflow as tf

    model = keras.saving.load_model(job["model"], safe_mode=True)
    given = [_tensor(array, symbolic) for (_, array), symbolic in zip(read(Path(job["inputs"])), model.inputs)]
    structure = getattr(model, "_inputs_struct", given[0])
    results = model(keras.tree.pack_sequence_as(structure, given), training=False)
    flat = [tf.sparse.to_dense(one) if isinstance(one, tf.SparseTensor) else one for one in keras.tree.flatten(results)]
    write(Path(job["outputs"]), [np.asarray(each) for each in flat])


def _tensor(array: np.ndarray, symbolic: Any) -> Any:
    import tensorflow as tf

    return tf.constant(array.astype(object) if array.dtype.kind == "U" else array, symbolic.dtype)


def main(arguments: list[str]) -> None:
    """Ask all; where that fails there are no outputs, but a text that says why."""
    import keras

    gc.freeze()
    for job in json.loads(Path(arguments[0]).read_text("utf-8")):
        try:
            answered(job)
        except Exception:  # noqa: BLE001  (whatever stock Keras raises is the verdict)
            Path(job["outputs"]).with_suffix(".error").write_text(traceback.format_exc(limit=-3), encoding="utf-8")
        keras.backend.clear_session()
        gc.collect()


if __name__ == "__main__":
    main(sys.argv[1:])

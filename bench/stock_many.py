"""The least that anybody could do with many models: what Keras itself takes, without the imports, in one process.

In Keras 2 each is loaded and called once. In Keras 3 each is built, saved, loaded again and called once.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any


def _ones(model: Any) -> Any:
    import numpy as np

    given = [np.ones((3, *tensor.shape[1:]), "float32") for tensor in model.inputs]
    return given if len(given) > 1 else given[0]


def _old(path: Path) -> None:
    import keras

    model = keras.models.load_model(path, compile=False)
    model(_ones(model), training=False)


def _new(path: Path) -> None:
    import keras

    model = keras.saving.load_model(path, compile=False)
    draft = path.with_name("floor.keras")
    keras.models.clone_model(model).save(draft)
    draft.unlink()
    model(_ones(model), training=False)


def main(folder: str) -> dict[str, float]:
    """Seconds for all `.h5` of a folder in Keras 2, or for all `.keras` in Keras 3."""
    import keras

    ending, do = (".h5", _old) if keras.__version__.startswith("2.") else (".keras", _new)
    paths = sorted(Path(folder).glob(f"*{ending}"))
    begun = time.perf_counter()
    for path in paths:
        keras.backend.clear_session()
        do(path)
    return {"seconds": time.perf_counter() - begun}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))

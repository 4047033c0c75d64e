"""What Keras 3 itself takes to save a model and to load it again; run with Keras 3, once for each."""

from __future__ import annotations

import json
import sys
import time

from bench.memory import peak


def main(action: str, name: str, path: str) -> dict[str, float]:
    """`save` the model called `name` to `path`, or `load` it from there: seconds without imports, and MiB."""
    import keras

    from bench.models import MODELS

    model = MODELS[name](keras) if action == "save" else None
    begun = time.perf_counter()
    if model is not None:
        model.save(path)
    else:
        keras.saving.load_model(path)
    return {"seconds": time.perf_counter() - begun, "peak": peak()}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))

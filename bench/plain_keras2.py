"""What one would write by hand, first half: load in Keras 2, predict, keep weights and truth."""

from __future__ import annotations

import json
import sys


def main(model_path: str, kept_path: str) -> None:
    """Load `model_path` and write inputs, outputs and weights to `kept_path` (NPZ)."""
    import keras
    import numpy as np

    model = keras.models.load_model(model_path, compile=False)
    inputs = np.random.default_rng(0).integers(0, 9, (3, *model.input_shape[1:])).astype("float32")
    weights = {f"w{index}": weight for index, weight in enumerate(model.get_weights())}
    np.savez(kept_path, inputs=inputs, outputs=model.predict(inputs, verbose=0), **weights)


if __name__ == "__main__":
    main(*sys.argv[1:])
    from bench.memory import peak

    print(json.dumps({"peak": peak()}))

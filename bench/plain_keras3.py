"""What one would write by hand, second half: build the model again in Keras 3, set the weights, compare, save."""

from __future__ import annotations

import json
import sys


def main(name: str, kept_path: str, target: str) -> None:
    """Rebuild the model called `name` from its code with the weights in `kept_path` and write it to `target`."""
    import keras
    import numpy as np

    from bench.models import MODELS

    model = MODELS[name](keras)
    with np.load(kept_path) as kept:
        model.set_weights([kept[f"w{index}"] for index in range(len(kept.files) - 2)])
        np.testing.assert_allclose(model.predict(kept["inputs"], verbose=0), kept["outputs"], rtol=1e-4, atol=1e-5)
    model.save(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
    from bench.memory import peak

    print(json.dumps({"peak": peak()}))

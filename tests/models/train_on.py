"""Train results of `migrate` three steps further with stock Keras 3, and save them; run as a script with Keras 3."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.models.next_steps import batches, next_steps


def main(folder: Path, target: Path, kinds: dict[str, str]) -> None:
    """Save each as it is after the steps, and print how it goes on from there."""
    import keras

    found = {}
    for name, kind in kinds.items():
        keras.backend.clear_session()
        model = keras.saving.load_model(folder / f"{name}.keras")
        for x, y, weights in batches(kind, 3000, 3):
            model.train_on_batch(x, y, sample_weight=weights)
        model.save(target / f"{name}.keras")
        found[name] = next_steps(model, kind)
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3]))

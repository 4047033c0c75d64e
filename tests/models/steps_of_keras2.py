"""How models that stock Keras 2.15 opens go on training; run as a script with Keras 2."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.models.next_steps import next_steps


def main(folder: Path, kinds: dict[str, str]) -> None:
    """Print how each `.h5` in a folder goes on."""
    import keras

    found = {}
    for name, kind in kinds.items():
        keras.backend.clear_session()
        found[name] = next_steps(keras.models.load_model(folder / f"{name}.h5"), kind)
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))

"""Architectures and weights in files of their own, for the end-to-end tests: `architectures.py FOLDER`, with Keras 2.

Only that environment can import Keras 2, so everything of it is imported inside functions.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any


def write_all(folder: Path) -> None:
    """Save pairs that fit and one that does not, texts without weights, good and bad, and a pair to be named."""
    walked, named = folder / "walked", folder / "named"
    for place in (walked, named):
        place.mkdir()
    model = _model(6)
    for path in (walked / "json.weights_v2.h5", walked / "yaml_weights.h5", named / "many.weights_v2.h5"):
        model.save_weights(path, save_format="h5")
    _model(8).save_weights(walked / "misfit.weights_v2.h5", save_format="h5")
    text = _old_json(model, folder)
    for path in (walked / "json.arch.json", walked / "misfit.arch.json", named / "net.json"):
        path.write_text(text)
    (walked / "yaml.yaml").write_text(_yaml(text))
    model.save_weights(walked / "newer.weights.h5")
    model.save_weights(walked / "best", save_format="tf")
    for name in ("alone", "newer", "best"):
        (walked / f"{name}.json").write_text(model.to_json())
    (walked / "called.yaml").write_text(_yaml(text).replace("!!python/tuple", "!!python/object/apply:os.system", 1))
    (walked / "twice.json").write_text(text.replace('"second"', '"first"'))


def _model(units: int) -> Any:
    import keras

    keras.utils.set_random_seed(11)
    x = keras.Input((9, 4), name="x")
    y = keras.layers.Conv1D(units, 3, strides=2, padding="same", name="first")(x)
    y = keras.layers.LeakyReLU(name="second")(y)
    return keras.Model(x, keras.layers.Dense(2, name="third")(keras.layers.Flatten(name="flat")(y)), name="net")


def _old_json(model: Any, folder: Path) -> str:
    """As Keras 2.2 wrote it, without the modules that `to_json` of Keras 2.15 adds."""
    import h5py

    model.save(folder / "whole.h5")
    with h5py.File(folder / "whole.h5") as file:
        config = json.loads(file.attrs["model_config"])
    (folder / "whole.h5").unlink()
    return json.dumps({**config, "keras_version": "2.2.4", "backend": "tensorflow"})


def _yaml(text: str) -> str:
    """JSON is YAML almost as it is; what Keras wrote besides are the tags of its tuples."""
    document = json.loads(text)
    config = re.sub(r"(?<=: )(?=\[\d+\])", "!!python/tuple ", json.dumps(document["config"]))
    return f"class_name: {document['class_name']}\nconfig: {config}\nkeras_version: 2.2.4\n"


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))

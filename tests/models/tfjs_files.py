"""Models of TensorFlow.js, as its converter writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

TYPES = {"uint8": 255, "uint16": 65535}


def write(folder: Path, config: Any, arrays: Mapping[str, np.ndarray], quantised: str = "", shards: int = 1) -> Path:
    """`model.json` and its shards; the weights are quantised as a type that is named."""
    folder.mkdir(parents=True, exist_ok=True)
    rows, data = [], b""
    for name, array in arrays.items():
        row, stored = _stored(name, array, quantised)
        rows.append(row)
        data += stored.tobytes()
    size = -(-len(data) // shards)
    paths = [f"group1-shard{number + 1}of{shards}.bin" for number in range(shards)]
    for number, path in enumerate(paths):
        (folder / path).write_bytes(data[number * size : (number + 1) * size])
    topology = {"keras_version": "2.15.0", "backend": "tensorflow", "model_config": config}
    told = {"format": "layers-model", "generatedBy": "keras v2.15.0", "convertedBy": None, "modelTopology": topology}
    (folder / "model.json").write_text(json.dumps({**told, "weightsManifest": [{"paths": paths, "weights": rows}]}))
    return folder / "model.json"


def _stored(name: str, array: np.ndarray, quantised: str) -> tuple[dict[str, Any], np.ndarray]:
    row: dict[str, Any] = {"name": name, "shape": list(array.shape), "dtype": array.dtype.name}
    if not quantised:
        return row, array
    if quantised == "float16":
        return {**row, "quantization": {"dtype": "float16", "original_dtype": "float32"}}, array.astype("float16")
    low, scale = float(array.min()), float(array.max() - array.min()) / TYPES[quantised] or 1.0
    row["quantization"] = {"dtype": quantised, "min": low, "scale": scale, "original_dtype": "float32"}
    return row, np.round((array - low) / scale).astype(quantised)

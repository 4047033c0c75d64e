"""Where a layer is in an architecture, as reports, rules and `--replace` write it."""

from __future__ import annotations


class LayerPath(str):
    """The names of the models around a layer and its own, as `block/dense`; empty for the outermost model.

    What a wrapper holds is named after the key of its config, as in `bidirectional.backward_layer`; `key` is that key.
    """

    key: str = ""

    def __truediv__(self, name: str) -> LayerPath:
        """The layer called `name` in the model at this path."""
        return LayerPath(f"{self}/{name}" if self and name else name or self)

    def inside(self, key: str, *, is_model: bool = False) -> LayerPath:
        """What stands under `key` in the config of the layer at this path; a model opens a level of its own."""
        path = LayerPath(f"{self}/{key}" if is_model else f"{self}.{key}")
        path.key = key
        return path


OUTERMOST = LayerPath()
"""The path of the outermost model."""

"""Where in an architecture a policy is broken: the layer, its class and the key of its config."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from interchange.errors import Problem
from interchange.layer_path import OUTERMOST, LayerPath
from keras2to3.scanner.allowlist import names
from keras2to3.scanner.policies import Policy
from keras2to3.scanner.readers.json_document import short
from keras2to3.scanner.unknown_classes import unknown_object

REBUILD = (
    "Rebuild the model in Keras 2 with layers of Keras in its place, load the weights into it, "
    "and save it with model.save('model.h5')."
)
REBUILD_GRAPH = (
    "Build the model in Keras 2 with the code that made it, load its weights, "
    "and save the whole model with model.save('model.h5')."
)
SAVE_AGAIN = (
    "Build the model again in Keras 3 with Keras's own layers in its place, load the weights into it, and save it with "
    "model.save('model.keras')."
)
_LONGEST_KIND = 1 + max(map(len, names.BY_KEY))  # of a key, which may be as long as a file, the end that matters
DEFINE = (
    "Define it as it was in Keras 2 and as it is in Keras 3, `--custom-objects old.py --custom-objects-3 new.py`, or "
    "in one file for both."
)


@dataclass(frozen=True)
class ConfigLocation:
    """Where in the JSON we are: the layer's path and class, and the key of its config.

    `by_keras_3` is whether Keras 3 has saved it, and opens it as it is. `is_training` is whether it is how Keras 2
    compiled the outermost model.
    """

    layer: LayerPath = OUTERMOST
    class_name: str = ""
    key: str | None = None
    root: bool = True
    by_keras_3: bool = False
    is_training: bool = False

    def violation(self, policy: Policy, text: str, value: object = None, instead: str = REBUILD) -> Problem:
        """A row for the layer and key at hand, which are unsafe. No `--trust` lets Keras 3 load them."""
        shown = None if value is None else short(value)
        instead = SAVE_AGAIN if self.by_keras_3 and instead == REBUILD else instead
        problem = policy.violation(self.layer, self.class_name, text, self._shown_key, shown, instead)
        return replace(problem, unblock=instead) if self.by_keras_3 and policy.trustable else problem

    def unknown_object(
        self, text: str, value: object = None, unblock: str = DEFINE, called: Iterable[str] = ()
    ) -> Problem:
        """A row for what Keras 2.15 does not know: it only fails to load it, unless one of these names is defined."""
        shown = None if value is None else short(value)
        return unknown_object(Problem(self.layer, self.class_name, text, self._shown_key, shown, unblock), called)

    @property
    def _shown_key(self) -> str | None:
        return None if self.key is None else short(self.key)

    def object_kind(self) -> str | None:
        """`activation` below `recurrent_activation`; None where a string is only a string."""
        last = (self.key or "")[-_LONGEST_KIND:].rpartition("_")[2]
        return last if last in names.BY_KEY else None


def location_of(value: Mapping[str, Any], location: ConfigLocation) -> ConfigLocation:
    """A layer gets its own path; an initializer, an activation or another function keeps that of its layer."""
    class_name = value["class_name"]
    if class_name == "function" and not location.root:
        return location
    if location.object_kind() or not isinstance(class_name, str) or class_name in names.PLAIN_DATA:
        return location
    if location.root:
        return replace(location, layer=OUTERMOST, class_name=short(class_name), key=None, root=False)
    config = value.get("config")
    name = config.get("name") if isinstance(config, dict) else None
    name = short(str(name or value.get("name") or class_name))
    return replace(location, layer=location.layer / name, class_name=short(class_name), key=None, root=False)

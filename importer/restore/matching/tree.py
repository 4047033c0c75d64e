"""Tensors as a tree of layers, without layers that only wrap another one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from importer.restore.matching.tensor import Tensor
from translation.layer_names import numbered

# Names of layers of older versions with those that compute the same.
_ALIASES = {"cu_dnngru": "gru", "cudnngru": "gru", "cu_dnnlstm": "lstm", "cudnnlstm": "lstm"}
_HALVES = ("forward", "backward")


@dataclass
class Node:
    """A layer: its own tensors by their roles, and the layers in it. `place` counts the layers of a file or model."""

    name: str
    path: tuple[str, ...]
    place: int
    tensors: dict[str, Tensor] = field(default_factory=dict)
    children: dict[str, Node] = field(default_factory=dict)
    inner: str = ""  # the name of the last that was passed over

    @property
    def label(self) -> str:
        """The path in messages."""
        return "/".join(self.path)

    @property
    def stem(self) -> str:
        """The name without its number; an RNN is called after its cell, half a Bidirectional after its direction."""
        stem = numbered(self.name)[0]
        if stem == "rnn":
            stem = self._cell or stem
        half = next((half for half in _HALVES if len(self.path) > 1 and stem.startswith(f"{half}_")), None)
        return half or _ALIASES.get(stem, stem)

    @property
    def _cell(self) -> str:
        """The name of the layer that contains the cell; empty if it is not known."""
        told = {tensor.cell for tensor in self.tensors.values()} - {""}
        cell = numbered(self.inner)[0]
        return told.pop() if len(told) == 1 else cell.removesuffix("_cell") if cell.endswith("_cell") else ""

    @property
    def backwards(self) -> bool | None:
        """The direction of a recurrent layer, if it is known."""
        told = {tensor.backwards for tensor in self.tensors.values()} - {None}
        halves = [half for part in self.path for half in _HALVES if part.startswith(f"{half}_")]
        return told.pop() if len(told) == 1 else halves[-1] == "backward" if halves else None

    def signature(self) -> tuple[object, ...]:
        """A key that is equal for layers that differ only in names."""
        own = sorted((role, tensor.shape) for role, tensor in self.tensors.items())
        return (tuple(own), tuple(sorted(map(repr, (child.signature() for child in self.children.values())))))

    def units(self) -> Iterator[Node]:
        """The layer and all layers in it that have tensors."""
        if self.tensors:
            yield self
        for child in self.children.values():
            yield from child.units()


def tree(tensors: Sequence[Tensor]) -> list[Node]:
    """The outermost layers in their order."""
    root = Node("", (), 0)
    for place, tensor in enumerate(tensors):
        node = root
        for name in tensor.path:
            node = node.children.setdefault(name, Node(name, (*node.path, name), place))
        count = sum(numbered_role.partition("#")[0] == tensor.role for numbered_role in node.tensors)
        node.tensors[f"{tensor.role}#{count}" if count else tensor.role] = tensor
    for node in root.children.values():
        _collapse(node)
    own = [Node("", (), 0, root.tensors)] if root.tensors else []
    return [*own, *root.children.values()]


def _collapse(node: Node) -> None:
    for child in node.children.values():
        _collapse(child)
    if not node.tensors and len(node.children) == 1:
        (child,) = node.children.values()
        node.tensors, node.children, node.inner = child.tensors, child.children, child.inner or child.name

"""A MetaGraphDef beside its graph: what TensorFlow feeds and runs by itself when it loads or saves a SavedModel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from keras2to3.scanner.readers.json_document import short
from keras2to3.scanner.readers.protobuf import MalformedError, fields, integers, joined, messages, text_of

_KNOWN = frozenset(range(1, 8))
MAX_DEPTH = 16
ASSETS = "saved_model_assets"
_ASSET = "tensorflow.AssetFileDef"
_NODES, _BYTES, _INTEGERS, _FLOATS, _ANY = range(1, 6)  # the kinds of a collection, by their numbers
_RUN_SIGNATURE = "__saved_model_init_op"
_VARIABLES = (
    "variables", "trainable_variables", "local_variables", "model_variables", "metric_variables",
    "moving_average_variables", "global_step", "eval_step",
)  # fmt: skip
_DESCRIBED = ("while_context", "cond_context", "savers", *_VARIABLES)
_INITIALIZERS = (2, 3, 6)  # of a variable: what sets it, what reads it, what it is set to


@dataclass(frozen=True)
class Asset:
    """A file of the model: its name below `assets/`, and the tensor that is given its path."""

    filename: str
    tensor: str


@dataclass(frozen=True)
class MetaGraph:
    """What is fed and run, by the names of nodes, and which functions the objects of the model are.

    `filename` is given the path of a checkpoint where `save` or `restore` are run. `run` are run as soon as the model
    is loaded, with the paths of the `assets` given to their nodes; `called` whenever somebody asks for an answer, with
    no path given. `captures` says for every function of an object what the model itself gives it as its last arguments,
    and whether that is an asset; `named` are all functions that an object may call.
    """

    filename: str = ""
    save: str = ""
    restore: str = ""
    assets: tuple[Asset, ...] = ()
    run: frozenset[str] = frozenset()
    called: frozenset[str] = frozenset()
    captures: tuple[tuple[str, tuple[bool, ...]], ...] = ()
    named: frozenset[str] = frozenset()

    @property
    def fed(self) -> frozenset[str]:
        """The nodes whose first output is given the path of an asset."""
        return frozenset(_node(asset.tensor) for asset in self.assets if asset.tensor.endswith(":0"))


def read(message: memoryview) -> MetaGraph:
    """All but the graph. Raises MalformedError, also for what no TensorFlow of today would understand."""
    if any(number not in _KNOWN for number, _ in fields(message)):
        raise MalformedError("a graph with a part that no TensorFlow up to 2.20 knows")
    saver, collections = joined(message, 3), dict(_entries(message, 4, "collection"))
    run, called = _signatures(message)
    for name, collection in collections.items():
        run |= frozenset(_of_collection(name, collection)) if name != ASSETS else frozenset()
    assets = tuple(_assets(messages(message, 6)))
    objects = joined(message, 7)
    return MetaGraph(
        filename=_node(text_of(saver, 1)) if text_of(saver, 1).endswith(":0") else "",
        save=_node(text_of(saver, 2)),
        restore=_node(text_of(saver, 3)),
        assets=assets or tuple(_assets(_packed_assets(collections.get(ASSETS, memoryview(b""))))),
        run=run,
        called=called,
        captures=tuple(_captures(objects)),
        named=frozenset(_named(objects)),
    )


def _node(tensor: str) -> str:
    """The node of a tensor `name:0`."""
    return tensor.removeprefix("^").partition(":")[0]


def _entries(message: memoryview, number: int, what: str) -> Iterator[tuple[str, memoryview]]:
    """The entries of a map; a duplicate key would have two values."""
    seen = set()
    for entry in messages(message, number):
        key, numbers = text_of(entry, 1), [field for field, _ in fields(entry)]
        if key in seen or len(numbers) != len(set(numbers)):
            raise MalformedError(f"a duplicate {what}")
        seen.add(key)
        yield key, joined(entry, 2)


def _assets(encoded: Iterator[memoryview]) -> Iterator[Asset]:
    for asset in encoded:
        yield Asset(text_of(asset, 2), text_of(joined(asset, 1), 1))


def _packed_assets(collection: memoryview) -> Iterator[memoryview]:
    """Where TensorFlow 1 lists the assets, and later versions look for them if there are none elsewhere."""
    if any(number != _ANY for number, _ in fields(collection)):
        raise MalformedError(f"a collection {ASSETS} of something else")
    for packed in messages(joined(collection, _ANY), 1):
        if text_of(packed, 1).rpartition("/")[2] != _ASSET:
            raise MalformedError(f"a collection {ASSETS} of something else")
        yield joined(packed, 2)


def _of_collection(name: str, collection: memoryview) -> Iterator[str]:
    """The nodes a collection names.

    Numbers mean nothing by themselves, and of lists of nodes TensorFlow runs some; all others are what a part of it
    makes of bytes, which has to be known.
    """
    for kind, value in fields(collection):
        if kind in (_INTEGERS, _FLOATS):
            continue
        if not isinstance(value, memoryview) or not (kind == _NODES or (kind == _BYTES and name in _DESCRIBED)):
            raise MalformedError(f"a collection {short(name)}, which no TensorFlow up to 2.20 knows")
        for item in messages(value, 1):
            if kind == _NODES:
                yield _node(str(bytes(item), "utf-8", "replace"))
            elif name in _VARIABLES:
                yield from (_node(text_of(item, number)) for number in _INITIALIZERS)


def _signatures(message: memoryview) -> tuple[frozenset[str], frozenset[str]]:
    """The nodes that the initializing signature names, and those of all others."""
    run: set[str] = set()
    called: set[str] = set()
    for key, signature in _entries(message, 5, "signature"):
        for number in (1, 2):  # inputs and outputs
            for _, info in _entries(signature, number, "tensor of a signature"):
                (run if key == _RUN_SIGNATURE else called).update(map(_node, _tensors(info, MAX_DEPTH)))
    return frozenset(run), frozenset(called)


def _tensors(info: memoryview, depth: int) -> Iterator[str]:
    """The tensors of a TensorInfo: one, the three of a sparse one, or the parts of another kind."""
    if depth == 0:
        raise MalformedError("a tensor of tensors of tensors")
    yield text_of(info, 1)
    sparse = joined(info, 4)
    yield from (text_of(sparse, number) for number in (1, 2, 3))
    for part in messages(joined(info, 5), 2):
        yield from _tensors(part, depth - 1)


# Where a SavedObject names functions: of a polymorphic function, a bare one, and a tensor that one has captured.
_ASSET_OBJECT, _KINDS = 5, frozenset({4, 5, 6, 7, 8, 9, 10, 12})
_FUNCTION, _BARE, _CAPTURED = 6, 8, 12


def _captures(objects: memoryview) -> Iterator[tuple[str, tuple[bool, ...]]]:
    """For each function what it is given by the model itself, as its last arguments: whether that is an asset."""
    assets = {index for index, thing in enumerate(messages(objects, 1)) if _is_asset(thing)}
    for name, function in _entries(objects, 2, "function of an object"):
        yield name, tuple(index in assets for index in integers(function, 2))


def _is_asset(thing: memoryview) -> bool:
    """Whether an object is made of an asset: the last of its kinds counts, and a class by name comes before any."""
    kinds = [number for number, _ in fields(thing) if number in _KINDS]
    return kinds[-1:] == [_ASSET_OBJECT] and not text_of(thing, 13)


def _named(objects: memoryview) -> Iterator[str]:
    yield from (name for name, _ in _entries(objects, 2, "function of an object"))
    for thing in messages(objects, 1):
        for number, value in fields(thing):
            if not isinstance(value, memoryview):
                continue
            if number == _FUNCTION:
                yield from (str(bytes(name), "utf-8", "replace") for name in messages(value, 1))
            elif number == _BARE:
                yield text_of(value, 1)
            elif number == _CAPTURED:
                yield text_of(value, 2)

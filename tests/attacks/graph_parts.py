"""SavedModels made by hand that TensorFlow really loads: nodes, functions and what is run, each encoded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.attacks.protobuf import message, varint

FLOAT, INT32, STRING, INT64, BOOL, RESOURCE = 1, 3, 7, 9, 10, 20
_WORDS = "assets/words.txt"


@dataclass(frozen=True)
class Model:
    """A SavedModel in parts, each encoded: nodes, functions, and what is run, fed, saved and called.

    `run` are the nodes of the main operator, `outputs` what the signature answers, `saver` the tensors and operator
    that `saver_def` names, `assets` the files by the tensors that are given their paths.
    """

    nodes: tuple[bytes, ...] = ()
    functions: tuple[bytes, ...] = ()
    library: bytes = b""
    run: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ("answer:0",)
    saver: tuple[str, str, str] = ("", "", "")
    assets: tuple[tuple[str, str], ...] = ()
    collections: Mapping[str, bytes] = field(default_factory=dict)
    objects: bytes | None = None
    rest: bytes = b""
    files: Mapping[str, bytes] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        for name, content in {"variables/.keep": b"", _WORDS: b"a\nb\n", **self.files}.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(content)
        (path / "saved_model.pb").write_bytes(message((1, 1), (2, self._meta())))

    def _meta(self) -> bytes:
        library = message(*((1, function) for function in self.functions)) + self.library
        graph = message(*((1, node) for node in (_ANSWER, *self.nodes)), (2, library), (4, message((1, 1482))))
        collections = {**self.collections, **({"saved_model_main_op": nodes_of(*self.run)} if self.run else {})}
        saver = [(3, message((1, self.saver[0]), (2, self.saver[1]), (3, self.saver[2]), (7, 2)))]
        outputs = message(*((2, message((1, f"out{n}"), (2, _info(name)))) for n, name in enumerate(self.outputs)))
        return self.rest + message(
            (1, message((4, "serve"), (5, "2.15.1"))),
            (2, graph),
            *(saver if any(self.saver) else []),
            *((4, message((1, name), (2, kept))) for name, kept in collections.items()),
            (5, message((1, "serving_default"), (2, outputs + message((3, "tensorflow/serving/predict"))))),
            *((6, message((1, message((1, tensor))), (2, name))) for tensor, name in self.assets),
            *([] if self.objects is None else [(7, self.objects)]),
        )


def _info(tensor: str) -> bytes:
    dtype = FLOAT if tensor == "answer:0" else STRING
    return message((1, tensor), (2, dtype), (3, message((3, 1))))


def nodes_of(*names: str) -> bytes:
    return message((1, message(*((1, name) for name in names))))


# Values of attributes


def kind(dtype: int) -> bytes:
    return message((6, dtype))


def kinds(*dtypes: int) -> bytes:
    return message((1, message((6, b"".join(varint(dtype) for dtype in dtypes)))))


def flag(value: bool) -> bytes:
    return message((5, int(value)))


def number(value: int) -> bytes:
    return message((3, value))


def words(value: str) -> bytes:
    return message((2, value))


def called(function: str) -> bytes:
    return message((10, message((1, function))))


def called_in_a_list(*functions: str) -> bytes:
    return message((1, message(*((9, message((1, function))) for function in functions))))


def shape(*sizes: int) -> bytes:
    return message((7, message(*((2, message((1, size))) for size in sizes))))


def node(name: str, operator: str, *inputs: str, **attributes: bytes) -> bytes:
    entries = [(5, message((1, key), (2, value))) for key, value in attributes.items()]
    return message((1, name), (2, operator), *((3, taken) for taken in inputs), *entries)


def text(name: str, *contents: str, after: Iterable[str] = ()) -> bytes:
    """A constant of one text, or of a list with one."""
    scalar = message((1, STRING), (2, b""), *((8, content) for content in contents))
    return node(name, "Const", *after, dtype=kind(STRING), value=message((8, scalar)))


def listed(name: str, content: str) -> bytes:
    """A constant that is a list of one text."""
    vector = message((1, STRING), (2, message((2, message((1, 1))))), (8, content))
    return node(name, "Const", dtype=kind(STRING), value=message((8, vector)))


def one(name: str, *after: str) -> bytes:
    value = message((8, message((1, FLOAT), (2, b""), (5, b"\0\0\x80?"))))
    return node(name, "Const", *after, dtype=kind(FLOAT), value=value)


_ANSWER = one("answer")


def default(name: str, taken: str) -> bytes:
    """A placeholder that takes another value where nobody gives one."""
    return node(name, "PlaceholderWithDefault", taken, dtype=kind(STRING), shape=shape())


def same(name: str, *taken: str) -> bytes:
    return node(name, "Identity", *taken, T=kind(STRING))


def save(name: str, path: str, prefix: str = "", inner: bool = False) -> tuple[bytes, ...]:
    """Nodes that write a checkpoint of one number; within a function, inputs are called otherwise."""
    output = ":output:0" if inner else ""
    return (
        listed(f"{prefix}names", "x"),
        listed(f"{prefix}slices", ""),
        one(f"{prefix}one"),
        node(
            name,
            "SaveV2",
            path,
            *(f"{prefix}{part}{output}" for part in ("names", "slices", "one")),
            dtypes=kinds(FLOAT),
        ),
    )


def table(name: str, path: str, handle: str, *after: str) -> bytes:
    """A node that fills a table with whole lines by their numbers."""
    whole, lines = (1 << 64) - 2, (1 << 64) - 1
    options = {"key_index": number(lines), "value_index": number(whole), "vocab_size": number((1 << 64) - 1)}
    return node(name, "InitializeTableFromTextFileV2", handle, path, *after, delimiter=words("\t"), **options)


def lookup(handle: str, *after: str) -> tuple[bytes, ...]:
    """Nodes that answer with the first line of a file, which the table `handle` holds."""
    zero = message((8, message((1, INT64), (2, b""), (10, varint(0)))))
    return (
        node("zero", "Const", dtype=kind(INT64), value=zero),
        text("nothing", "nothing"),
        node("found", "LookupTableFindV2", handle, "zero", "nothing", *after, Tin=kind(INT64), Tout=kind(STRING)),
    )


def handle(name: str = "table") -> bytes:
    kept = {"key_dtype": kind(INT64), "value_dtype": kind(STRING), "shared_name": words(f"hostile_{name}")}
    return node(name, "HashTableV2", **kept)


def function(name: str, arguments: Mapping[str, int], *nodes: bytes, after: Iterable[str] = (), **more: bytes) -> bytes:
    """A function without results, in which the nodes `after` run."""
    given = [(2, message((1, argument), (3, dtype))) for argument, dtype in arguments.items()]
    kept = [(6, message((1, f"run_{each}"), (2, each))) for each in after]
    signature = message((1, name), *given, *((20, f"run_{each}") for each in after), (17, 1))
    attributes = [(5, message((1, key), (2, value))) for key, value in more.items()]
    return message((1, signature), *((3, inner) for inner in nodes), *kept, *attributes)


def call(name: str, of: str, *inputs: str, operator: str = "StatefulPartitionedCall", **more: bytes) -> bytes:
    taken = [RESOURCE if each.startswith("table") else STRING for each in inputs if each[0] != "^"]
    attributes = {"Tin": kinds(*taken), "Tout": kinds(), "f": called(of), **more}
    return node(name, operator, *inputs, **attributes)

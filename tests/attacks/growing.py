"""Files whose cost grows faster than they do, for a reader that is not careful: each can be made in any size."""

from __future__ import annotations

import base64
import json
import marshal
import struct
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tests.attacks import containers, growing_graphs
from tests.attacks.graphs import write
from tests.attacks.protobuf import field, message, varint
from tests.models import hdf5_files
from tests.models.hdf5_files import dense, layer, sequential

Config = dict[str, Any]


@dataclass(frozen=True)
class Growing:
    """How to make a file that grows with `size`, how its name ends, and the size at which it hurt."""

    suffix: str
    size: int
    make: Callable[[Path, int], None]

    def write(self, folder: Path, size: int) -> Path:
        path = folder / f"model{self.suffix}"
        self.make(path, size)
        return path


def _h5(size: int, architecture: Callable[[int], Any]) -> Growing:
    return Growing(".h5", size, lambda path, n: hdf5_files.write(path, architecture(n)) and None)


def _json(size: int, text: Callable[[int], str]) -> Growing:
    return Growing(".json", size, lambda path, n: path.write_text(text(n)) and None)


def _yaml(size: int, value: Callable[[int], str]) -> Growing:
    """One value among those of a layer."""
    start = "class_name: Sequential\nconfig:\n  name: s\n  layers:\n  - class_name: Dense\n    config: {name: d, seed: "
    return Growing(".yaml", size, lambda path, n: path.write_text(f"{start}{value(n)}}}\n") and None)


# Architectures


def lambda_layer(code: str | bytes, name: str = "lambda") -> Config:
    text = code if isinstance(code, str) else base64.b64encode(code).decode()
    function = {"function": [text, None, None], "function_type": "lambda", "module": "os"}
    return layer("Lambda", name, **function, arguments={})


def _chain(n: int, class_name: str = "Dense", **config: Any) -> Config:
    """A functional model of layers one after the other."""
    start = {"class_name": "InputLayer", "name": "in", "inbound_nodes": []}
    layers = [{**start, "config": {"name": "in", "batch_input_shape": [None, 4], "dtype": "float32"}}]
    for number in range(n):
        made = layer(class_name, f"l{number}", **config)
        node = [[[layers[-1]["name"], 0, 0, {}]]]
        layers.append({**made, "name": f"l{number}", "inbound_nodes": node})
    ends = {"input_layers": [["in", 0, 0]], "output_layers": [[layers[-1]["name"], 0, 0]]}
    return {"class_name": "Functional", "config": {"name": "m", "layers": layers, **ends}}


def _nested(depth: int, inner: Any) -> Config:
    """Models within models, with something in the innermost."""
    made = inner
    for number in range(depth):
        made = sequential(made, name=f"n{number}")
    return made


def _long_name(n: int) -> Config:
    """Many layers in a model whose name is as long as all of them, and stands in the path of each."""
    return sequential(sequential(*(layer("Mine", f"m{number}") for number in range(n // 50)), name="x" * n))


def _called_often(n: int) -> Config:
    """One layer that is called many times, each time on what it gave before."""
    made = _chain(1, units=4)
    nodes = [[["in" if not number else "l0", 0 if not number else number - 1, 0, {}]] for number in range(n)]
    made["config"]["layers"][1]["inbound_nodes"] = nodes
    return made


def _joined(n: int) -> Config:
    """A layer that takes every tensor there is."""
    made = _chain(n, "Activation", activation="relu")
    node = [[f"l{number}", 0, 0, {}] for number in range(n)]
    made["config"]["layers"].append({**layer("Add", "sum"), "name": "sum", "inbound_nodes": [node]})
    return made


def _long_key(n: int) -> Config:
    """Many lists below a key as long as all of them."""
    return sequential(dense(**{"k" * n: [[] for _ in range(n)]}))


# Bytecode, as Python 3.7 and 2.7 wrote it


def _long(number: int) -> bytes:
    return struct.pack("<i", number)


def _code(code: bytes, consts: Iterable[bytes] = (b"N",), names: bytes = b")\0", stack: int = 100) -> bytes:
    """A code object of Python 3.4 to 3.7: a function without arguments."""
    parts = list(consts)
    numbers = b"".join(map(_long, (0, 0, 0, stack, 0x43)))
    empty = b")\0"
    return (
        b"c" + numbers + b"s" + _long(len(code)) + code + b"(" + _long(len(parts)) + b"".join(parts) + names
        + empty * 3 + b"z\x01f" + b"z\x01f" + _long(1) + b"s" + _long(0)
    )  # fmt: skip


_RETURN = b"\x64\0\x53\0"  # LOAD_CONST 0, RETURN_VALUE


def _loops_in_loops(n: int) -> Config:
    return sequential(lambda_layer(_code(b"\x78\0" * n + _RETURN)))


def _numbers_in_a_set(numbers: Callable[[int], Iterable[Any]]) -> Callable[[int], Config]:
    def make(n: int) -> Config:
        items = [marshal.dumps(number, 2) for number in numbers(n)]
        one = b">" + _long(len(items)) + b"".join(items)
        return sequential(lambda_layer(_code(_RETURN, [b"N", one])))

    return make


def _one_code_often(n: int) -> Config:
    """A long function that a short one holds many times over."""
    inner = bytearray(_code(_RETURN * n))
    inner[0] |= 0x80
    return sequential(lambda_layer(_code(_RETURN, [bytes(inner), *[b"r" + _long(0)] * (n // 50)])))


def _one_text_often(n: int) -> Config:
    """A long text of Python 2 that is every name of a function."""
    long = b"t" + _long(n * 10) + b"x" * (n * 10)
    names = b"(" + _long(n) + long + (b"R" + _long(0)) * (n - 1)
    numbers = b"".join(map(_long, (0, 0, 10, 0x43)))
    code = b"d\0\0S"
    made = (
        b"c" + numbers + b"s" + _long(len(code)) + code + b"(" + _long(1) + b"N" + names + (b"(" + _long(0)) * 3
        + b"s" + _long(1) + b"f" + b"s" + _long(1) + b"f" + _long(1) + b"s" + _long(0)
    )  # fmt: skip
    return sequential(lambda_layer(made))


# HDF5


def _edited(edit: Callable[[h5py.File, int], None]) -> Callable[[Path, int], None]:
    def make(path: Path, n: int) -> None:
        with h5py.File(hdf5_files.write(path), "a") as file:
            edit(file, n)

    return make


def _attributes(file: h5py.File, n: int) -> None:
    for number in range(n):
        h5py.h5a.create(file.id, b"a%d" % number, h5py.h5t.NATIVE_INT8, h5py.h5s.create(h5py.h5s.SCALAR))


def _small_chunks(file: h5py.File, n: int) -> None:
    """A dataset in chunks of a single number, of which none is stored."""
    file.create_dataset("attack", (n,), "float32", chunks=(1,))


def _tall_chunks(file: h5py.File, n: int) -> None:
    """A dataset whose every piece needs every chunk."""
    values = np.zeros((n, 64), "float32")
    file.create_dataset("attack", data=values, chunks=(n, 1), compression="gzip", compression_opts=1)


def text_that_lies(path: Path, declared: int, name: str = "model_config") -> None:
    """An attribute whose text is to have more bytes than it has."""
    hdf5_files.write(path)
    content = bytearray(path.read_bytes())
    collection = struct.pack("<Q", content.index(b"GCOL"))
    at = content.index(collection, content.index(name.encode() + b"\0")) - 4
    content[at : at + 4] = struct.pack("<I", declared)
    path.write_bytes(content)


def _tree_node(level: int, children: Iterable[int], kind: int = 0) -> bytes:
    """A node of a tree of groups, version 1."""
    places = list(children)
    free = b"\xff" * 8
    pairs = b"".join(struct.pack("<QQ", 0, place) for place in places)
    return b"TREE" + struct.pack("<BBH", kind, level, len(places)) + free * 2 + pairs + struct.pack("<Q", 0)


def groups_that_multiply(path: Path, width: int, depth: int = 6) -> None:
    """The tree of a group whose nodes hold the same node over and over again: wide to the power of deep."""
    hdf5_files.write(path)
    content = bytearray(path.read_bytes())
    with h5py.File(path) as file:
        root = h5py.h5o.get_info(file["model_weights"].id).addr
    # The first message of a group is where its tree lies.
    (tree,) = struct.unpack_from("<Q", content, root + 24)
    (child,) = struct.unpack_from("<Q", content, tree + 32)
    for level in range(depth):
        content += b"\0" * (-len(content) % 8)
        place = len(content)
        content += _tree_node(level, [child] * width)
        content += bytes(24 + 65 * 16 - min(24 + 65 * 16, len(content) - place))  # as wide as HDF5 reads it
        child = place
    struct.pack_into("<Q", content, root + 24, child)
    struct.pack_into("<Q", content, 40, len(content))  # the end of the file, as its superblock has it
    path.write_bytes(content)


def _hole(inside: str = "") -> Callable[[Path, int], None]:
    """A file that is to have many more bytes than are stored."""

    def make(path: Path, n: int) -> None:
        if inside:
            write(path, {})
        with (path / inside if inside else hdf5_files.write(path)).open("ab") as file:
            file.truncate(n)

    return make


# Zip archives


def _keras_with(members: Iterable[tuple[str, bytes]]) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        containers.keras(path, sequential(dense()))
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members:
                archive.writestr(name, content)

    return make


def extra_fields(path: Path, n: int) -> None:
    """Members whose entries are followed by thousands of empty fields."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in containers.members(path, sequential(dense())).items():
            archive.writestr(name, content)
        for number in range(n):
            made = zipfile.ZipInfo(f"assets/{number}")
            made.extra = b"\x99\x99\0\0" * 16_000
            archive.writestr(made, b"")


def _npz_headers(header: Callable[[int], str]) -> Callable[[Path, int], None]:
    def make(path: Path, n: int) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            for number in range(n):
                text = header(9_900).encode()
                archive.writestr(f"w{number}.npy", b"\x93NUMPY\x01\0" + struct.pack("<H", len(text)) + text)

    return make


# Checkpoints

_MAGIC = 0xDB4775248B80FB57


def _block(entries: Iterable[tuple[int, bytes, bytes]]) -> bytes:
    """Entries of a table: how much of the key before they share, the rest of theirs, and a value."""
    parts = (varint(shared) + varint(len(key)) + varint(len(value)) + key + value for shared, key, value in entries)
    return b"".join(parts) + struct.pack("<LL", 0, 1)


def checkpoint(path: Path, entries: Iterable[tuple[int, bytes, bytes]], shard: bytes = bytes(48)) -> None:
    """A checkpoint whose index holds these entries."""
    data = _block([(0, b"", message((1, 1))), *entries])
    handle = varint(0) + varint(len(data))
    second = _block([(0, b"\xff", handle)])
    footer = varint(0) + varint(0) + varint(len(data) + 5) + varint(len(second))
    table = data + bytes(5) + second + bytes(5) + footer.ljust(40, b"\0") + struct.pack("<Q", _MAGIC)
    path.write_bytes(table)
    path.with_suffix(".data-00000-of-00001").write_bytes(shard)


def entry(*shape: int, size: int = 48) -> bytes:
    """A BundleEntryProto of float32."""
    dimensions = b"".join(field(2, message((1, of))) for of in shape)
    return message((1, 1), (2, dimensions), (5, size))


def _shared_keys(path: Path, n: int) -> None:
    first = (0, b"k" * (n * 16), entry(4, 3))
    checkpoint(path, [first, *((n * 16 + number, b"a", entry(4, 3)) for number in range(min(n, 49_000)))])


def _dimensions(path: Path, n: int) -> None:
    checkpoint(path, [(0, b"kernel", entry(*([2**62] * n)))])


def _deep_names(path: Path, n: int) -> None:
    keys = [f"{'/a' * 1000}/{number:05}".encode() for number in range(n)]
    checkpoint(path, [(0, key, entry(4, 3)) for key in keys])


# SavedModels


def _metadata(objects: Callable[[int], Iterable[Any]]) -> Callable[[Path, int], None]:
    def make(path: Path, n: int) -> None:
        write(path, {})
        nodes = [
            message((2, number), (3, f"root.{number}"), (5, json.dumps(item))) for number, item in enumerate(objects(n))
        ]
        (path / "keras_metadata.pb").write_bytes(b"".join(field(1, node) for node in nodes))

    return make


def _unsafe_objects(n: int) -> Iterable[Any]:
    yield {"class_name": "Sequential", "config": {"name": "s", "layers": []}}
    for number in range(n):
        yield {"class_name": "Dense", "config": {"name": f"l{number}", "activation": {"class_name": "__lambda__"}}}


GROWING: Mapping[str, Growing] = {
    # Protobuf in a text
    "node_def_without_end": _h5(100_000, lambda n: sequential(layer("TensorFlowOpLayer", "t", node_def="\x80" * n))),
    # JSON
    "key_of_many_lists": _h5(20_000, _long_key),
    "keys_of_one_object": _h5(15_000, lambda n: sequential(dense(**{f"k{number}": number for number in range(n)}))),
    "modules_in_modules": _h5(20_000, lambda n: _nested(40, {**dense(), "module": {"x": ["y"] * n}})),
    "layers_in_a_chain": _h5(600, lambda n: _chain(n, units=4)),
    "layers_of_the_users": _h5(600, lambda n: _chain(n, "Mine")),
    "layers_of_one_name": _h5(1_000, lambda n: sequential(*[dense()] * n)),
    "layer_called_often": _h5(2_000, _called_often),
    "tensors_joined": _h5(1_000, _joined),
    "long_name_of_a_model": _h5(100_000, _long_name),
    "models_in_models": _h5(20, lambda n: _nested(n, dense())),
    "layers_in_models": _h5(500, lambda n: _nested(30, sequential(*(dense(f"d{number}") for number in range(n))))),
    "words": _h5(20_000, lambda n: sequential(layer("StringLookup", "s", vocabulary=[str(w) for w in range(n)]))),
    "unsafe_layers": _h5(
        2_000, lambda n: sequential(*({**dense(f"d{number}"), "module": "os"} for number in range(n)))
    ),
    "long_text": _json(400_000, lambda n: json.dumps(sequential(dense(activation="x" * n)))),
    "long_number": _json(400_000, lambda n: '{"class_name": "Model", "config": {"seed": %s.5}}' % ("1" * n)),
    "text_of_escapes": _json(200_000, lambda n: json.dumps(json.dumps(sequential(dense(note='"' * n))))),
    # YAML
    "sexagesimal_number": _yaml(100_000, lambda n: "1" + ":1" * n),
    "sexagesimal_fraction": _yaml(100_000, lambda n: "1" + ":1" * n + ".5"),
    "hexadecimal_number": _yaml(100_000, lambda n: "0x" + "f" * n),
    "binary_number": _yaml(100_000, lambda n: "0b" + "1" * n),
    "yaml_number": _yaml(100_000, lambda n: "9" * n),
    "yaml_fraction": _yaml(100_000, lambda n: "9" * n + ".5"),
    "yaml_almost_a_number": _yaml(100_000, lambda n: "1" + ":1" * n + ":x"),
    "yaml_underscores": _yaml(100_000, lambda n: "1" + "_" * n + "x"),
    "yaml_aliases": _yaml(5_000, lambda n: "[&a x" + ", *a" * n + "]"),
    "yaml_anchors": _yaml(5_000, lambda n: "[" + ", ".join(f"&a{number} x" for number in range(n)) + "]"),
    "yaml_flow": _yaml(4_000, lambda n: "[" + "[], " * n + "]"),
    # Bytecode
    "almost_base64": _h5(10_000, lambda n: sequential(lambda_layer("A" + " " * n + "!"))),
    "loops_in_loops": _h5(6_000, _loops_in_loops),
    "colliding_integers": _h5(3_000, _numbers_in_a_set(lambda n: [(2**61 - 1) * (k + 1) for k in range(n)])),
    "colliding_negatives": _h5(3_000, _numbers_in_a_set(lambda n: [-(2**61 - 1) * (k + 1) for k in range(n)])),
    "one_code_often": _h5(4_000, _one_code_often),
    "one_text_often": _h5(4_000, _one_text_often),
    "names_of_nobody": _h5(1_500, lambda n: sequential(lambda_layer(_unknown_names(n)))),
    # HDF5
    "attributes": Growing(".h5", 1_500, _edited(_attributes)),
    "chunks_of_one_number": Growing(".h5", 500_000, _edited(_small_chunks)),
    "chunks_across": Growing(".h5", 20_000, _edited(_tall_chunks)),
    "text_that_lies": Growing(".h5", 200_000_000, text_that_lies),
    "version_that_lies": Growing(".h5", 200_000_000, lambda path, n: text_that_lies(path, n, "keras_version")),
    "groups_that_multiply": Growing(".h5", 12, groups_that_multiply),
    "hole": Growing(".h5", 1 << 31, _hole()),
    "hole_in_a_folder": Growing("", 1 << 31, _hole("variables/variables.data-00000-of-00001")),
    # Archives
    "extra_fields": Growing(".keras", 20, extra_fields),
    "npz_headers_of_brackets": Growing(".npz", 20, _npz_headers(lambda n: "(" * 150 + "1" * (n - 150))),
    "npz_headers_of_signs": Growing(".npz", 20, _npz_headers(lambda n: "-" * n + "1")),
    "npz_headers_of_sums": Growing(".npz", 20, _npz_headers(lambda n: "1+" * (n // 2) + "1")),
    # Checkpoints
    "keys_that_share": Growing(".index", 2_000, _shared_keys),
    "dimensions": Growing(".index", 10_000, _dimensions),
    "names_in_many_parts": Growing(".index", 200, _deep_names),
    # SavedModels
    **{name: Growing("", size, growing_graphs.writing(make)) for name, (size, make) in growing_graphs.GRAPHS.items()},
    "unsafe_objects": Growing("", 500, _metadata(_unsafe_objects)),
    "objects_in_objects": Growing("", 10_000, _metadata(lambda n: [_nested(30, dense(note=["x"] * n))] * 2)),
}


def _unknown_names(n: int) -> bytes:
    """A function that loads names nobody knows, one after the other."""
    parts = [b"z" + bytes([5]) + b"n%04d" % (number % 10_000) for number in range(n)]
    names = b"(" + _long(n) + b"".join(parts)
    load = b"".join(
        (b"\x90" + bytes([number >> 8]) if number > 255 else b"") + b"\x74" + bytes([number & 255]) + b"\x01\0"
        for number in range(n)
    )
    return _code(load + _RETURN, names=names)

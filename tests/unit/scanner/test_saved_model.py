"""The static look at SavedModel folders: graph, checkpoint, metadata, assets."""

from __future__ import annotations

import functools
import json
import struct

import numpy as np
import pytest

from interchange.errors import Exit, Failure
from keras2to3.scanner.allowlist.graph import CHECKPOINT_OPERATORS, TABLE_OPERATORS, allows_operator
from keras2to3.scanner.examine import examine, scan_model
from keras2to3.scanner.graph import policies
from keras2to3.scanner.graph_alone import keras_model_in
from keras2to3.scanner.readers import checkpoint, graphdef, metagraph, protobuf
from keras2to3.scanner.readers.metagraph import Asset, MetaGraph
from tests.attacks.protobuf import message, varint
from tests.models.hdf5_files import CODE, dense, sequential

KERNEL = np.arange(12, dtype="<f4").reshape(4, 3)


def node(name, operator, *inputs, calls=(), value=None):
    attributes = [message((1, "f"), (2, message((10, message((1, function)))))) for function in calls]
    attributes += [] if value is None else [message((1, "value"), (2, message((8, value))))]
    texts = [(3, text) for text in inputs]
    return message((1, name), (2, operator), *texts, *((5, attribute) for attribute in attributes))


def function(name, arguments, *nodes):
    signature = message((1, name), *((2, message((1, argument))) for argument in arguments))
    return message((1, signature), *((3, inner) for inner in nodes))


def graph_of(*nodes, functions=()):
    return message(*((1, one) for one in nodes), (2, message(*((1, one) for one in functions))))


def problems_of(*nodes, functions=(), assets=(), captures=None, run=(), called=()):
    given = captures or {}
    meta = MetaGraph(
        *("saver_filename", "save", "restore"),
        assets=tuple(Asset("words.txt", f"{name}:0") for name in assets),
        run=frozenset(run),
        called=frozenset(called),
        captures=tuple(given.items()),
        named=frozenset(given),
    )
    return policies.problems_of(memoryview(graph_of(*nodes, functions=functions)), meta)


def texts_of(*args, **kwargs):
    return [problem.text for problem in problems_of(*args, **kwargs)]


# What TensorFlow writes into every SavedModel: whoever saves or loads it gives the path.
SAVE = function(
    "__inference__traced_save_7",
    ["file_prefix", "kernel", "const"],
    node("Const", "Const", value=message((1, 7), (2, b""), (8, ".part"))),
    node("Const_1", "Const", value=message((1, 7), (2, b""), (8, f"_temp_{'0' * 32}/part"))),
    node("Select", "Select", "StaticRegexFullMatch:output:0", "Const:output:0", "Const_1:output:0"),
    node("StaticRegexFullMatch", "StaticRegexFullMatch", "file_prefix"),
    node("StringJoin", "StringJoin", "file_prefix", "Select:output:0"),
    node("ShardedFilename", "ShardedFilename", "StringJoin:output:0"),
    node("SaveV2", "SaveV2", "ShardedFilename:filename:0", "names"),
    node("Pack", "Pack", "ShardedFilename:filename:0", "^SaveV2"),
    node("MergeV2Checkpoints", "MergeV2Checkpoints", "Pack:output:0", "file_prefix"),
)
RESTORE = function(
    "__inference__traced_restore_8", ["file_prefix"], node("RestoreV2", "RestoreV2", "file_prefix", "names", "slices")
)
TABLE = function(
    "__inference__initializer_9",
    ["table", "path"],
    node("init", "InitializeTableFromTextFileV2", "table", "path"),
)
HONEST = (
    node("saver_filename", "Placeholder"),
    node("Const", "Const"),
    node("save", "StatefulPartitionedCall", "saver_filename", "kernel", "Const", calls=["__inference__traced_save_7"]),
    node("restore", "StatefulPartitionedCall", "saver_filename", calls=["__inference__traced_restore_8"]),
)


def test_what_every_saved_model_holds_passes():
    assert problems_of(*HONEST, functions=(SAVE, RESTORE)) == []


@pytest.mark.parametrize("name", ["ReadFile", "WriteFile", "PyFunc", "PyFuncStateless", "Print", "Unheard"])
def test_an_operator_that_is_not_allowed_is_found_in_the_graph_and_in_its_functions(name):
    (found,) = problems_of(node("x", name))
    assert (found.layer, found.class_name, found.policy) == ("x", name, "operators")
    (found,) = problems_of(functions=(function("__inference_a", ["x"], node("y", name)),))
    assert (found.layer, found.class_name) == ("__inference_a/y", name)


def test_what_prints_to_a_stream_passes():
    def printing(*streams):
        said = [(5, message((1, "output_stream"), (2, message((2, stream))))) for stream in streams]
        return message((1, "x"), (2, "PrintV2"), *said)

    assert problems_of(printing(), functions=(function("__inference_a", [], printing("log(info)")),)) == []
    for streams in (["file:///tmp/x"], ["stderr", "file:///tmp/x"], ["/tmp/x"], [""]):
        (found,) = problems_of(printing(*streams))
        assert (found.layer, found.policy) == ("x", "operators")


@pytest.mark.parametrize("operator", [*CHECKPOINT_OPERATORS, *TABLE_OPERATORS])
def test_an_operator_on_files_whose_path_is_the_graphs_own(operator):
    inputs = ["path"] * (max(CHECKPOINT_OPERATORS.get(operator, (1,))) + 1)
    assert texts_of(node("path", "Const"), node("x", operator, *inputs)) == [
        "it reads or writes a file whose path the graph itself decides"
    ]
    inner = function("__inference_a", ["x"], node("path", "Const"), node("y", operator, *inputs))
    assert len(problems_of(functions=(inner,))) == 1


def test_a_path_that_a_function_is_given_by_the_main_graph_is_refused():
    path = node("path", "Const")
    call = node("x", "PartitionedCall", "path", calls=["__inference__traced_restore_8"])
    assert texts_of(path, call, functions=(RESTORE,)) == ["it gives __inference__traced_restore_8 the path of a file"]


def test_a_function_on_files_is_called_by_no_other():
    serve = function(
        "__inference_serve", ["x"], node("y", "PartitionedCall", "x", calls=["__inference__traced_restore_8"])
    )
    assert "calls __inference__traced_restore_8" in texts_of(functions=(RESTORE, serve))[0]


def test_a_function_on_files_that_is_given_to_a_function_is_found():
    inner = message((1, "g"), (2, message((10, message((1, "__inference__traced_restore_8"))))))
    attribute = message((1, "f"), (2, message((10, message((1, "__inference_b"), (2, inner))))))
    serve = function("__inference_serve", ["x"], message((1, "y"), (2, "PartitionedCall"), (5, attribute)))
    assert "calls __inference__traced_restore_8" in texts_of(functions=(RESTORE, serve))[0]


def test_a_table_reads_its_asset_and_no_constant():
    assert problems_of(functions=(TABLE,), captures={"__inference__initializer_9": (False, True)}) == []
    found = problems_of(functions=(TABLE,), captures={"__inference__initializer_9": (False, False)})
    assert [problem.policy for problem in found] == ["operators"]
    call = node("x", "StatefulPartitionedCall", "table", "words", calls=["__inference__initializer_9"])
    words = node("words", "Placeholder")
    assert problems_of(words, call, functions=(TABLE,), assets=["words"]) == []
    assert len(problems_of(words, call, functions=(TABLE,))) == 1


def test_the_path_of_an_asset_may_be_kept_in_a_variable_and_that_of_a_constant_may_not():
    kept = (
        node("words", "Const"),
        node("variable", "VarHandleOp"),
        node("assign", "AssignVariableOp", "variable", "words"),
        node("read", "ReadVariableOp", "variable"),
        node("x", "StatefulPartitionedCall", "table", "read", calls=["__inference__initializer_9"]),
    )
    assert problems_of(*kept, functions=(TABLE,), assets=["words"]) == []
    assert len(problems_of(*kept, functions=(TABLE,))) == 1
    again = node("again", "AssignVariableOp", "variable", "other")
    assert len(problems_of(*kept, node("other", "Const"), again, functions=(TABLE,), assets=["words"])) == 1


def test_the_first_asset_of_a_model_has_an_empty_description():
    objects = message((1, message((9, message((1, "Const"))))), (1, message((5, b""))))
    captured = message((2, varint(1) + varint(0)))
    objects += message((2, message((1, "f"), (2, captured))))
    assert metagraph.read(memoryview(message((7, objects)))).captures == (("f", (True, False)),)


def test_a_function_cannot_be_named_like_an_operator():
    assert len(problems_of(node("x", "ReadFile"), functions=(function("ReadFile", []),))) == 1
    assert problems_of(node("x", "__inference_a"), functions=(function("__inference_a", []),)) == []


def test_a_constant_that_promises_more_than_it_stores():
    shape = message((2, message((1, 1 << 40))))
    assert [p.policy for p in problems_of(node("c", "Const", value=message((1, 1), (2, shape), (5, b"\0\0\0\0"))))] == [
        "promises"
    ]


def test_too_many_nodes_and_functions_without_end(monkeypatch):
    value = b""
    for _ in range(graphdef.MAX_DEPTH + 1):
        value = message((10, message((1, "f"), (2, message((1, "g"), (2, value))))))
    deep = message((1, "x"), (2, "PartitionedCall"), (5, message((1, "f"), (2, value))))
    assert [problem.policy for problem in problems_of(deep)] == ["limits"]
    monkeypatch.setattr(graphdef, "MAX_NODES", 2)
    assert [problem.policy for problem in problems_of(*(node(f"x{n}", "NoOp") for n in range(3)))] == ["limits"]


@pytest.mark.parametrize(
    "name", ["Conv2D", "TensorListSetItem", "ReluGrad", "LookupTableFindV2", "StatelessIf", "While"]
)
def test_operators_on_tensors_pass(name):
    assert allows_operator(name)


@pytest.mark.parametrize(
    "name",
    [
        "SymbolicGradient",
        "SparseTensorSliceDataset",
        "ImmutableConst",
        "DecodeCompressed",
        "_Send",
        "PyFuncStateless",
        "",
    ],
)
def test_others_do_not(name):
    assert not allows_operator(name)


@pytest.mark.parametrize("content", [b"\x0a", b"\x0a\x05ab", b"\x0b", b"\x08" + b"\xff" * 11, b"\x00\x00", b"\x0d\x0a"])
def test_bytes_that_are_no_protobuf(content):
    with pytest.raises(protobuf.MalformedError):
        list(protobuf.fields(memoryview(content)))


def table(entries):
    """A sorted table of one block without shared beginnings, as the index of a checkpoint is."""

    def block(pairs):
        rows = [varint(0) + varint(len(key)) + varint(len(value)) + key + value for key, value in pairs]
        return b"".join(rows) + struct.pack("<LL", 0, 1)

    data = block(entries)
    handle = varint(0) + varint(len(data))
    at = len(data) + 5
    index = block([(b"z", handle)])
    footer = varint(0) + varint(0) + varint(at) + varint(len(index))
    return data + b"\0" * 5 + index + b"\0" * 5 + footer.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)


def entry(shape=(4, 3), dtype=1, offset=0, size=48, shard=0):
    dimensions = message(*((2, message((1, length))) for length in shape))
    return message((1, dtype), (2, dimensions), (3, shard), (4, offset), (5, size))


def as_text(metadata):
    return json.dumps(metadata).replace('"DEEP"', "[" * 20_000 + "]" * 20_000)


def saved_model(path, *, nodes=HONEST, entries=None, metadata=None, parts=(), assets=(), objects=b"", shards=1):
    (path / "variables").mkdir(parents=True)
    listed = [(b"", message((1, shards))), (b"kernel", entry() if entries is None else entries)]
    (path / "variables/variables.index").write_bytes(table(listed))
    (path / "variables/variables.data-00000-of-00001").write_bytes(KERNEL.tobytes())
    files = [(6, message((1, message((1, f"{name}:0"))), (2, name))) for name in assets]
    saver = (3, message((1, "saver_filename:0"), (2, "save:0"), (3, "restore")))
    graph = (2, graph_of(*nodes, functions=(SAVE, RESTORE)))
    meta = message((1, message((4, "serve"), (5, "2.11.0"))), graph, saver, *files)
    (path / "saved_model.pb").write_bytes(message((1, 1), (2, meta + message((7, objects)))))
    if metadata is not None:
        things = [message((3, "root"), (4, "_tf_keras_sequential"), (5, as_text(metadata)))]  # 0 is not written
        things += [message((2, 1 + n), (3, f"root.layer-{n}"), (5, as_text(part))) for n, part in enumerate(parts)]
        (path / "keras_metadata.pb").write_bytes(message(*((1, thing) for thing in things)))
    return path


def test_an_honest_saved_model(tmp_path):
    metadata = {**sequential(dense()), "name": "s", "training_config": {"loss": "mine"}}
    scanned = examine(saved_model(tmp_path / "m", metadata=metadata, assets=["words.txt"]))
    assert scanned.problems == ()
    assert (scanned.format, scanned.saved_by["keras_version"], scanned.training) == (
        "savedmodel",
        "2.11.0",
        {"loss": "mine"},
    )
    assert scanned.architecture == sequential(dense())
    (tensor,) = scanned.tensors
    assert (tensor.name, tensor.shape, tensor.dtype, tensor.bytes) == ("kernel", (4, 3), "float32", 48)
    assert np.concatenate(list(tensor.blocks())).tolist() == KERNEL.reshape(-1).tolist()


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ([1], "it is a list, not an object"),
        (functools.reduce(lambda inner, _: [inner], range(200), []), "it is nested deeper than 128 levels"),
    ],
)
def test_a_training_config_that_cannot_be_read_is_read_by_nobody(tmp_path, value, why):
    part = {**dense(), "training_config": value}
    metadata = {**sequential(dense()), "name": "s", "training_config": value}
    scanned = examine(saved_model(tmp_path / "m", metadata=metadata, parts=[part]))
    assert (scanned.architecture, scanned.training, scanned.problems) == (sequential(dense()), None, ())
    assert scanned.unreadable_training == f"training_config cannot be read: {why}"


def test_a_training_config_that_no_parser_gets_through_is_left_out_of_every_object(tmp_path):
    metadata = {**sequential(dense()), "name": "s", "training_config": "DEEP"}
    part = {**dense(), "training_config": "DEEP"}
    scanned = examine(saved_model(tmp_path / "m", metadata=metadata, parts=[part]))
    assert (scanned.architecture, scanned.training, scanned.problems) == (sequential(dense()), None, ())
    assert scanned.unreadable_training == "training_config cannot be read: it is nested deeper than 128 levels"


def test_metadata_stood_in_the_graph_of_objects_before(tmp_path):
    user = message((1, "_tf_keras_sequential"), (3, json.dumps(sequential(dense()))))
    scanned = examine(saved_model(tmp_path / "m", objects=message((1, message((4, user))))))
    assert scanned.architecture == sequential(dense())


def test_code_in_the_metadata_of_any_object_and_in_its_training(tmp_path):
    attack = {"class_name": "__lambda__", "config": {"value": [CODE]}}
    metadata = {**sequential(dense()), "training_config": {"metrics": [[attack]]}}
    assert {p.policy for p in examine(saved_model(tmp_path / "m", metadata=metadata)).problems} == {"bytecode"}


def test_what_a_part_repeats_of_the_model_is_told_once(tmp_path):
    attack = {"class_name": "Lambda", "config": {"name": "mine", "function": [CODE, None, None]}}
    scanned = examine(saved_model(tmp_path / "m", metadata=sequential(attack), parts=[{**attack, "name": "mine"}]))
    assert [(problem.layer, problem.policy) for problem in scanned.problems] == [("mine", "bytecode")]
    scanned = examine(saved_model(tmp_path / "n", metadata=sequential(dense()), parts=[attack]))
    assert [problem.policy for problem in scanned.problems] == ["bytecode"]


def test_the_architecture_is_that_of_the_model_and_never_of_a_part(tmp_path):
    part = message((4, message((1, "_tf_keras_layer"), (3, json.dumps(sequential(dense()))))))
    scanned = examine(saved_model(tmp_path / "m", objects=message((1, message((4, b""))), (1, part))))
    assert (scanned.architecture, keras_model_in(scanned)) == (None, None)


def test_a_model_of_keras_is_told_from_one_that_is_only_a_graph(tmp_path):
    known, mine = sequential(dense()), sequential({"class_name": "Mine", "config": {"name": "mine"}})
    assert keras_model_in(examine(saved_model(tmp_path / "a", metadata=known))) == known
    assert keras_model_in(examine(saved_model(tmp_path / "b", metadata=mine))) is None
    subclassed = {"class_name": "Model", "config": {"name": "m"}}
    assert keras_model_in(examine(saved_model(tmp_path / "c", metadata=subclassed))) is None
    assert keras_model_in(examine(saved_model(tmp_path / "d"))) is None


def test_tuples_and_shapes_are_lists(tmp_path):
    tuples = dense(input_shape={"class_name": "__tuple__", "items": [{"class_name": "TensorShape", "items": [4]}]})
    scanned = examine(saved_model(tmp_path / "m", metadata=sequential(tuples)))
    assert scanned.architecture == sequential(dense(input_shape=[[4]]))


def test_the_path_of_a_vocabulary_that_was_brought_along_is_history(tmp_path):
    lookup = {"class_name": "StringLookup", "config": {"name": "words", "vocabulary": "/home/me/words.txt"}}
    scanned = examine(saved_model(tmp_path / "m", metadata=sequential(lookup), assets=["words.txt"]))
    assert (scanned.problems, scanned.architecture["config"]["layers"][0]["config"]["vocabulary"]) == ((), None)
    (problem,) = examine(saved_model(tmp_path / "n", metadata=sequential(lookup), assets=["ords.txt"])).problems
    assert problem.policy == "other-files"


@pytest.mark.parametrize(
    "wrong",
    [entry(size=1 << 40), entry(offset=40), entry(shape=(1 << 40,)), entry(shape=(4, 4)), entry(shard=3)],
)
def test_a_tensor_that_its_shard_does_not_hold(tmp_path, wrong):
    (problem,) = examine(saved_model(tmp_path / "m", entries=wrong)).problems
    assert (problem.layer, problem.policy) == ("kernel", "promises")


@pytest.mark.parametrize("damage", [lambda old: old[:-1], lambda old: b"", lambda old: b"\xff" * 20 + old[20:]])
def test_an_index_that_cannot_be_read_is_damaged(tmp_path, damage):
    path = saved_model(tmp_path / "m")
    index = path / "variables/variables.index"
    index.write_bytes(damage(index.read_bytes()))
    scanned = examine(path)
    assert (scanned.tensors, [problem.policy for problem in scanned.problems]) == ((), [None])
    assert "variables.index is damaged" in incomplete(path)


def incomplete(path):
    with pytest.raises(Failure) as raised:
        scan_model(path)
    assert raised.value.code == Exit.UNREADABLE
    return raised.value.message


def test_a_shard_that_is_missing_is_named(tmp_path):
    path = saved_model(tmp_path / "m", metadata=sequential(dense()), shards=3)
    message = incomplete(path)
    assert "data-00001-of-00003 is missing" in message
    assert "data-00002-of-00003 is missing" in message
    (path / "variables/variables.data-00000-of-00001").unlink()
    assert "data-00000-of-00003 is missing" in incomplete(path)


def test_an_index_is_missed_where_the_model_has_variables(tmp_path):
    some, none = message((1, message((7, b"")))), message((1, message((4, b""))))
    for name, objects in (("a", some), ("b", none)):
        path = saved_model(tmp_path / name, metadata=sequential(dense()), objects=objects)
        (path / "variables/variables.index").unlink()
    assert "variables.index is missing" in incomplete(tmp_path / "a")
    assert scan_model(tmp_path / "b").incomplete == ""


def test_an_index_with_more_tensors_than_any_model(monkeypatch):
    monkeypatch.setattr(checkpoint, "MAX_TENSORS", 1)
    with pytest.raises(protobuf.MalformedError):
        list(checkpoint._entries(memoryview(table([(b"a", entry()), (b"b", entry())]))))


@pytest.mark.parametrize("name", ["../../secret", "/etc/passwd", "a\\..\\b"])
def test_an_asset_elsewhere(tmp_path, name):
    (problem,) = examine(saved_model(tmp_path / "m", assets=[name])).problems
    assert (problem.policy, problem.key, problem.value) == ("other-files", "filename", name)


@pytest.mark.parametrize("name", ["assets", "variables/variables.data-00000-of-00001", "keras_metadata.pb"])
def test_a_link_is_told_and_never_followed(tmp_path, name):
    path = saved_model(tmp_path / "m")
    (path / name).unlink(missing_ok=True)
    (path / name).symlink_to(tmp_path)
    assert "other-files" in {problem.policy for problem in examine(path).problems}


def test_a_graph_cut_short_may_hold_anything(tmp_path):
    path = saved_model(tmp_path / "m")
    (path / "saved_model.pb").write_bytes((path / "saved_model.pb").read_bytes()[:-7])
    assert {problem.policy for problem in examine(path).problems} == {"form"}


def test_metadata_that_git_has_changed_is_damaged_and_no_attack(tmp_path):
    path = saved_model(tmp_path / "m", metadata=sequential(dense()))
    (path / "keras_metadata.pb").write_bytes(b"\r" + (path / "keras_metadata.pb").read_bytes())
    (problem,) = examine(path).problems
    assert (problem.class_name, problem.policy) == ("keras_metadata.pb", None)


def test_two_graphs_in_one_folder(tmp_path):
    path = saved_model(tmp_path / "m")
    (path / "saved_model.pbtxt").touch()
    assert {problem.policy for problem in examine(path).problems} == {"form"}

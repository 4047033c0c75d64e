"""SavedModels made by hand: any operator, in the main graph or hidden in its library of functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.attacks.canary import Canary
from tests.attacks.graph_files import GRAPHS, Graph
from tests.attacks.protobuf import message

# Each of these reads, writes, fetches, loads or runs something that is no tensor.
OPERATORS = (
    "ReadFile WriteFile MatchingFiles PyFunc PyFuncStateless EagerPyFunc ShellExecute LoadLibrary ImmutableConst "
    "Save SaveSlices Restore RestoreSlice LoadAndRemapMatrix GenerateVocabRemapping TextFileDataset "
    "TextLineDataset FixedLengthRecordDatasetV2 TFRecordDatasetV2 SaveDatasetV2 LoadDataset DatasetToTFRecord "
    "CSVDatasetV2 SqlDataset TextLineReaderV2 WholeFileReaderV2 TFRecordReaderV2 FixedLengthRecordReaderV2 "
    "CreateSummaryFileWriter CreateSummaryDbWriter DebugIdentity DebugIdentityV2 DumpTensor "
    "RemoteCall RpcClient RpcServer _Send _Recv _HostSend TPUExecute XlaLaunch CollectiveGather "
    "DistributedSave DataServiceDatasetV2 RegisterDatasetV2 DecodeProtoV2 GcsConfigureCredentials "
    "FixedUnigramCandidateSampler BigtableClient KafkaDataset MyCustomOperator"
).split()


@dataclass(frozen=True)
class Hostile:
    """How to make a SavedModel, and the policy that must be named for it."""

    policy: str
    make: Callable[[Path, Canary], None]


def node(operator: str, name: str = "attack", inputs: Iterable[str] = (), **attributes: bytes) -> bytes:
    """A NodeDef; an attribute's value is an encoded AttrValue."""
    entries = [(5, message((1, key), (2, value))) for key, value in attributes.items()]
    return message((1, name), (2, operator), *((3, of) for of in inputs), *entries)


def text(name: str, content: str) -> bytes:
    """A constant of one text."""
    return node("Const", name, value=message((8, message((1, 7), (2, b""), (8, content)))))


def called(function: str) -> bytes:
    """An attribute that names a function."""
    return message((10, message((1, function))))


def graph(nodes: Iterable[bytes] = (), functions: Mapping[str, Iterable[bytes]] | None = None) -> bytes:
    """A GraphDef with a library of functions."""
    library = [
        (1, message((1, _signature(name)), *((3, inner) for inner in body))) for name, body in (functions or {}).items()
    ]
    return message(*((1, item) for item in nodes), (2, message(*library)))


def _signature(name: str) -> bytes:
    """An OpDef: `name(argument, ...)`."""
    function, _, arguments = name.rstrip(")").partition("(")
    return message((1, function), *((2, message((1, argument))) for argument in arguments.split(", ") if argument))


def write(
    path: Path,
    functions: Mapping[str, Iterable[bytes]],
    nodes: Iterable[bytes] = (),
    assets: Iterable[str] = (),
) -> None:
    """A folder that TensorFlow would take for a SavedModel."""
    (path / "variables").mkdir(parents=True)
    (path / "variables" / "variables.index").write_bytes(b"")
    (path / "variables" / "variables.data-00000-of-00001").write_bytes(b"\0" * 48)
    information = message((4, "serve"), (5, "2.15.1"))
    files = [(6, message((1, message((1, "asset:0"))), (2, name))) for name in assets]
    meta = message((1, information), (2, graph([node("NoOp", "start"), *nodes], functions)), *files)
    (path / "saved_model.pb").write_bytes(message((1, 1), (2, meta)))


def _in_graph(operator: str) -> Callable[[Path, Canary], None]:
    return lambda path, canary: write(path, {}, [node(operator, filename=message((2, str(canary.secret))))])


def _in_library(operator: str) -> Callable[[Path, Canary], None]:
    """Behind two calls, as every function of a model is."""

    def make(path: Path, canary: Canary) -> None:
        call = message((10, message((1, "inner"))))
        functions = {"outer": [node("PartitionedCall", f=call)], "inner": [node(operator)]}
        write(path, functions, [node("StatefulPartitionedCall", f=message((10, message((1, "outer")))))])

    return make


def _in_a_second_graph(path: Path, canary: Canary) -> None:
    write(path, {})
    good = (path / "saved_model.pb").read_bytes()
    meta = message((1, message((4, "other"))), (2, graph([node("WriteFile")])))
    (path / "saved_model.pb").write_bytes(good + message((2, meta)))


def _merged(path: Path, canary: Canary) -> None:
    """Protobuf joins a message that stands twice: the second half of this graph is easily overlooked."""
    first = message((1, message((4, "serve"))), (2, graph([node("NoOp")])))
    (path / "variables").mkdir(parents=True)
    (path / "saved_model.pb").write_bytes(message((1, 1), (2, first + message((2, graph([node("ReadFile")]))))))


_LOAD = ("RestoreV2", "load", ["path"])


def _call_of_a_merged_graph(path: Path, canary: Canary) -> None:
    """The call stands in the first half of a graph that stands twice, and the function in the second."""
    call = node("PartitionedCall", "call", ["here"], f=called("load"))
    first = message((1, message((4, "serve"))), (2, graph([text("here", str(canary.secret)), call])))
    second = message((2, graph([], {"load(path)": [node(*_LOAD)]})))
    (path / "variables").mkdir(parents=True)
    (path / "saved_model.pb").write_bytes(message((1, 1), (2, first + second)))


def _called(path: Path, canary: Canary) -> None:
    """A function that loads what it is told to, and a graph that tells it."""
    call = node("PartitionedCall", "call", ["here"], f=called("load"))
    write(path, {"load(path)": [node(*_LOAD)]}, [text("here", str(canary.secret)), call])


def _joined(path: Path, canary: Canary) -> None:
    """TensorFlow mends paths before it opens them: what is joined to one may climb out of it."""
    climb = text("climb", "/../../../secret.txt")
    joined = node("StringJoin", "joined", ["path", "climb:output:0"])
    load = node("RestoreV2", "load", ["joined:output:0"])
    write(path, {"load(path)": [climb, joined, load]})


def _merges(path: Path, canary: Canary) -> None:
    """Whoever saves the model says where to; which checkpoints are merged, and deleted, is in the graph."""
    merge = node("MergeV2Checkpoints", "merge", ["here:output:0", "path"])
    write(path, {"save(path)": [text("here", str(canary.secret)), merge]})


def _packs(path: Path, canary: Canary) -> None:
    """The same, hidden behind one that was given."""
    packed = node("Pack", "packed", ["path", "here:output:0"])
    merge = node("MergeV2Checkpoints", "merge", ["packed:output:0", "path"])
    write(path, {"save(path)": [text("here", str(canary.secret)), packed, merge]})


def _prints(path: Path, canary: Canary) -> None:
    write(path, {}, [node("PrintV2", output_stream=message((2, f"file://{canary.secret}")))])


def _prints_also(path: Path, canary: Canary) -> None:
    """The same attribute twice, and TensorFlow takes one of them."""
    streams = [message((1, "output_stream"), (2, message((2, to)))) for to in ("stderr", f"file://{canary.secret}")]
    printing = message((1, "attack"), (2, "PrintV2"), *((5, stream) for stream in streams))
    write(path, {}, [printing])


def _prints_as_told(path: Path, canary: Canary) -> None:
    """Whoever calls the function says where to."""
    where = message((1, "to"), (2, message((2, f"file://{canary.secret}"))))
    call = node("PartitionedCall", "call", f=message((10, message((1, "inner"), (2, where)))))
    write(path, {"inner": [node("PrintV2", output_stream=message((9, "to")))]}, [call])


def _asset(name: str) -> Callable[[Path, Canary], None]:
    return lambda path, canary: write(path, {}, assets=[name.format(secret=canary.secret)])


def _linked(inside: str) -> Callable[[Path, Canary], None]:
    def make(path: Path, canary: Canary) -> None:
        write(path, {})
        link = path / inside
        link.parent.mkdir(exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(canary.secret)

    return make


def _linked_folder(path: Path, canary: Canary) -> None:
    write(path, {})
    (path / "assets").symlink_to(canary.folder)


def _on_files(attack: Graph) -> Callable[[Path, Canary], None]:
    return lambda path, canary: attack.make(canary).write(path)


SAVED_MODELS: Mapping[str, Hostile] = {
    **{f"{name}_in_the_graph": Hostile("operators", _in_graph(name)) for name in OPERATORS},
    **{f"{name}_in_the_library": Hostile("operators", _in_library(name)) for name in OPERATORS},
    **{f"files_{name}": Hostile(attack.policy, _on_files(attack)) for name, attack in GRAPHS.items()},
    "prints_to_a_file": Hostile("operators", _prints),
    "prints_to_a_file_as_well": Hostile("operators", _prints_also),
    "prints_where_it_is_told": Hostile("operators", _prints_as_told),
    "in_a_second_graph": Hostile("operators", _in_a_second_graph),
    "in_a_merged_graph": Hostile("operators", _merged),
    "restores_in_the_graph": Hostile("operators", lambda path, c: write(path, {}, [node("RestoreV2")])),
    "restores_by_a_call": Hostile("operators", _called),
    "restores_by_a_call_of_a_merged_graph": Hostile("operators", _call_of_a_merged_graph),
    "restores_beside_what_is_given": Hostile("operators", _joined),
    "merges_what_it_likes": Hostile("operators", _merges),
    "merges_what_it_likes_besides": Hostile("operators", _packs),
    "asset_that_climbs": Hostile("other-files", _asset("../../secret.txt")),
    "asset_of_the_host": Hostile("other-files", _asset("{secret}")),
    "asset_that_is_a_link": Hostile("other-files", _linked("assets/words.txt")),
    "assets_that_are_a_link": Hostile("other-files", _linked_folder),
    "weights_that_are_a_link": Hostile("other-files", _linked("variables/variables.data-00000-of-00001")),
    "graph_that_is_a_link": Hostile("other-files", _linked("keras_metadata.pb")),
}

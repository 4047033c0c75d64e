"""SavedModels whose graph gives its own operators the path of a file, whatever stands between the two.

Each writes `executed.index` beside the secret, or answers with its first line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.attacks.canary import Canary
from tests.attacks.graph_parts import (
    BOOL,
    INT32,
    RESOURCE,
    STRING,
    Model,
    call,
    called,
    called_in_a_list,
    default,
    function,
    handle,
    kind,
    kinds,
    listed,
    lookup,
    node,
    nodes_of,
    number,
    one,
    same,
    save,
    shape,
    table,
    text,
    words,
)  # fmt: skip
from tests.attacks.protobuf import message, varint


@dataclass(frozen=True)
class Graph:
    """How to make the model, and whether TensorFlow 2.15 would really carry it out when it loads and calls it."""

    make: Callable[[Canary], Model]
    live: bool = True
    policy: str = "operators"


def _target(canary: Canary) -> str:
    return str(canary.mark)


def _writes(*between: bytes, path: str = "path") -> Callable[[Canary], Model]:
    """The main operator writes, by a path that comes through `between` from a constant `here`."""

    def make(canary: Canary) -> Model:
        nodes = (text("here", _target(canary)), *between, *save("save", path), node("init", "NoOp", "^save"))
        return Model(nodes, run=("init",))

    return make


def _answers(*between: bytes, path: str = "path") -> Callable[[Canary], Model]:
    """The same whenever the signature is called."""

    def make(canary: Canary) -> Model:
        nodes = (text("here", _target(canary)), *between, *save("save", path), one("out", "^save"))
        return Model(nodes, outputs=("out:0",))

    return make


def _in_a_function(body: Callable[[Canary], tuple[bytes, ...]], **more: bytes) -> Callable[[Canary], Model]:
    """A function that needs nothing from its caller, called by the signature."""

    def make(canary: Canary) -> Model:
        inner = function("__inference_inner_1", {}, *body(canary), after=("save",), **more)
        return Model(
            (call("call", "__inference_inner_1"), one("out", "^call")),
            (inner,),
            outputs=("out:0",),
        )

    return make


def _given(caller: Callable[[str], tuple[bytes, ...]], *functions: bytes) -> Callable[[Canary], Model]:
    """A function that writes to its argument, and a graph that gives it one."""

    def make(canary: Canary) -> Model:
        inner = function("__inference_inner_1", {"path": STRING}, *save("save", "path", inner=True), after=("save",))
        nodes = (text("here", _target(canary)), *caller("__inference_inner_1"), one("out", "^call"))
        return Model(nodes, (inner, *functions), outputs=("out:0",))

    return make


_OUTER = function(
    "__inference_outer_2",
    {"way": STRING},
    call("call", "__inference_inner_1", "way"),
    after=("call",),
)
_TRUE = node("true", "Const", dtype=kind(BOOL), value=message((8, message((1, BOOL), (2, b""), (11, 1)))))
_ZERO = node("zero", "Const", dtype=kind(INT32), value=message((8, message((1, INT32), (2, b""), (7, 0)))))
_BRANCH = {"Tin": kinds(STRING), "Tout": kinds()}
_DO_NOTHING = function("__inference_nothing_3", {"path": STRING}, node("rest", "NoOp"))


def _if(name: str) -> tuple[bytes, ...]:
    branches = {"then_branch": called(name), "else_branch": called("__inference_nothing_3")}
    return (_TRUE, node("call", "If", "true", "here", Tcond=kind(BOOL), **_BRANCH, **branches))


def _case(name: str) -> tuple[bytes, ...]:
    branches = called_in_a_list(name, "__inference_nothing_3")
    return (_ZERO, node("call", "Case", "zero", "here", branches=branches, **_BRANCH))


def _reads(canary: Canary, *nodes: bytes, path: str = "path", **more: object) -> Model:
    """A table of the secret's lines, filled by the main operator, and a signature that answers with the first."""
    filled = (handle(), table("fill", path, "table"), node("init", "NoOp", "^fill"), *lookup("table"))
    return Model((*nodes, *filled), **{"run": ("init",), "outputs": ("found:0",), **more})  # type: ignore[arg-type]


def _climbing(canary: Canary) -> str:
    """The secret as a path from the folder of assets, however deep the model lies."""
    return "../" * 30 + str(canary.secret).lstrip("/")


def _packed(kind_of: str, *content: tuple[str, str]) -> bytes:
    """The collection in which TensorFlow 1 lists the assets."""
    files = [message((1, message((1, tensor))), (2, name)) for tensor, name in content]
    return message((5, message(*((1, message((1, kind_of), (2, file))) for file in files))))


_ASSET_TYPE = "type.googleapis.com/tensorflow.AssetFileDef"


def _listed_assets(canary: Canary) -> Model:
    collections = {"saved_model_assets": _packed(_ASSET_TYPE, ("path:0", _climbing(canary)))}
    return _reads(canary, text("path", "words.txt"), collections=collections)


def _unfed(canary: Canary) -> Model:
    """The path of an asset is given when the model is loaded, and not when it is called."""
    nodes = (text("path", str(canary.secret)), handle(), table("fill", "path", "table"), *lookup("table", "^fill"))
    return Model(nodes, outputs=("found:0",), assets=(("path:0", "words.txt"),))


def _variable(name: str, shared: str = "kept") -> bytes:
    return node(name, "VarHandleOp", dtype=kind(STRING), shape=shape(), shared_name=words(shared))


def _kept(*more: Callable[[Canary], bytes], after: tuple[str, ...] = ()) -> Callable[[Canary], Model]:
    """The path of an asset in a variable, into which something else writes another one."""

    def make(canary: Canary) -> Model:
        nodes = (
            node("asset", "Placeholder", dtype=kind(STRING), shape=shape()),
            _variable("variable"),
            node("set", "AssignVariableOp", "variable", "asset", dtype=kind(STRING)),
            text("here", str(canary.secret)),
            *(make(canary) for make in more),
            node("path", "ReadVariableOp", "variable", *after, dtype=kind(STRING)),
        )
        return _reads(canary, *nodes, assets=(("asset:0", "words.txt"),))

    return make


_TWIN = (lambda c: _variable("twin"), lambda c: node(
    "again", "AssignVariableOp", "twin", "here", "^set", dtype=kind(STRING)
))  # fmt: skip


def _saver(*nodes: bytes, restore: str = "load", filename: str = "path:0") -> Callable[[Canary], Model]:
    """What `saver_def` names runs when the variables are loaded, with the path of the checkpoint given to one node."""

    def make(canary: Canary) -> Model:
        given = (default("path", "model"), text("model", "model"), text("here", _target(canary)))
        done = (same("saved", "path"), node(restore, "NoOp", "^save"))
        return Model((*given, *nodes, *done), saver=(filename, "saved:0", restore))

    return make


def _as_fixed(operator: str, shown: str) -> bytes:
    """A second operator in eight bytes of fixed width, which protobuf skips as a field it does not know."""
    return message((2, operator)) + varint(2 << 3 | 1) + shown.encode()


def _disguised(canary: Canary) -> Model:
    body = message((1, "save"), (3, "here"), (3, "secret")) + _as_fixed("WriteFile", "Identity")
    nodes = (text("here", _target(canary)), text("secret", "x"), body, node("init", "NoOp", "^save"))
    return Model(nodes, run=("init",))


def _named_like_an_operator(canary: Canary) -> Model:
    """What looks like a node that hands its input on is a call."""
    body = text("there", _target(canary))
    signature = message((1, "Identity"), (2, message((1, "x"), (3, STRING))), (3, message((1, "y"), (3, STRING))))
    twin = message((1, signature), (3, body), (4, message((1, "y"), (2, "there:output:0"))))
    nodes = (default("path", "model"), text("model", "model"), same("other", "path"), *save("save", "other"))
    return Model(
        (*nodes, same("saved", "path"), node("load", "NoOp", "^save")), (twin,), saver=("path:0", "load", "saved:0")
    )


def _of_many(canary: Canary) -> Model:
    """Which input an argument is depends on how many the one before it takes."""
    given = [(2, message((1, "many"), (3, STRING), (5, "N"))), (2, message((1, "path"), (3, STRING)))]
    signature = message((1, "__inference_inner_1"), *given, (17, 1), (20, "run"))
    inner = message(
        (1, signature), *((3, each) for each in save("save", "path", inner=True)), (6, message((1, "run"), (2, "save")))
    )
    nodes = (default("path", "model"), text("model", "model"), text("here", _target(canary)))
    calling = call("call", "__inference_inner_1", "path", "path", "here", N=number(2))
    return Model(
        (*nodes, calling, same("saved", "path", "^call"), node("load", "NoOp")),
        (inner,),
        saver=("path:0", "saved:0", "load"),
    )


def _object(canary: Canary, *kinds_of_it: tuple[int, bytes], name: str = "") -> Model:
    """An object that is an asset and then a constant, whose path a function captures."""
    captured = message((1, "__inference_fill_1"), (2, message((2, varint(1)))))
    thing = message((5, b""), *kinds_of_it, *([(13, name)] if name else []))
    objects = message((1, message((4, b""))), (1, thing), (2, captured))
    fill = function("__inference_fill_1", {"path": STRING}, handle(), table("fill", "path", "table:table_handle:0"))
    return Model((text("here", str(canary.secret)),), (fill,), objects=objects, assets=(("here:0", "words.txt"),))


def _handed(canary: Canary) -> Model:
    """A constant that is the handle of a variable of the process, by its name."""
    resource = message((1, "/job:localhost/replica:0/task:0/device:CPU:0"), (2, "localhost"), (3, "secret"))
    value = message((8, message((1, RESOURCE), (2, b""), (14, resource))))
    nodes = (
        node("of_another", "Const", dtype=kind(RESOURCE), value=value),
        node("read", "ReadVariableOp", "of_another", dtype=kind(STRING)),
    )
    return Model(nodes, outputs=("read:0",))


def _plain(**more: object) -> Callable[[Canary], Model]:
    return lambda canary: Model(**more)  # type: ignore[arg-type]


_LEAF = function("__inference_inner_1", {"path": STRING}, *save("save", "path", inner=True), after=("save",))
_SAVING = (default("path", "model"), text("model", "model"))
_CALLING = (call("call", "__inference_inner_1", "path"), same("saved", "path", "^call"), node("load", "NoOp"))

GRAPHS: Mapping[str, Graph] = {
    # The path is the graph's own
    "default_in_the_main_operator": Graph(_writes(default("path", "here"))),
    "default_in_a_signature": Graph(_answers(default("path", "here"))),
    "default_of_a_default": Graph(_answers(default("other", "here"), default("path", "other"))),
    "default_behind_an_identity": Graph(_writes(default("other", "here"), same("path", "other"))),
    "default_in_a_function": Graph(
        _in_a_function(
            lambda c: (
                text("here", _target(c)),
                default("path", "here:output:0"),
                *save("save", "path:output:0", inner=True),
            )
        )
    ),
    "default_restored": Graph(
        lambda c: Model(
            (
                text("here", str(c.secret)),
                default("path", "here"),
                listed("names", "x"),
                listed("slices", ""),
                node("out", "RestoreV2", "path", "names", "slices", dtypes=kinds(STRING)),
            ),
            outputs=("out:0",),
        ),
        live=False,  # the secret is no checkpoint
    ),
    "default_in_a_table": Graph(lambda c: _reads(c, text("here", str(c.secret)), default("path", "here"))),
    "constant_in_a_table": Graph(lambda c: _reads(c, text("path", str(c.secret)))),
    "input_of_the_signature": Graph(
        lambda c: _reads(c, node("path", "Placeholder", dtype=kind(STRING), shape=shape())), live=False
    ),
    # Between caller and function
    "call": Graph(_given(lambda name: (call("call", name, "here"),))),
    "call_by_a_default": Graph(_given(lambda name: (default("path", "here"), call("call", name, "path")))),
    "call_of_a_call": Graph(_given(lambda name: (call("call", "__inference_outer_2", "here"),), _OUTER)),
    "call_in_a_branch": Graph(_given(_if, _DO_NOTHING)),
    "call_in_a_case": Graph(_given(_case, _DO_NOTHING), live=False),
    "call_by_its_name": Graph(_given(lambda name: (node("call", name, "here"),)), live=False),
    "call_whose_inputs_cannot_be_counted": Graph(_of_many, live=False),
    "call_for_a_gradient": Graph(
        lambda c: Model(
            (*_SAVING, *_CALLING),
            (_LEAF,),
            message((3, message((1, "__inference_inner_1"), (2, "x")))),
            saver=("path:0", "saved:0", "load"),
        ),
        live=False,
    ),
    "call_in_the_place_of_another": Graph(
        lambda c: Model(
            (*_SAVING, *_CALLING),
            (_LEAF + message((5, message((1, "api_implements"), (2, words("twin"))))),),
            saver=("path:0", "saved:0", "load"),
        ),
        live=False,
    ),
    "call_by_an_object": Graph(
        lambda c: Model(
            (*_SAVING, *_CALLING),
            (_LEAF,),
            saver=("path:0", "saved:0", "load"),
            objects=message((1, message((8, message((1, "__inference_inner_1")))))),
        ),
        live=False,
    ),
    # Around what saver_def names
    "saver_with_a_path_of_its_own": Graph(_saver(*save("save", "here"))),
    "saver_that_is_given_another_node": Graph(_saver(same("other", "here"), *save("save", "here"))),
    "saver_that_joins_the_path_to_another": Graph(
        _saver(node("join", "StringJoin", "here", "path", N=number(2)), *save("save", "join")), live=False
    ),
    "saver_that_writes_where_it_reads": Graph(_saver(*save("save", "path")), live=False),
    "saver_whose_separator_climbs": Graph(
        lambda c: Model(
            (
                *_SAVING,
                text("end", ".part"),
                node("join", "StringJoin", "path", "end", N=number(2), separator=words("/../../x")),
                *save("save", "join"),
                same("saved", "path", "^save"),
                node("load", "NoOp"),
            ),
            saver=("path:0", "saved:0", "load"),
        ),
        live=False,
    ),
    "saver_whose_endings_climb_together": Graph(
        lambda c: Model(
            (
                *_SAVING,
                text("dot", "/."),
                text("end", "./x"),
                node("join", "StringJoin", "path", "dot", "end", N=number(3)),
                *save("save", "join"),
                same("saved", "path", "^save"),
                node("load", "NoOp"),
            ),
            saver=("path:0", "saved:0", "load"),
        ),
        live=False,
    ),
    "saver_that_a_signature_runs": Graph(
        lambda c: Model(
            (
                text("model", _target(c)),
                default("path", "model"),
                *save("save", "path"),
                same("saved", "path", "^save"),
                node("load", "NoOp"),
                one("out", "^save"),
            ),
            outputs=("out:0",),
            saver=("path:0", "saved:0", "load"),
        )
    ),
    "saver_that_the_main_operator_runs": Graph(
        lambda c: Model(
            (
                text("model", _target(c)),
                default("path", "model"),
                *save("save", "path"),
                same("saved", "path", "^save"),
                node("load", "NoOp"),
                node("init", "NoOp", "^saved"),
            ),
            run=("init",),
            saver=("path:0", "saved:0", "load"),
        )
    ),
    "saver_that_nobody_runs": Graph(
        _plain(nodes=(text("here", "/etc/x"), default("path", "here"), *save("save", "path"))), live=False
    ),
    # Assets
    "asset_of_a_collection": Graph(_listed_assets, policy="other-files"),
    "asset_that_is_not_given": Graph(_unfed),
    "asset_of_another_output": Graph(
        lambda c: _reads(c, text("path", str(c.secret)), assets=(("path:1", "words.txt"),)), live=False
    ),
    "asset_beside_another_output": Graph(
        lambda c: _reads(
            c,
            text("asset", "words.txt"),
            text("here", str(c.secret)),
            node("both", "IdentityN", "asset", "here", T=kinds(STRING, STRING)),
            path="both:1",
            assets=(("both:0", "words.txt"),),
        ),
        live=False,  # in Python; what serves it in C++ gives one output and takes the other
    ),
    "asset_beside_which_another_is_written": Graph(
        _kept(
            lambda c: node("again", "AssignVariableOp", "variable", "here", "^set", dtype=kind(STRING)),
            after=("^again",),
        )
    ),
    "asset_in_a_variable_of_two_names": Graph(_kept(*_TWIN, after=("^again",))),
    "asset_that_is_a_constant": Graph(lambda c: _object(c, (9, message((1, "here")))), live=False),
    "asset_of_a_class_by_name": Graph(lambda c: _object(c, name="tf.TrackableConstant"), live=False),
    # Two readers of one graph
    "operator_of_fixed_width": Graph(_disguised),
    "function_like_an_operator": Graph(_named_like_an_operator, live=False, policy="form"),
    "node_that_stands_twice": Graph(_plain(nodes=(one("x"), one("x"))), live=False, policy="form"),
    "function_that_stands_twice": Graph(_plain(functions=(_LEAF, _LEAF)), live=False, policy="form"),
    "node_named_like_an_input": Graph(_plain(nodes=(one("x:0"),)), live=False, policy="form"),
    "node_named_like_an_order": Graph(_plain(nodes=(one("^x"),)), live=False, policy="form"),
    "argument_named_like_a_node": Graph(
        _plain(functions=(function("__inference_f_1", {"x": STRING}, text("x", "y")),)), live=False, policy="form"
    ),
    "graph_in_two_halves": Graph(_plain(rest=message((2, message((1, one("y")))))), live=False, policy="form"),
    "saver_in_two_halves": Graph(_plain(rest=message((3, b"")), saver=("a:0", "b:0", "c")), live=False, policy="form"),
    "collection_of_bytes_nobody_knows": Graph(
        _plain(collections={"mine": message((2, message((1, "x"))))}), live=False, policy="form"
    ),
    "collection_of_objects_nobody_knows": Graph(
        _plain(collections={"mine": _packed(_ASSET_TYPE, ("x:0", "words.txt"))}), live=False, policy="form"
    ),
    "collection_of_assets_of_another_kind": Graph(
        _plain(collections={"saved_model_assets": _packed("type.googleapis.com/tensorflow.OpDef", ("x:0", "y"))}),
        live=False,
        policy="form",
    ),
    "collection_of_queues": Graph(
        _plain(collections={"queue_runners": message((2, message((1, message((1, "queue"))))))}),
        live=False,
        policy="form",
    ),
    "collection_that_stands_twice": Graph(
        _plain(rest=message((4, message((1, "a"), (2, nodes_of("x")))), (4, message((1, "a"), (2, nodes_of("y")))))),
        live=False,
        policy="form",
    ),
    "part_of_a_later_version": Graph(_plain(rest=message((8, b""))), live=False, policy="form"),
    "library_of_a_later_version": Graph(_plain(library=message((4, b""))), live=False, policy="form"),
    "handle_of_another_variable": Graph(_handed, live=False),
    "twin_in_pieces": Graph(_plain(files={"saved_model.cpb": b""}), live=False, policy="form"),
    "twin_as_text": Graph(_plain(files={"saved_model.pbtxt": b""}), live=False, policy="form"),
    "twin_of_the_checkpoint": Graph(_plain(files={"variables/variables": b"x"}), live=False, policy="form"),
    "twin_of_the_checkpoint_in_parts": Graph(
        _plain(files={"variables/variables-00000-of-00001": b"x"}), live=False, policy="form"
    ),
}

"""YAML from an untrusted file: its events are counted before any object is built."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from keras2to3.scanner.policies import Policy
from keras2to3.scanner.readers.json_document import MAX_DEPTH, NotJSONError, NotWellFormedError, short

MAX_CHARACTERS = 4 << 20
MAX_NODES = 100_000
MAX_DIGITS = 400  # a float64 has at most 309 before its point

_SAFE = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STANDARD = "tag:yaml.org,2002:"
# What Keras 1 and 2 wrote for tuples, and Python 2 for texts: plain values under another name.
_ALIASES = {
    "python/tuple": "seq",
    "python/list": "seq",
    "python/dict": "map",
    "python/unicode": "str",
    "python/str": "str",
    "python/long": "int",
    "python/int": "int",
    "python/float": "float",
    "python/bool": "bool",
    "python/none": "null",
}
_TAGS = frozenset(_STANDARD + name for name in (*_ALIASES, *_ALIASES.values()))


class _Loader(_SAFE):  # type: ignore[misc, valid-type]  # one of two classes
    """The safe loader, with no dates, no merged mappings, and no key twice."""

    yaml_implicit_resolvers = {  # noqa: RUF012  (PyYAML's own name)
        first: [(tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] not in ("timestamp", "merge")]
        for first, resolvers in _SAFE.yaml_implicit_resolvers.items()
    }


def _unique(loader: Any, node: yaml.MappingNode) -> dict[Any, Any]:
    mapping: dict[Any, Any] = {}
    if not isinstance(node, yaml.MappingNode):
        raise NotWellFormedError("what is tagged as a mapping is none")
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str) or key == "<<":
            raise NotWellFormedError(
                f"the key {short(key, 40)} is not a string, or merges another mapping into this one"
            )
        if key in mapping:
            raise NotWellFormedError(f"the key {short(key, 40)!r} occurs twice in one mapping")
        mapping[key] = loader.construct_object(value_node, deep=True)
    return mapping


def _plain(loader: Any, node: yaml.ScalarNode) -> Any:
    """A number or truth: a long number, in the base of sixty above all, takes time with the square of its length."""
    if len(node.value) > MAX_DIGITS:
        raise NotWellFormedError(f"it holds a number of {len(node.value):,} characters")
    kind = node.tag.removeprefix(_STANDARD)
    kind = _ALIASES.get(kind, kind)
    try:
        return _SAFE.yaml_constructors[_STANDARD + kind](loader, node)
    except (ValueError, OverflowError, LookupError):
        raise NotWellFormedError(f"{short(node.value, 40)!r} is no {kind}") from None


for _kind in ("int", "float", "bool"):
    _Loader.add_constructor(_STANDARD + _kind, _plain)
_Loader.add_constructor(f"{_STANDARD}map", _unique)
_Loader.add_constructor(f"{_STANDARD}seq", lambda loader, node: loader.construct_sequence(node, deep=True))
for _name, _standard in _ALIASES.items():
    _Loader.add_constructor(_STANDARD + _name, _Loader.yaml_constructors[_STANDARD + _standard])


def parse(text: str) -> Mapping[str, Any]:
    """Parse one YAML mapping. Raises NotWellFormedError."""
    if len(text) > MAX_CHARACTERS:
        raise NotWellFormedError(f"it has {len(text):,} characters, more than any model needs", Policy.LIMITS)
    try:
        _require_small(yaml.parse(text, Loader=_SAFE))
        value = yaml.load(text, Loader=_Loader)  # noqa: S506  (a safe loader, made safer)
    except NotWellFormedError:
        raise
    except yaml.YAMLError as error:
        if "max depth" in str(error) or "nesting" in str(error):  # libyaml gives up on its own first
            raise NotWellFormedError(f"it is nested deeper than {MAX_DEPTH} levels", Policy.LIMITS) from None
        raise NotJSONError(f"it is not YAML: {short(str(error).splitlines()[0], 120)}") from None
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits
        raise NotWellFormedError(short(str(error), 120)) from None
    if not isinstance(value, dict):
        raise NotJSONError(f"it is a {type(value).__name__}, not a mapping")
    return value


def _require_small(events: Iterator[yaml.Event]) -> None:
    """Bound what the text would be with every alias written out, and refuse any tag that is no plain value."""
    sizes: dict[str, int] = {}  # of the nodes that have an anchor
    open_nodes: list[tuple[str | None, int]] = []  # anchor, and how many nodes came before
    nodes = documents = 0
    for event in events:
        documents += isinstance(event, yaml.DocumentStartEvent)
        if isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            anchor, before = open_nodes.pop()
            sizes.update({} if anchor is None else {anchor: nodes - before})
        elif isinstance(event, yaml.AliasEvent):
            nodes += _aliased(event, sizes)
        elif isinstance(event, yaml.NodeEvent):
            _require_plain(event)
            nodes += 1
            if isinstance(event, yaml.CollectionStartEvent):
                open_nodes.append((event.anchor, nodes - 1))
            elif event.anchor is not None:
                sizes[event.anchor] = 1
        if nodes > MAX_NODES or len(open_nodes) > MAX_DEPTH:
            raise NotWellFormedError(f"it holds more than {MAX_NODES:,} values or {MAX_DEPTH} levels", Policy.LIMITS)
    if documents > 1:
        raise NotWellFormedError(f"it holds {documents} documents: cut it at the lines `---`, one file for each model")


def _aliased(event: yaml.AliasEvent, sizes: Mapping[str, int]) -> int:
    if event.anchor not in sizes:
        raise NotWellFormedError("a value holds itself", Policy.LIMITS)
    return sizes[event.anchor]


def _require_plain(event: Any) -> None:
    tag = event.tag
    if tag not in (None, "!") and tag not in _TAGS:
        raise NotWellFormedError(f"the tag {short(tag, 60)} would make a Python object, which is never made")

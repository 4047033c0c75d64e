"""Attacks on the readers of JSON and YAML."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.attacks.canary import Canary
from tests.models.hdf5_files import dense, sequential

_DEEP = 100_000
_START = '{"class_name": "Sequential", "config": '


@dataclass(frozen=True)
class Hostile:
    """A text, and the policy that must be named for it."""

    policy: str
    make: Callable[[Canary], str]


def _text(policy: str, text: str) -> Hostile:
    return Hostile(policy, lambda canary: text)


JSON: Mapping[str, Hostile] = {
    "deep_lists": _text("limits", _START + "[" * _DEEP + "]" * _DEEP + "}"),
    "deep_objects": _text("limits", _START + '{"a":' * _DEEP + "1" + "}" * _DEEP + "}"),
    "just_too_deep": _text("limits", _START + "[" * 150 + "]" * 150 + "}"),
    "a_million_lists": _text("limits", _START + '{"layers": [' + "[]," * 10**6 + "[]]}}"),
    "endless_number": _text("form", _START + '{"seed": ' + "9" * 10_000 + "}}"),
    "twice_the_same_key": _text(
        "form", '{"class_name": "Sequential", "class_name": "Lambda", "config": {"layers": []}}'
    ),
    "name_without_end": _text("limits", json.dumps(sequential(dense("x" * 5_000)))),
    "class_without_end": _text("limits", json.dumps(sequential({**dense(), "class_name": "X" * 5_000}))),
    "twice_the_same_key_inside": _text("form", _START + '{"name": "s", "layers": [], "layers": []}}'),
    "twice_but_for_an_escape": _text("form", _START + '{"name": "s", "layers": [], "l\\u0061yers": []}}'),
}

_MODEL = json.dumps(sequential(dense()))
_TAIL = 'backend: tensorflow\nkeras_version: "2.15.0"\n'


def _yaml(layers: str) -> str:
    return f"class_name: Sequential\nconfig:\n  name: sequential\n  layers: {layers}\n{_TAIL}"


def _bomb() -> str:
    """Nine levels of nine aliases each: a billion words in a few lines."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    return "\n".join(lines) + "\n" + _yaml("*a9")


YAML: Mapping[str, Hostile] = {
    "tag_that_calls": Hostile("form", lambda c: _yaml(f"!!python/object/apply:os.system ['touch {c.mark}']")),
    "tag_that_makes": Hostile("form", lambda c: _yaml(f"!!python/object/new:io.FileIO [{str(c.mark)!r}, 'w']")),
    "tag_of_a_name": _text("form", _yaml("!!python/name:os.system ''")),
    "tag_of_a_module": _text("form", _yaml("!!python/module:antigravity ''")),
    "tag_two_deep": Hostile(
        "form",
        lambda c: _yaml(
            "\n  - class_name: Sequential\n    config:\n      layers:\n      - class_name: Dense\n        config:\n"
            f"          units: !!python/object/apply:os.system ['touch {c.mark}']"
        ),
    ),
    "tag_of_its_own": _text("form", _yaml("!evil {a: 1}")),
    "alias_bomb": _text("limits", _bomb()),
    "alias_of_itself": _text("limits", _yaml("&a [*a]")),
    "merge_key": _text("form", "base: &b {class_name: Lambda}\n<<: *b\n" + _yaml("[]")),
    "twice_the_same_key": _text("form", "class_name: Model\n" + _yaml("[]")),
    "number_in_the_base_of_sixty": _text("form", _yaml("1" + ":1" * 100_000)),
    "fraction_beyond_all": _text("form", _yaml("1" + ":1" * 190 + ".5")),
    "hexadecimal_number_without_end": _text("form", _yaml("0x" + "f" * 100_000)),
    "number_that_is_none": _text("form", _yaml("!!int ''")),
    "mapping_that_is_none": _text("form", _yaml("!!map [a, b]")),
    "deep": _text("limits", _yaml("[" * 20_000 + "]" * 20_000)),
    "deep_blocks": _text("limits", _yaml("\n" + "\n".join("  " * n + "-" for n in range(2, 1200)))),
}

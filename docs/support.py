"""The rules as Markdown: the figures of the README, the summary and the full list of `docs/supported.md`."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from importer import decompositions
from importer.decompositions import calls, layers
from importer.decompositions.activations import ACTIVATIONS
from translation import operators
from translation.keras2_to_3 import rules
from translation.verbs import Rule, Verb

_RANK = re.compile(r"(?P<before>\w*?)(?P<rank>[123]D)(?P<after>\w*)")


@dataclass(frozen=True)
class Family:
    """The rules of one module: `kind` is the namespace below `keras`, `about` the module's first sentence."""

    name: str
    kind: str
    about: str
    rules: tuple[Rule, ...]

    @property
    def title(self) -> str:
        """What the family is called on the pages."""
        if self.kind == "legacy_optimizers":
            return "keras.optimizers.legacy"
        return self.name if self.kind == "layers" else f"keras.{self.kind}"

    @property
    def is_of_training(self) -> bool:
        """Whether it is about how a model is compiled, and not about what it computes."""
        return self.kind in ("legacy_optimizers", "losses", "metrics", "optimizers", "optimizers.schedules")


def families() -> list[Family]:
    """All modules with rules: of layers first, of what they are configured with, of what a model is compiled with."""
    found = []
    for module in pkgutil.walk_packages(rules.__path__, f"{rules.__name__}."):
        content = importlib.import_module(module.name)
        if hasattr(content, "RULES"):
            name = module.name.rpartition(".")[2]
            found.append(Family(name, content.KIND, sentence(content.__doc__), tuple(content.RULES)))
    return sorted(found, key=lambda family: (family.is_of_training, family.kind != "layers", family.title))


def described_decompositions() -> list[tuple[str, str, str]]:
    """Each decomposition by name, with its kind and the sentence that says what Keras 2 did."""
    modules = [(calls.__name__, "call"), (layers.__name__, "layer")]
    return [
        *(
            (name, kind, sentence(decompositions.module(package, name).__doc__))
            for package, kind in modules
            for name in sorted(decompositions.modules(package))
        ),
        *((each.name, "activation", each.about) for each in ACTIVATIONS.values()),
    ]


def counts() -> str:
    """How many classes are migrated unchanged, translated or refused, and how many operators are known."""
    held = [rule for family in families() for rule in family.rules if not family.is_of_training]
    trained = [rule for family in families() for rule in family.rules if family.is_of_training]
    refused = sum(bool(rule.refused) for rule in held)
    unchanged = sum(map(keeps_its_class, held))
    translated = len(held) - unchanged - refused
    known = len({operator.names for operator in operators.table().values()})
    return (
        f"Of {len(held)} classes of Keras 2 and TensorFlow Addons, {unchanged} exist unchanged in Keras 3,\n"
        f"{translated} are translated into Keras 3 layers and ops, and {refused} are refused.\n"
        f"{known} TensorFlow functions become `keras.ops`.\n"
        f"{len(trained)} optimizers, schedules, losses and metrics of Keras 2 are known by their names."
    )


def table() -> str:
    """One row a family: what is the same in Keras 3, what is translated and how, what is refused."""
    rows = [(family.title, _kept(family), _translated(family), _limited(family)) for family in families()]
    return markdown(("", "unchanged", "translated", "refused"), [row for row in rows if any(row[1:])])


def refusals() -> str:
    """The classes that are refused whatever their keys: why, and what the user can do instead."""
    rows: dict[tuple[str, str], list[str]] = {}
    for rule in (rule for family in families() for rule in family.rules if rule.refused):
        rows.setdefault((rule.refused, rule.instead), []).append(rule.name)
    return markdown(("class", "why", "instead"), [(", ".join(names), *told) for told, names in rows.items()])


def listing() -> str:
    """Every rule with every key it decides, by family, and the decompositions."""
    parts = [f"### {family.title}\n\n{family.about}\n\n{_keys(family)}" for family in families()]
    rows = [(f"`{name}`", kind, text) for name, kind, text in described_decompositions()]
    parts.append("### Decompositions\n\n" + markdown(("decomposition", "of a", "what it is for"), rows))
    return "\n\n".join(parts)


def keeps_its_class(rule: Rule) -> bool:
    """True where Keras 3's own layer of that name takes over, with at most a few values refused."""
    plain = replace(rule, verbs=(), source=None, examples=(), quiet=(), takes=frozenset()) == Rule(rule.name)
    return plain and all(verb.label == "same" or _is_limit(verb) for verb in rule.verbs)


def _kept(family: Family) -> str:
    return ", ".join(short_names([rule.name for rule in family.rules if keeps_its_class(rule)]))


def _translated(family: Family) -> str:
    changed = (rule for rule in family.rules if not keeps_its_class(rule) and not rule.refused)
    return _together((rule.name, _how(rule)) for rule in changed)


def _limited(family: Family) -> str:
    """The values at which a class is refused that is migrated otherwise."""
    return _together((rule.name, _limits(rule)) for rule in family.rules)


def _together(told: Iterable[tuple[str, str]]) -> str:
    """Classes of which the same is told stand together; those of which nothing is told do not stand at all."""
    classes: dict[str, list[str]] = {}
    for name, text in told:
        classes.setdefault(text, []).append(name)
    return "<br>".join(f"{', '.join(short_names(names))}: {text}" for text, names in classes.items() if text)


def _how(rule: Rule) -> str:
    parts = _fate(rule)
    others = [verb for verb in rule.verbs if verb.label != "same" and not _is_limit(verb)]
    # The reason in parentheses or after "because" is left to the full list.
    parts += _by_label((verb.key, re.split(r", because | \(", verb.label)[0]) for verb in others)
    parts += ["variables renamed"] if rule.variables else []
    parts += ["trains otherwise"] if rule.otherwise else []
    parts += _decompositions(rule)
    return "; ".join(parts)


def _fate(rule: Rule) -> list[str]:
    """What becomes of the class as a whole."""
    told = {"becomes": rule.becomes, "dropped:": rule.dropped, "refused:": rule.refused, "instead:": rule.instead}
    return [f"{word} {text}" for word, text in told.items() if text]


def _limits(rule: Rule) -> str:
    limits = [(verb.key, verb.label.removeprefix("only ")) for verb in rule.verbs if _is_limit(verb)]
    return "; ".join(_by_label((key, f"other than {label}") for key, label in limits))


def _by_label(labelled: Iterable[tuple[str, str]]) -> list[str]:
    keys: dict[str, list[str]] = {}
    for key, label in labelled:
        keys.setdefault(label, []).append(f"`{key}`")
    return [f"{', '.join(names)} {_code(label)}" for label, names in keys.items()]


def _keys(family: Family) -> str:
    """Classes whose rules say the same share a row."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for rule in family.rules:
        rows.setdefault((_same(rule), _decided(rule), str(rule.source or "")), []).append(rule.name)
    cells = [(", ".join(short_names(names)), *row) for row, names in rows.items()]
    return markdown(("class", "keys that stay", "what does not", "proof in Keras"), cells)


def _same(rule: Rule) -> str:
    return ", ".join(f"`{verb.key}`" for verb in rule.verbs if verb.label == "same")


def _decided(rule: Rule) -> str:
    parts = _fate(rule)
    parts += [f"`{verb.key}`: {_code(verb.label)}" for verb in rule.verbs if verb.label != "same"]
    parts += [f"variable `{old}` is `{new}`" for old, new in rule.variables.items()]
    parts += _decompositions(rule)
    parts += [f"trains otherwise: {rule.otherwise}"] if rule.otherwise else []
    parts += [f"takes {' and '.join(sorted(rule.takes))} tensors"] if rule.takes else []
    return "; ".join(parts)


def _decompositions(rule: Rule) -> list[str]:
    return [f"decomposition `{name}`" for name in (rule.decomposition, rule.composed) if name]


def short_names(names: Iterable[str]) -> list[str]:
    """`Conv1D`, `Conv2D` and `Conv3D` as `Conv1D/2D/3D`; other names as they are, in the order given."""
    ranks: dict[tuple[str, str], list[str]] = {}
    for name in names:
        match = _RANK.fullmatch(name)
        before, rank, after = match.group("before", "rank", "after") if match else (name, "", "")
        ranks.setdefault((before, after), []).append(rank)
    return [f"{before}{'/'.join(found)}{after}" for (before, after), found in ranks.items()]


def _is_limit(verb: Verb) -> bool:
    return verb.label.startswith("only ")


def sentence(docstring: str | None) -> str:
    """The first paragraph of a module's docstring, on one line."""
    return " ".join((docstring or "").split("\n\n")[0].split())


def _code(label: str) -> str:
    """A label with its values set as code: what stands in quotes, None, True and False."""
    return re.sub(r"('[^']*'|\b(?:None|True|False)\b)", r"`\1`", label)


def markdown(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table; a bar within a cell does not end it."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)

"""A parser that accepts no abbreviations of options and suggests the nearest option."""

from __future__ import annotations

import argparse
import contextlib
import contextvars
import difflib
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NoReturn

from interchange.text import escaped

_CLOSE = 0.6  # the least similarity of a suggestion, as difflib measures it
_MOST = 3
_NOTHING: tuple[Any, ...] = (None, [])  # what an option or a list of sources is that was not given


_RAISES = contextvars.ContextVar("_RAISES", default=False)


class UsageProblem(Exception):
    """A usage error, where it does not end the process."""


@contextlib.contextmanager
def raising() -> Iterator[None]:
    """In the block, a usage error raises `UsageProblem`."""
    token = _RAISES.set(True)
    try:
        yield
    finally:
        _RAISES.reset(token)


class Parser(argparse.ArgumentParser):
    """Ends the process with the usage of the command after any usage error.

    An abbreviation could mean another option once a new one is added. Nor may a word after a misspelt
    option become its value or a source.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, **settings)
        self.verbs: dict[str, Parser] = {}
        """The parsers of all commands, to recognise options of another one."""

    def parse_known_args(  # type: ignore[override]  # argparse overloads it by the namespace
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """As argparse does, but an unknown option is an error.

        Of a command, `given` are the options in the words, and `words` the texts of each long one by its name.
        """
        if args is not None:
            self._refuse_unknown(list(_long_options(args, whole=self._subparsers is None)))
        if self._subparsers is None:
            namespace = argparse.Namespace(**{action.dest: None for action in self._settable()})
        parsed, rest = super().parse_known_args(args, namespace)
        if self._subparsers is None:
            parsed.given = tuple(
                action.dest for action in self._settable() if getattr(parsed, action.dest) not in _NOTHING
            )
            parsed.words = self._texts(args or ())
            for action in self._settable():
                if action.dest not in parsed.given:
                    setattr(parsed, action.dest, action.default)
        self._refuse_unknown(rest)
        return parsed, rest

    def _texts(self, words: Sequence[str]) -> dict[str, list[str]]:
        """The values of the long options among words that argparse has accepted, in their order."""
        texts: dict[str, list[str]] = {}
        rest = iter(words)
        for option in _long_options(rest, whole=True):
            name, equals, value = option.partition("=")
            found = texts.setdefault(name[2:], [])
            if self._option_string_actions[name].nargs != 0:
                found.append(value if equals else next(rest))
        return texts

    def _settable(self) -> Sequence[argparse.Action]:
        return [action for action in self._actions if action.dest not in (argparse.SUPPRESS, "help")]

    def error(self, message: str) -> NoReturn:
        """As argparse does, but in one line, because names of files may contain control characters."""
        if _RAISES.get():
            raise UsageProblem(message)
        super().error(escaped(message))

    def options(self) -> Iterator[argparse.Action]:
        """Its options, each once."""
        return iter(dict.fromkeys(self._option_string_actions.values()))

    def _refuse_unknown(self, words: Sequence[str]) -> None:
        unknown = [option for option in (word.partition("=")[0] for word in words) if not self._knows(option)]
        if unknown:
            self.error("; ".join(map(self._unknown_message, unknown)))

    def _knows(self, option: str) -> bool:
        return option in self._option_string_actions

    def _unknown_message(self, option: str) -> str:
        others = [name for name, verb in self.verbs.items() if verb._knows(option)]  # noqa: SLF001  (of its own class)
        if others:
            return f"{option} is an option of {' and '.join(others)}"
        suggestions = suggested(option, [name for name in self._option_string_actions if name.startswith("--")])
        return f"unknown option {option}" + (f", did you mean {' or '.join(suggestions)}?" if suggestions else "")


def suggested(option: str, known: Collection[str]) -> list[str]:
    """Suggestions for an unknown option, the likeliest first: those that begin with it, contain it, or are similar."""
    word = option.lstrip("-")
    begun = sorted(name for name in known if word and name.lstrip("-").startswith(word))
    holding = sorted(name for name in known if len(word) > 2 and word in name.split("-"))
    return (begun or holding or difflib.get_close_matches(option, sorted(known), _MOST, _CLOSE))[:_MOST]


def _long_options(words: Iterable[str], *, whole: bool) -> Iterator[str]:
    """The long options among the words, up to `--`, and up to the command unless the words are all of one command."""
    for word in words:
        if word == "--" or not (whole or word.startswith("-")):
            return
        if word.startswith("--"):
            yield word

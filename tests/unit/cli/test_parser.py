"""Misspelt and shortened options: none is guessed, and each is told with the one that may be meant."""

from __future__ import annotations

import itertools

import pytest

from interchange.errors import Exit
from keras2to3.cli import arguments, command_line
from keras2to3.cli.parser import Parser, suggested

VERBS = ("migrate", "rollback", "roundtrip", "check", "inspect")


def options_of(verb: str) -> list[str]:
    parser = arguments.build_parser()
    with pytest.raises(SystemExit):
        parser.parse_args([verb, "--no-such-option"])
    found = parser.parse_args([verb, "a.h5"]).parser
    assert isinstance(found, Parser)
    return [name for name in found._option_string_actions if name.startswith("--")]


ALL = [(verb, option) for verb in VERBS for option in options_of(verb)]
KNOWN = {option for _, option in ALL}


def told(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What a usage is refused with."""
    with pytest.raises(SystemExit) as ended:
        command_line.check_words(words)
    assert ended.value.code == Exit.USAGE
    return capsys.readouterr().err


@pytest.mark.parametrize(("verb", "option"), ALL)
def test_no_option_has_a_shorter_name(verb: str, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    for end in range(3, len(option)):
        short = option[:end]
        if short in KNOWN:  # of this command, or told as one of another
            continue
        forms = ([short, "a.h5"], [f"{short}=a.h5"], ["a.h5", short], [f"{short}=a b", "a.h5"])
        text = told([verb, *forms[end % len(forms)]], capsys)  # each form for some of the shorter names
        assert f"unknown option {short}, did you mean " in text
        assert any(meant.startswith(short) for meant in text.rpartition("did you mean ")[2].split())
        assert f"usage: keras2to3 {verb} " in text


@pytest.mark.parametrize(("verb", "option"), ALL)
def test_a_misspelt_option_is_told_with_the_one_that_is_meant(verb: str, option: str) -> None:
    known = options_of(verb)
    for at in range(4, len(option) - 1):
        dropped, doubled = option[:at] + option[at + 1 :], option[:at] + option[at] + option[at:]
        swapped = option[:at] + option[at + 1] + option[at] + option[at + 2 :]
        for misspelt in {dropped, doubled, swapped} - set(known):
            assert option in suggested(misspelt, known), misspelt


def test_an_option_of_another_verb_is_told_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    for verb, (other, option) in itertools.product(VERBS, ALL):
        if option not in options_of(verb):
            assert f"{option} is an option of " in told([verb, "a.h5", option], capsys)
            assert other in VERBS


def test_a_short_option_is_none_of_a_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert "unknown option -o" in told(["migrate", "a.h5", "-o", "b"], capsys)
    assert "did you mean --version?" in told(["--verison"], capsys)


def test_what_follows_two_dashes_is_a_source_whatever_it_looks_like() -> None:
    parsed = command_line.parse(["inspect", "--", "--output", "-o"])
    assert [str(source) for source in parsed.sources] == ["--output", "-o"]


@pytest.mark.parametrize("verb", VERBS)
def test_help_reads_nothing_and_needs_the_standard_library_alone(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    for word in ("--help", "-h"):
        with pytest.raises(SystemExit) as ended:
            command_line.check_words([verb, "nowhere.h5", word])
        assert ended.value.code == 0
        assert f"usage: keras2to3 {verb} " in capsys.readouterr().out


def test_words_are_checked_without_reading_the_files_they_name() -> None:
    named = ["--replace", "a=none.py:f", "--custom-objects", "none.py", "--map", "none.json", "--inputs", "none.npz"]
    command_line.check_words(["migrate", "a.h5", *named, "--architecture", "none.py:f"])


@pytest.mark.parametrize(
    "words",
    ["--replace a=none.py:f", "--custom-objects none.py", "--map none.json", "--inputs none.npz",
     "--architecture none.py:f", "--replace=", "--custom-objects=", "--map=", "--inputs="],
)  # fmt: skip
def test_a_named_file_that_cannot_be_read_is_a_wrong_usage(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command_line.parse(["migrate", "a.h5", *words.split()])
    assert ended.value.code == Exit.USAGE
    option = words.replace("=", " ").split()[0]
    assert f"keras2to3 migrate: error: argument {option}: " in capsys.readouterr().err

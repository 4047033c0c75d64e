"""What a configuration says, and how it is told what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interchange.errors import Exit, Failure
from keras2to3.cli import command_line, main
from keras2to3.config.settings import SETTINGS
from keras2to3.options.by_source import OptionsBySource
from keras2to3.options.commands import CheckOptions, InspectOptions, Options, RollbackOptions


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(text: str, name: str = "keras2to3.toml") -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")


def parsed(words: str = "migrate") -> Any:
    return command_line.parse(words.split())


def told(capsys: pytest.CaptureFixture[str], words: str = "migrate a.h5") -> list[str]:
    """The lines about an invalid configuration, with which the command ends."""
    with pytest.raises(SystemExit) as ended:
        main.main(words.split())
    assert ended.value.code == Exit.USAGE
    return capsys.readouterr().err.splitlines()


# What it says


def test_settings_of_all_models() -> None:
    write(
        'sources = ["models", "more/*.h5"]\noutput-dir = "out"\nrtol = 1e-3\njobs = 2\nexclude = ["old"]\nmemory = 2\n'
    )
    options = parsed()
    assert isinstance(options, Options)
    assert (options.sources, options.output_dir) == ((Path("models"), Path("more/*.h5")), Path("out"))
    assert (options.rtol, options.jobs, options.memory) == (1e-3, 2, 2 << 30)
    assert [pattern.text for pattern in options.exclude] == ["old"]
    assert options.configuration == Path("keras2to3.toml")


def test_settings_of_one_model() -> None:
    np.savez("one.npz", x=np.zeros(3))
    write('atol = 0.5\n[[model]]\nmatch = "fraud/**"\ninputs = "one.npz"\ninputs-only = true\n')
    own = OptionsBySource(parsed("migrate a.h5"))
    assert own.of(Path("fraud/a.h5")).inputs == Path("one.npz")
    assert own.of(Path("fraud/a.h5")).inputs_only is True
    assert own.of(Path("fraud/a.h5")).atol == 0.5
    assert own.of(Path("a.h5")).inputs is None


def test_the_table_of_a_project_file() -> None:
    table = '[tool.keras2to3]\nrtol = 0.5\n[[tool.keras2to3.model]]\nmatch = "a.h5"\n'
    write(f'[project]\nname = "x"\n{table}', "pyproject.toml")
    assert parsed("migrate a.h5").rtol == 0.5
    assert parsed("migrate a.h5").models[0].match.text == "a.h5"


def test_rules_for_the_exit_code() -> None:
    write('allow = ["refused:Lambda", "differs"]\nfail-on = ["weak,training-only"]\n')
    assert parsed("migrate a.h5").allow == ("refused:Lambda", "differs")
    assert parsed("migrate a.h5").fail_on == ("weak", "training-only")
    assert parsed("migrate a.h5 --allow refused").allow == ("refused",)


def test_files_for_ci_and_pages() -> None:
    write(
        'junit = "ci/junit.xml"\nsarif = "all.sarif"\ngitlab = "quality.json"\nno-html = true\n', "sub/keras2to3.toml"
    )
    options = parsed("migrate a.h5 --config sub/keras2to3.toml")
    assert (options.junit, options.sarif, options.gitlab) == (
        Path("sub/ci/junit.xml"),
        Path("sub/all.sarif"),
        Path("sub/quality.json"),
    )
    assert options.html is False
    assert parsed("check a.h5 --config sub/keras2to3.toml --junit other.xml").junit == Path("other.xml")
    write("no-html = false\n")
    assert parsed("migrate a.h5").html is True
    assert parsed("migrate a.h5 --no-html").html is False


def test_options_are_kept_as_they_are_written_with_their_places() -> None:
    write('rtol = 1\nflat = true\nbudget = 9\n[[model]]\nmatch = "a.h5"\nrtol = 2\natol = 3\n')
    own = OptionsBySource(parsed("migrate a.h5 --atol=5 --jobs 2 --allow refused --allow differs"))
    told = {one.name: (one.value, one.place) for one in own.of(Path("a.h5")).settings}
    assert told["rtol"] == (2, "keras2to3.toml:6")
    assert told["atol"] == (5.0, "command line")
    assert told["budget"] == (9, "keras2to3.toml:3")
    assert told["allow"] == (["refused", "differs"], "command line")
    assert "jobs" not in told
    assert {one.name: one.value for one in own.of_run.settings}["rtol"] == 1


def test_the_command_line_wins() -> None:
    for name in ("one.npz", "two.npz"):
        np.savez(name, x=np.zeros(3))
    model = '[[model]]\nmatch = "a.h5"\ninputs = "one.npz"\n'
    write(f'sources = ["models"]\nrtol = 0.5\nbudget = 9\nkeep-bundles = true\n{model}')
    options = parsed("migrate b.h5 --rtol 0 --budget 300 --inputs two.npz")
    assert (options.sources, options.rtol, options.budget, options.keep_bundles) == ((Path("b.h5"),), 0.0, 300.0, True)
    assert OptionsBySource(options).of(Path("a.h5")).inputs == Path("two.npz")


def test_a_function_takes_the_place_of_an_architecture_and_the_other_way_round() -> None:
    write("def build():\n    pass\n", "build.py")
    write("{}", "net.json")
    write('architecture = "build.py:build"\n[[model]]\nmatch = "a.h5"\narchitecture = "net.json"\n')
    own = OptionsBySource(parsed("migrate a.h5"))
    assert own.of(Path("b.h5")).builder.function == "build"
    assert (own.of(Path("a.h5")).builder, own.of(Path("a.h5")).architecture) == (None, Path("net.json"))
    options = parsed("migrate a.h5 --architecture net.json")
    assert (options.builder, options.architecture) == (None, Path("net.json"))


def test_root_and_flat_take_the_place_of_each_other() -> None:
    Path("models").mkdir()
    write('root = "models"\n')
    assert parsed("migrate a.h5 --flat").root is None
    write("flat = true\n")
    assert parsed("migrate a.h5 --root models").flat is False


def test_each_command_takes_what_is_for_it() -> None:
    write('sources = ["models"]\noutput-dir = "out"\nscan-timeout = 5\nno-optimizer = true\nwritten-by = "2.2.4"\n')
    check, inspect, rollback = parsed("check"), parsed("inspect"), parsed("rollback a.keras")
    assert isinstance(check, CheckOptions)
    assert (check.sources, check.output_dir, check.written_by) == ((Path("models"),), Path("out"), "2.2.4")
    assert isinstance(inspect, InspectOptions)
    assert (inspect.sources, inspect.scan_timeout) == ((Path("models"),), 5.0)
    assert isinstance(rollback, RollbackOptions)
    assert (rollback.output_dir, rollback.no_optimizer) == (Path("rolled-back"), True)


@pytest.mark.parametrize("words", ["rollback", "check --back", "migrate --no-config"])
def test_sources_of_keras_2_are_none_of_keras_3(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    write('sources = ["models"]\n')
    assert "required: SOURCE" in " ".join(told(capsys, words))


# Which file it is


def test_the_nearest_one_wins_and_paths_are_relative_to_it(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    write('sources = ["models"]\nrtol = 0.5\n', "project/keras2to3.toml")
    write("rtol = 0.25\n")
    Path("project/deep/er").mkdir(parents=True)
    monkeypatch.chdir("project/deep/er")
    options = parsed()
    assert (options.rtol, options.sources) == (0.5, (here / "project" / "models",))


def test_our_own_file_comes_first_in_one_folder() -> None:
    write("rtol = 0.5\n")
    write("[tool.keras2to3]\nrtol = 0.25\n", "pyproject.toml")
    assert parsed("migrate a.h5").rtol == 0.5


@pytest.mark.parametrize("text", ["[project]\nname = 'keras2to3'\n", "[project\n"])
def test_a_project_file_without_our_table_is_passed_over(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write("rtol = 0.5\n")
    write(text, "project/pyproject.toml")
    monkeypatch.chdir("project")
    assert parsed("migrate a.h5").rtol == 0.5


def test_one_that_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    write("rtol = 0.5\n")
    write('rtol = 0.25\nsources = ["models"]\n', "ci/settings.toml")
    assert parsed("migrate --config ci/settings.toml").rtol == 0.25
    assert parsed("migrate --config ci/settings.toml").sources == (Path("ci/models"),)
    assert parsed("migrate a.h5 --no-config").rtol is None
    assert told(capsys, "migrate a.h5 --config nowhere.toml") == ["nowhere.toml: is not a file"]
    write("[project]\n", "other/pyproject.toml")
    lines = told(capsys, "migrate a.h5 --config other/pyproject.toml")
    assert lines == ["other/pyproject.toml: has no table [tool.keras2to3]"]
    assert "not allowed with" in told(capsys, "migrate a.h5 --config a --no-config")[-1]


def test_the_words_are_checked_without_reading_it() -> None:
    with pytest.raises(SystemExit):
        command_line.check_words(["migrate"])
    write("no toml")
    command_line.check_words(["migrate"])
    with pytest.raises(SystemExit):
        command_line.check_words(["migrate", "--no-config"])


# What is wrong with it

WRONG = {
    "rtoll = 1": "1: rtoll is not a setting, did you mean rtol",
    "output_dir = 'x'": "1: output_dir is not a setting, did you mean output-dir?",
    "zzz = 1": "1: zzz is not a setting",
    "\nrtol = 'a lot'": "2: rtol has to be a number, not 'a lot'",
    "rtol = true": "1: rtol has to be a number, not true",
    "rtol = -1": "1: rtol: '-1' is no finite number from 0 on",
    "rtol = nan": "1: rtol: 'nan' is no finite number from 0 on",
    "jobs = 1.5": "1: jobs: '1.5' is no whole number from 1 on",
    "flat = 1": "1: flat has to be true or false, not 1",
    "sources = 'models'": "1: sources has to be a list of paths, not empty, not 'models'",
    "sources = []": "1: sources has to be a list of paths, not empty, not []",
    "sources = [1]": "1: sources has to be a list of paths, not empty, not [1]",
    'part = ""': "1: part has to be a text, not ''",
    'inputs = "a\\u0000b"': "1: inputs has to be the path of a file or folder, not 'a\\x00b'",
    "inputs = 'nowhere.npz'": "1: inputs: nowhere.npz is not an .npz file: No such file or directory",
    "junit = '../x'": "1: junit: ../x is not below the folder of the configuration: name it on the command line",
    "sarif = '/x.json'": "1: sarif: /x.json is not below the folder of the configuration: name it on the command line",
    "gitlab = '.'": "1: gitlab: . is a folder: name a file",
    "root = 'nowhere'": "1: root: nowhere is not a folder",
    "custom-objects = 'nowhere.py'": "1: custom-objects: nowhere.py cannot be read: No such file or directory",
    "replace = ['x']": "1: replace: 'x' is not of the form layer=file.py:function",
    "exclude = ['..']": "1: exclude: '..' is not a pattern: write a name such as archive, or a path such as models/old",
    "format = 'h5'": "1: format: 'h5' is none of keras, weights",
    "fail-on = ['weka']": "1: fail-on: ",
    "trust = true": "1: trust: --trust can only be given on the command line",
    "keras2-python = 'x'": "1: keras2-python: --keras2-python can only be given on the command line",
    "model = 1": "1: model has to be a list of tables: write [[model]]",
    "[model]\nmatch = 'a'": "1: model has to be a list of tables: write [[model]]",
    "[[model]]\nrtol = 1": "1: model: has no match: a pattern for the paths of its sources",
    "[[model]]\nmatch = 1": "2: model: match has to be a text, not 1: a pattern for the paths of its sources",
    "[[model]]\nmatch = ''": "2: model.match: '' is not a pattern: write a name such as archive, or a path such as ",
    "[[model]]\nmatch = 'a'\njobs = 1": "3: model.jobs: jobs holds for all models: put it before the first [[model]]",
    "[[model]]\nmatch = 'a'\n\nrtoll = 1": "4: model.rtoll is not a setting, did you mean rtol",
    "[[model]]\nmatch = 'a/*'\n[[model]]\nmatch = './a/*'": (
        "4: './a/*' is the match of another model in line 2: put them together"
    ),
    "[tool.keras2to3]\nrtol = 1": "1: tool: the settings of a file of its own stand without [tool.keras2to3]",
    "rtol = 1\nrtol = 2": "2: is not TOML: Cannot overwrite a value",
    "rtol = ": "1: is not TOML: Invalid value",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_told_with_file_line_and_key(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    write(text)
    (line,) = told(capsys)
    expected = WRONG[text]
    assert line.startswith(f"keras2to3.toml:{expected}")


def test_everything_that_is_wrong_is_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    write('rtoll = 1\n\natol = "x"\n[[model]]\nmatch = "a"\nrtol = [\n  1,\n]\n[[model]]\nmacth = "b"\n')
    numbers = [line.split(":")[1] for line in told(capsys)]
    assert numbers == ["1", "3", "6", "9", "10"]


def test_a_project_file_is_told_with_its_own_lines(capsys: pytest.CaptureFixture[str]) -> None:
    write('[project]\ndependencies = [\n  "a=1",\n]\n[tool.keras2to3]\n# ours\nrtoll = 1\n', "pyproject.toml")
    assert told(capsys) == ["pyproject.toml:7: rtoll is not a setting, did you mean rtol or atol?"]


def test_what_is_no_text(capsys: pytest.CaptureFixture[str]) -> None:
    file = Path("keras2to3.toml")
    file.write_bytes(b"rtol = 1\n# \xff\n")
    assert told(capsys) == ["keras2to3.toml:2: is not UTF-8"]
    file.write_text("a = " + "[" * 100_000)
    assert told(capsys)[0].startswith("keras2to3.toml: is ")
    with file.open("wb") as stream:
        stream.truncate(100 << 20)
    assert told(capsys) == ["keras2to3.toml: is larger than 1 MiB, so it is no configuration"]
    file.unlink()
    file.mkdir()
    assert told(capsys) == ["keras2to3.toml: is not a file"]


def test_names_with_control_characters_are_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    write('"a\\u001b[31m" = 1\n')
    assert "\x1b" not in told(capsys)[0]


def test_options_of_two_entries_that_contradict_each_other_end_the_run() -> None:
    write('[[model]]\nmatch = "a/*"\npart = "x"\n[[model]]\nmatch = "a/b.h5"\ninputs-only = true\n')
    own = OptionsBySource(parsed("migrate a/b.h5"))
    with pytest.raises(Failure, match=r"keras2to3.toml:2 and keras2to3.toml:5: --inputs-only needs") as ended:
        own.of(Path("a/b.h5"))
    assert ended.value.code is Exit.USAGE


def test_every_setting_is_an_option() -> None:
    from keras2to3.cli.arguments import build_parser
    from keras2to3.config.reading import all_actions

    actions = all_actions(list(build_parser().parse_args(["migrate"]).parser.verbs.values()))
    assert actions.keys() >= SETTINGS.keys()

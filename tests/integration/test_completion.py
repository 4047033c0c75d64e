"""The completion scripts: written for each shell, whole where the shell is on this machine, and right in bash."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from interchange.errors import Exit
from keras2to3.cli import main
from keras2to3.cli.completion import SHELLS


def script(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        main.main(["--print-completion", shell])
    assert ended.value.code in (None, 0)
    return capsys.readouterr().out


@pytest.mark.parametrize("shell", SHELLS)
def test_there_is_one_for_each_shell(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = script(shell, capsys)
    assert "keras2to3" in text
    for word in ("migrate", "rollback", "env"):
        assert word in text


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_can_read_it(shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not on this machine")
    path = tmp_path / "completion"
    path.write_text(script(shell, capsys))
    subprocess.run([shell, "-n", str(path)], check=True)


def completed(line: str, text: str, folder: Path) -> set[str]:
    """What bash offers for a line after its last word."""
    words = line.split(" ")
    program = f"""{text}
COMP_WORDS=({" ".join(f"'{word}'" for word in words)}); COMP_CWORD={len(words) - 1}; COMP_LINE='{line}'
$(complete -p keras2to3 | sed 's/.*-F \\([^ ]*\\).*/\\1/') keras2to3 '{words[-1]}' '{words[-2]}'
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    done = subprocess.run(
        ["bash", "--norc", "-c", program], cwd=folder, capture_output=True, check=True, text=True, env=os.environ
    )
    return set(done.stdout.split())


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not on this machine")
def test_bash_completes_verbs_options_and_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = script("bash", capsys)
    (tmp_path / "model.h5").touch()
    assert completed("keras2to3 mi", text, tmp_path) == {"migrate"}
    assert "--output-dir" in completed("keras2to3 migrate --o", text, tmp_path)
    assert completed("keras2to3 env b", text, tmp_path) == {"build"}
    assert "model.h5" in completed("keras2to3 migrate mod", text, tmp_path)


def test_an_unknown_shell_is_a_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(["--print-completion", "ksh"])
    assert ended.value.code == Exit.USAGE
    assert "choose from" in capsys.readouterr().err


def test_the_parser_needs_no_library_for_it() -> None:
    code = "import sys; sys.modules['shtab'] = None; from keras2to3.cli.arguments import build_parser; build_parser()"
    subprocess.run([sys.executable, "-c", code], check=True)

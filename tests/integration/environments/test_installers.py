"""Installers are chosen by starting them, run in a cleaned environment, and fail with their last words."""

from __future__ import annotations

import http.server
import importlib.util
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from interchange.errors import Exit, Failure
from keras2to3.environments import builder, installers

LOCK = Path("envs/keras2.lock")


def script(path: Path, body: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def run(code: str, folder: Path, said: list[str] | None = None) -> None:
    say = said.append if said is not None else lambda _: None
    installers.run((sys.executable, "-c", code), say, folder)


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_the_lock_is_the_whole_truth(installer: str) -> None:
    create, fill = installers.commands(installer, ("tool",), "/base/python", Path("/home/keras2"), LOCK)
    assert create[0] == "tool"
    assert create[-3:] == ("--python", "/base/python", "/home/keras2")
    assert {"--no-deps", "--require-hashes", "--only-binary"} <= set(fill)
    assert fill[-2:] == ("-r", str(LOCK))


def test_variables_that_lead_installers_astray_are_dropped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "UV_CONSTRAINT"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("HTTPS_PROXY", "kept")
    assert installers.cleaned_environ()["HTTPS_PROXY"] == "kept"
    run("import os, sys; sys.exit(any(name in os.environ for name in ('PYTHONPATH', 'PYTHONHOME')))", tmp_path)


def test_only_large_downloads_are_passed_on(tmp_path: Path) -> None:
    said: list[str] = []
    lines = [
        "Downloading numpy (15.0MiB)",
        "  Downloading a.whl (207.2 MB)",
        "Downloading b.whl (1.2 kB)",
        "Collecting c",
    ]
    run(f"print({chr(10).join(lines)!r})", tmp_path, said)
    assert said == ["Downloading numpy (15.0MiB)", "Downloading a.whl (207.2 MB)"]


def test_a_failure_carries_the_last_lines_and_a_hint(tmp_path: Path) -> None:
    with pytest.raises(Failure) as raised:
        run("import sys; [print('line', n) for n in range(50)]; sys.exit('connection refused')", tmp_path)
    failure = raised.value
    assert failure.code is Exit.ENVIRONMENT
    assert failure.message == "An installer failed with exit status 1: connection refused"
    assert "line 40\n" in failure.detail["log"]
    assert "line 10\n" not in failure.detail["log"]
    assert installers.VARIABLE in (failure.hint or "")


def test_a_full_disk_has_a_hint_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(Failure) as raised:
        run("import sys; sys.exit('OSError: [Errno 28] No space left on device')", tmp_path)
    assert "KERAS2TO3_HOME" in (raised.value.hint or "")


class _LoginPage(http.server.BaseHTTPRequestHandler):
    """Answers everything as the proxy of a guest network does."""

    def do_GET(self) -> None:
        page = b"<!DOCTYPE html><html><body>Please log in</body></html>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def login_page(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an index in whose place a login page answers; installers know no other."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _LoginPage)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{server.server_address[1]}/simple"
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_")) or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for name, value in {"PIP_INDEX_URL": address, "UV_DEFAULT_INDEX": address, "PIP_CONFIG_FILE": os.devnull}.items():
        monkeypatch.setenv(name, value)
    yield address
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_a_login_page_in_place_of_the_index_is_thought_of(
    installer: str, login_page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if installer == "uv" and installers.find_uv() is None:
        pytest.skip("uv is not on this machine")
    monkeypatch.setenv(installers.VARIABLE, installer)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    with pytest.raises(Failure) as raised:
        builder.ensure("lint", lambda _: None, tmp_path / "home")
    assert raised.value.code is Exit.ENVIRONMENT
    assert "login page" in (raised.value.hint or "")
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["lint.busy"]


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine with an empty PATH, and a Python without uv and virtualenv."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "first"), str(tmp_path / "second")]))
    monkeypatch.delenv(installers.VARIABLE, raising=False)
    return tmp_path


needs_shell = pytest.mark.skipif(sys.platform == "win32", reason="the fakes are shell scripts")


@needs_shell
def test_a_uv_that_does_not_start_is_passed_over(bare: Path) -> None:
    script(bare / "first/uv", "echo 'pyenv: uv: command not found' >&2; exit 127")
    real = script(bare / "second/uv", "echo uv 0.13.0")
    assert installers.choose() == ("uv", (real,))


@needs_shell
def test_the_module_virtualenv_serves_where_uv_is_missing(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(bare / "first/uv", "exit 127")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name == "virtualenv" or None)
    assert installers.choose() == ("pip", (sys.executable, "-m", "virtualenv"))


@needs_shell
def test_the_variable_chooses(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(bare / "first/uv", "echo uv 0.13.0")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name == "virtualenv" or None)
    monkeypatch.setenv(installers.VARIABLE, "pip")
    assert installers.choose()[0] == "pip"
    monkeypatch.setenv(installers.VARIABLE, "uv")
    assert installers.choose()[0] == "uv"


@pytest.mark.parametrize("wanted", ["", "uv", "pip", "conda"])
def test_no_installer_is_a_failure_that_says_what_to_do(
    bare: Path, monkeypatch: pytest.MonkeyPatch, wanted: str
) -> None:
    monkeypatch.setenv(installers.VARIABLE, wanted)
    with pytest.raises(Failure) as raised:
        installers.choose()
    assert raised.value.code is Exit.ENVIRONMENT
    assert raised.value.hint

"""Installers are chosen by starting them, run in a cleaned environment, and fail with their last words."""

from __future__ import annotations

import http.server
import importlib.util
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from interchange.errors import Exit, Failure
from keras2to3.environments import builder, installers
from keras2to3.environments.installer_failures import failed

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


class _Proxy(http.server.BaseHTTPRequestHandler):
    """Answers everything with a page, as the proxy of a guest network does; `status` is that of a connection."""

    def do_GET(self, status: int = 200) -> None:
        page = b"<!DOCTYPE html><html><body>Please log in</body></html>"
        self.send_response(status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def do_CONNECT(self) -> None:
        self.do_GET(403)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def proxy() -> Iterator[str]:
    """The address of such a proxy."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Proxy)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def unused_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(params=["uv", "pip"])
def known_to_installers(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, str | None], None]:
    """Let the installer know one index and one proxy alone."""
    if request.param == "uv" and installers.find_uv() is None:
        pytest.skip("uv is not on this machine")

    def know(index: str, through: str | None = None) -> None:
        for name in [key for key in os.environ if key.startswith(("PIP_", "UV_")) or key.lower().endswith("_proxy")]:
            monkeypatch.delenv(name)
        variables = {
            "PIP_INDEX_URL": index,
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_RETRIES": "1",
            "UV_DEFAULT_INDEX": index,
            "UV_CACHE_DIR": str(tmp_path / "cache"),
            "UV_HTTP_RETRIES": "0",
            installers.VARIABLE: request.param,
            **({"HTTPS_PROXY": through} if through else {}),
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return know


def failure_to_build(home: Path) -> Failure:
    """Why nothing is built, of which nothing is left."""
    with pytest.raises(Failure) as raised:
        builder.ensure("lint", lambda _: None, home)
    assert raised.value.code is Exit.ENVIRONMENT
    assert [path.name for path in home.iterdir()] == ["lint.busy"]
    return raised.value


def test_a_login_page_in_place_of_the_index_is_thought_of(
    known_to_installers: Callable[..., None], proxy: str, tmp_path: Path
) -> None:
    known_to_installers(f"{proxy}/simple")
    assert "login page" in (failure_to_build(tmp_path / "home").hint or "")


def test_an_index_that_cannot_be_reached_is_told_with_the_way_without_a_network(
    known_to_installers: Callable[..., None], tmp_path: Path
) -> None:
    known_to_installers(f"http://127.0.0.1:{unused_port()}/simple")
    hint = failure_to_build(tmp_path / "home").hint or ""
    assert hint.startswith("The index cannot be reached")
    assert "env import" in hint


def test_a_proxy_that_lets_nobody_through_is_told(
    known_to_installers: Callable[..., None], proxy: str, tmp_path: Path
) -> None:
    known_to_installers("https://index.invalid/simple", proxy)
    assert "HTTPS_PROXY" in (failure_to_build(tmp_path / "home").hint or "")


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("SSLError: certificate verify failed: self-signed certificate in certificate chain", "PIP_CERT"),
        ("error: invalid peer certificate: UnknownIssuer", "SSL_CERT_FILE"),
        ("Temporary failure in name resolution\nERROR: No matching distribution found for a", "cannot be reached"),
        ("ERROR: No matching distribution found for a", "does not have this package"),
        ("OSError: [Errno 28] No space left on device", "KERAS2TO3_HOME"),
    ],
)
def test_what_an_installer_says_has_a_hint(said: str, hint: str) -> None:
    assert hint in (failed(["pip"], 1, said.splitlines()).hint or "")


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

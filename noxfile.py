"""The sessions: build the environments, migrate, and check the project itself."""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import nox

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

from interchange.errors import Exit, Failure  # noqa: E402  (the line above makes them importable)
from interchange.text import escaped  # noqa: E402
from keras2to3 import interrupts, platforms  # noqa: E402
from keras2to3.cli import command_line  # noqa: E402
from keras2to3.environments import builder  # noqa: E402
from keras2to3.environments.command import run as run_env  # noqa: E402
from keras2to3.reports import document  # noqa: E402
from tests.support import chromium  # noqa: E402


def escape_command(record: logging.LogRecord) -> bool:
    """What nox says of a command that failed repeats its words, and a shell may have put names of files among them."""
    text = record.getMessage()
    if text.startswith("Command "):
        record.msg, record.args = escaped(text), ()
    return True


class LastWord(logging.Filter):
    """Leaves the last word to the command where it has told why it fails: nox would say after it only that it does."""

    def __init__(self) -> None:
        super().__init__()
        self.session = ""  # in which the command runs
        self._failed: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether nox may say this."""
        text = record.getMessage()
        if self.session and text.startswith("Command ") and text.rpartition(" failed with exit code ")[2] in ENDS:
            self._failed.add(self.session)
            return False
        return text not in {f"Session {name} failed." for name in self._failed}


ENDS = {str(int(code)) for code in Exit if code is not Exit.VERIFIED}
LAST_WORD = LastWord()
logging.getLogger("nox").addFilter(LAST_WORD)
logging.getLogger("nox").addFilter(escape_command)

nox.options.sessions = ["tests"]
nox.options.error_on_missing_interpreters = True

# The environment each folder of tests runs in, in the order in which a fault is cheapest to find.
TESTS = {
    "unit": "command",
    "integration": "command",
    "site": "docs",
    "browser": "browser",
    "keras2": "keras2",
    "keras3": "keras3",
    "e2e": "command",
    "fleet": "fleet",
}
# How whole folders run: a process for each core, as TensorFlow fills 1.5 GB in each. Whoever is out of tests takes some
# of another's; but the end-to-end tests of a file share a run of the command, which starts two processes or more.
SIDE_BY_SIDE = {
    **dict.fromkeys(TESTS, ("-n", "auto", "--maxprocesses", "4", "--dist", "worksteal")),
    "e2e": ("-n", "auto", "--maxprocesses", "2", "--dist", "loadfile"),
    "site": (),
    "browser": (),
    "fleet": (),
}
# These take one process each and wait a lot: where all folders are tested, they run beside the others.
BESIDE = ("site", "browser", "fleet")
WORKERS = ("keras2", "keras3")
# The environments of which a folder of tests learns the pythons, besides the one it runs in.
OTHERS = {"integration": ("release",), "e2e": (*WORKERS, "docs", "release"), "fleet": WORKERS}
# The environments with what the command itself needs, and with which of its extras.
PROJECTS = {
    "command": ("pyproject.toml",),
    "fleet": ("pyproject.toml", "--extra", "dask", "--extra", "mlflow", "--extra", "s3"),
}
# Besides TensorFlow; PyTorch has to be one with a wheel for the Python of the session.
BACKENDS = {"jax": "jax", "torch": "torch==2.13.0"}
FUSE = "mfusepy>=3.1,<4"  # a file system in which a change fails; it needs libfuse from the system
# How migrate ends where some of many models did not arrive, and a reason was told for each of them.
TOLD = (Exit.VERIFIED, Exit.UNREADABLE, Exit.REFUSED, Exit.WEIGHTS, Exit.DIFFERS)
# `-m` would import from the folder where the user stands before all others, and a download may hold a numpy.py.
COMMAND = "import sys; sys.path[:] = filter(None, sys.path); from keras2to3.cli.main import main; sys.exit(main())"
UV = "uv>=0.9,<1"  # writes the locks; the environments are built with whichever uv is there, or none


def python_of(session: nox.Session, name: str) -> str:
    """The interpreter of an environment. Unlike a session that is skipped, one that cannot be built fails nox."""
    interrupts.install_handlers()  # also a polite kill leaves nothing half built
    try:
        return str(builder.ensure(name, session.log))
    except Failure as failure:
        fail(session, failure)


def fail(session: nox.Session, failure: Failure) -> NoReturn:
    """End the session with what has failed, what to do, and the end of the log."""
    parts = (str(failure), failure.hint, str(failure.detail.get("log", "")))
    session.error("\n".join(filter(None, parts)).rstrip(".\n"))  # nox ends the sentence itself


@nox.session(python=False)
def keras2(session: nox.Session) -> None:
    """Build the environment with Keras 2.15, or reuse it, and print its python."""
    session.log(python_of(session, "keras2"))


@nox.session(python=False)
def keras3(session: nox.Session) -> None:
    """Build the environment with Keras 3, or reuse it, and print its python."""
    session.log(python_of(session, "keras3"))


@nox.session(python=False)
def setup(session: nox.Session) -> None:
    """Build all environments that migrate needs, so that it needs no network afterwards."""
    for name in ("command", *WORKERS):
        python_of(session, name)


@nox.session(python=False)
def migrate(session: nox.Session) -> None:
    """Migrate models: nox -s migrate -- model.h5 [more.h5 ...] [options]."""
    run_command(session, "migrate")


@nox.session(python=False)
def rollback(session: nox.Session) -> None:
    """Write models of Keras 3 for Keras 2.15: nox -s rollback -- model.keras [more.keras ...] [options]."""
    run_command(session, "rollback")


@nox.session(python=False)
def roundtrip(session: nox.Session) -> None:
    """Migrate models and roll them back, and report what is the same: nox -s roundtrip -- SOURCE... [options]."""
    run_command(session, "roundtrip")


def worker_options(session: nox.Session) -> list[str]:
    """The environments as options."""
    return [part for name in WORKERS for part in (f"--{name}-python", python_of(session, name))]


@nox.session(python=False)
def check(session: nox.Session) -> None:
    """Say what migrate would do, without running anything: nox -s check -- SOURCE... [options]."""
    run_command(session, "check")


@nox.session(python=False)
def inspect(session: nox.Session) -> None:
    """Print what is inside models and weights: nox -s inspect -- SOURCE... [--json]."""
    run_command(session, "inspect")


@nox.session(python=False)
def env(session: nox.Session) -> None:
    """List, build, remove, export and import environments: nox -s env -- list|build|path|clean|export|import."""
    session.chdir(session.invoked_from)
    options = command_line.parse(["env", *session.posargs])  # in this interpreter: it needs no environment itself
    interrupts.install_handlers()
    try:
        run_env(options, sys.stdout, session.log)
    except Failure as failure:
        if options.display.json:
            print(document.text(None, failure.code, failure))
        fail(session, failure)


def run_command(session: nox.Session, verb: str, *options: str, success: Iterable[int] = (0,)) -> None:
    """Run the command where the user stands, so that relative paths mean what they say.

    Nothing is built for words that are no usage, or ask for help. The command builds what it needs itself.
    """
    session.chdir(session.invoked_from)
    command_line.check_words([verb, *options, *session.posargs])
    try:
        platforms.require_workers()
    except Failure as failure:
        fail(session, failure)
    python = python_of(session, "command")
    LAST_WORD.session = "" if options else session.name  # with options it is one step of several
    session.run(
        *(python, "-c", COMMAND, verb, *options, *session.posargs),
        env={"PYTHONPATH": str(ROOT), "PATH": search_path()},
        external=True,
        log=False,
        stderr=sys.stderr,  # nox would put it on standard output, where the results are
        success_codes=[int(code) for code in success],
        interrupt_timeout=20,  # after Ctrl-C the command stops its workers and removes what is half done
        terminate_timeout=5,
    )


def search_path() -> str:
    """The user's PATH and behind it the folder of this Python, whose interpreter and uv the command may build with."""
    return os.pathsep.join(filter(None, (os.environ.get("PATH"), str(Path(sys.executable).parent))))


@nox.session(python=False)
def tests(session: nox.Session) -> None:
    """Run tests: nox -s tests -- [unit] [integration] [site] [browser] [keras2] [keras3] [e2e] [fleet] [options]."""
    if session.posargs:
        folders = list(itertools.takewhile(TESTS.__contains__, session.posargs))
        run_folders(session, folders or TESTS, session.posargs[len(folders) :])
    else:
        with beside(session, BESIDE):
            run_folders(session, [folder for folder in TESTS if folder not in BESIDE], [])


@contextlib.contextmanager
def beside(session: nox.Session, folders: Sequence[str]) -> Iterator[None]:
    """Within, folders of tests are run by a nox of their own. What it says is shown at the end."""
    session.log(f"tests/{{{','.join(folders)}}} run beside the others, and what they say is shown at the end")
    command = (sys.executable, "-m", "nox", "--noxfile", __file__, "--session", session.name, "--", *folders)
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        try:
            yield
        except KeyboardInterrupt:
            process.terminate()
            raise
        finally:
            process.wait()
            said.seek(0)
            print(said.read(), flush=True)
    if process.returncode:
        session.error(f"tests/{{{','.join(folders)}}} failed: see above")


def run_folders(session: nox.Session, folders: Iterable[str], options: list[str]) -> None:
    """Run folders of tests one after the other."""
    left_out = {"browser": chromium.MISSING} if chromium.find() is None else {}
    for folder in folders:
        if folder in left_out:
            session.log(f"tests/{folder} is left out: {left_out[folder]}")
        elif next((ROOT / "tests" / folder).rglob("test_*.py"), None):
            run_tests(session, folder, options)
        else:
            session.warn(f"tests/{folder} has no tests")
    for folder in left_out.keys() & set(folders):  # once more, where it is read
        session.warn(f"tests/{folder} was left out: {left_out[folder]}")


def run_tests(session: nox.Session, folder: str, options: list[str]) -> None:
    """Run one folder of tests in its environment; some also learn where other environments are.

    A whole folder runs side by side. What options select is mostly little, and one process is the quickest to start.
    """
    others = {f"KERAS2TO3_ENV_{name.upper()}": python_of(session, name) for name in OTHERS.get(folder, ())}
    session.run(
        *(python_of(session, TESTS[folder]), "-m", "pytest", f"tests/{folder}", *(options or SIDE_BY_SIDE[folder])),
        # Tests start hundreds of processes, so modules are compiled once whatever the user has set.
        env={"PYTHONPATH": str(ROOT), "PATH": search_path(), "PYTHONDONTWRITEBYTECODE": "", **others},
        external=True,
        success_codes=[0, 5] if options else [0],  # 5: the options select no test of this folder
    )


@nox.session(python=False)
def dev(session: nox.Session) -> None:
    """Compare Keras 2.15 with Keras 3 on the examples of a rule: nox -s dev -- operator|layer NAME [NAME ...]."""
    python = python_of(session, "command")
    environment = {"PYTHONPATH": str(ROOT)}
    session.run(
        *(python, "-m", "tests.dev", *session.posargs, *worker_options(session)),
        env=environment,
        external=True,
        log=False,
    )


@nox.session(python=False)
def vendor(session: nox.Session) -> None:
    """Bring the libraries of the HTML reports from npm again: nox -s vendor -- [--upgrade]."""
    python, environment = python_of(session, "command"), {"PYTHONPATH": str(ROOT)}
    session.run(python, "-m", "tests.vendor", *session.posargs, env=environment, external=True)


@nox.session(python=False)
def release(session: nox.Session) -> None:
    """Build and check the sdist and the wheel, and try the wheel: nox -s release -- [--output-dir DIR]."""
    session.run(
        *(python_of(session, "command"), "-m", "tests.release", "--tools", python_of(session, "release")),
        *session.posargs,
        env={"PYTHONPATH": str(ROOT)},
        external=True,
        log=False,
    )


@nox.session(python=False)
def lint(session: nox.Session) -> None:
    """Check style and format with ruff."""
    python = python_of(session, "lint")
    session.run(python, "-m", "ruff", "check", external=True)
    session.run(python, "-m", "ruff", "format", "--check", external=True)


@nox.session(python=False)
def types(session: nox.Session) -> None:
    """Check the types with mypy, against the packages of the command's environment."""
    target = python_of(session, "command")
    session.run(python_of(session, "lint"), "-m", "mypy", "--python-executable", target, external=True)


@nox.session(python=False)
def docs(session: nox.Session) -> None:
    """Rewrite the sections of the documentation that are printed from the code."""
    environment = {"PYTHONPATH": str(ROOT)}
    session.run(python_of(session, "command"), "docs/generate.py", env=environment, external=True)


@nox.session(python=False)
def site(session: nox.Session) -> None:
    """Build the documentation site in build/site; a link that leads nowhere fails: nox -s site -- [sphinx options]."""
    python = python_of(session, "docs")
    session.chdir(ROOT)
    options = ("-q", "-W", "--keep-going", "-b", "html", "-c", "docs", *session.posargs)
    session.run(python, "-m", "sphinx", *options, ".", "build/site", external=True)
    session.log(f"The site is {ROOT / 'build' / 'site' / 'index.html'}")


@nox.session(python=False)
def bench(session: nox.Session) -> None:
    """Time the command beside plain scripts, imports and Keras: nox -s bench -- [MODEL ...] [--rounds N] [--record]."""
    pythons = [*worker_options(session), "--nox-python", sys.executable]
    python = python_of(session, "command")
    session.run(python, "-m", "bench.run", *session.posargs, *pythons, env={"PYTHONPATH": str(ROOT)}, external=True)


@nox.session(python=False)
def mutation(session: nox.Session) -> None:
    """Count which faults in migrated models the verification catches: nox -s mutation -- [WORD ...] [--record]."""
    run_proof(session, "mutation")


@nox.session(python=False)
def generate(session: nox.Session) -> None:
    """Migrate random models, and ask stock Keras 3: nox -s generate -- [--count N] [--seed S] [--minutes M]."""
    run_proof(session, "generate")


@nox.session(python=False)
def soak(session: nox.Session) -> None:
    """Mutate, generate, break files and kill runs, with other seeds in each round: nox -s soak -- [--minutes N]."""
    run_proof(session, "soak")


@nox.session(venv_backend="virtualenv", reuse_venv=True)
def crashes(session: nox.Session) -> None:
    """Kill processes, cut the power, let the disk fail: nox -s crashes -- [kill] [power] [disk] [--count N]."""
    session.install(FUSE)
    run_proof(session, "crashes", "--fuse-python", str(Path(session.virtualenv.bin).absolute() / "python"))


def run_proof(session: nox.Session, module: str, *words: str) -> None:
    """Run a program of `proof/` with both environments."""
    python, pythons = python_of(session, "command"), worker_options(session)
    environment = {"PYTHONPATH": str(ROOT)}
    session.run(
        python, "-m", f"proof.{module}", *session.posargs, *words, *pythons, env=environment, external=True, log=False
    )


@nox.session(python="3.11", venv_backend="virtualenv", reuse_venv=True)
def backends(session: nox.Session) -> None:
    """Migrate models and compare the results under JAX and PyTorch, without TensorFlow: nox -s backends -- SOURCE..."""
    keras = next(line for line in (ROOT / "envs" / "keras3.in").read_text().splitlines() if line.startswith("keras=="))
    session.install(keras, *BACKENDS.values())
    folder = Path(session.create_tmp()).resolve() / "migrated"  # it is called from anywhere
    shutil.rmtree(folder, ignore_errors=True)
    # Some of many may well be refused: what has arrived is what is opened.
    run_command(session, "migrate", "--keep-bundles", "--output-dir", str(folder), success=TOLD)
    session.chdir(ROOT)
    for name in BACKENDS:
        environment = {
            "KERAS_BACKEND": name,
            "PYTHONPATH": str(ROOT),
            "JAX_ENABLE_X64": "1",
            "CUDA_VISIBLE_DEVICES": "-1",
        }
        session.run(
            "python", "-m", "importer.verify.backend_check", str(folder), str(folder / f"{name}.json"), env=environment
        )


@nox.session
def lock(session: nox.Session) -> None:
    """Rewrite envs/*.lock: nox -s lock -- [--upgrade]."""
    session.install(UV)
    for name, pythons in builder.PYTHONS.items():
        sources = PROJECTS.get(name, ())
        session.run(*lock_command(name, pythons), *sources, f"envs/{name}.in", *session.posargs)


def lock_command(name: str, pythons: tuple[str, ...]) -> list[str]:
    """One lock serves every platform and Python, and holds no address of an index."""
    oldest = min(pythons, key=lambda version: tuple(map(int, version.split("."))))
    command = ["uv", "pip", "compile", "--quiet", "--universal", "--python-version", oldest, "--generate-hashes"]
    command += ["--only-binary", ":all:", "--no-emit-index-url", "--custom-compile-command", "nox -s lock"]
    base = name.partition("-")[0]
    for option in ("override", "exclude"):
        if (ROOT / "envs" / f"{base}.{option}").exists():
            command += [f"--{option}s", f"envs/{base}.{option}"]
    return [*command, "--output-file", f"envs/{name}.lock"]

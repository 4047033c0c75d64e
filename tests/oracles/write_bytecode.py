"""Write bytecode.json: `python tests/oracles/write_bytecode.py INTERPRETER...` compiles bytecode_bodies.py with each.

The file is data that is committed; no test needs these interpreters.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from bytecode_bodies import CLOSED, HOSTILE, PLAIN, PYTHON_2, PYTHON_3, PYTHON_38

# Runs in each interpreter, Python 2 included.
COMPILE = """
import base64, json, marshal, opcode, sys
found = {}
for name, source in json.load(sys.stdin).items():
    space = {}
    exec(compile(source, "model.py", "exec"), space)
    f = space["f"]
    cells = [cell.cell_contents for cell in f.__closure__ or ()]
    text = base64.b64encode(marshal.dumps(f.__code__)).decode("ascii")
    found[name] = [text, f.__defaults__, cells]
    if getattr(f, "__kwdefaults__", None):
        found[name].append(f.__kwdefaults__)
# What is beyond is in no file: 3.12 calls so what the interpreter puts in place of others.
opcodes = {name: number for name, number in opcode.opmap.items() if number < 236}
print(json.dumps({"python": "%d.%d" % sys.version_info[:2], "bodies": found, "opcodes": opcodes}))
"""


def compiled(interpreter: str) -> dict[str, Any]:
    said = subprocess.run(
        [interpreter, "-c", "import sys; print(sys.version_info[:2])"], check=True, capture_output=True
    )
    version = tuple(json.loads(said.stdout.decode().replace("(", "[").replace(")", "]")))
    sources = {**PLAIN, **CLOSED, **(PYTHON_3 if version >= (3,) else PYTHON_2)}
    sources |= PYTHON_38 if version >= (3, 8) else {}
    entry = run(interpreter, sources)
    if version == (3, 11):
        entry["hostile"] = run(interpreter, HOSTILE)["bodies"]
    return entry


def run(interpreter: str, sources: dict[str, str]) -> dict[str, Any]:
    text = json.dumps(sources).encode()
    done = subprocess.run([interpreter, "-W", "ignore", "-c", COMPILE], input=text, check=True, capture_output=True)
    return json.loads(done.stdout)


if __name__ == "__main__":
    everything = [compiled(interpreter) for interpreter in sys.argv[1:]]
    text = json.dumps({entry.pop("python"): entry for entry in everything}, indent=0, sort_keys=True)
    Path(__file__).with_name("bytecode.json").write_text(text + "\n", encoding="utf-8")

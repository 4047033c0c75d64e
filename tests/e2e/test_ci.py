"""The action of GitHub with the real command: a round trip, under a policy that one of both ways fails."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

from tests.e2e.conftest import Command
from tests.support import ci_formats, ci_steps
from tests.support.paths import ROOT


def test_a_round_trip_under_a_policy(command: Command, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    shutil.copy(ROOT / "examples" / "code_or_prose.h5", tmp_path / "models")
    ci_steps.program(tmp_path / "bin" / "keras2to3", f'PYTHONPATH={ROOT} exec {sys.executable} -m keras2to3 "$@"')
    arguments = f"--keras2-python\n{command.keras2}\n--keras3-python\n{command.keras3}"
    inputs = {"command": "roundtrip", "sources": "models/", "arguments": arguments, "fail-on": "structural:GRU"}
    page = tmp_path / "page.md"
    environment = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "GITHUB_STEP_SUMMARY": str(page)}
    code, outputs = ci_steps.step("Run keras2to3", tmp_path, inputs, environment)
    assert code == 10
    (trip,) = json.loads((tmp_path / outputs["summary"]).read_text())["sources"]
    decision = {"rules": ["fail-on structural:GRU"], "exit_code": 10}
    assert (trip["there"]["status"], trip["there"]["exit_code"], trip["there"]["policy"]) == ("verified", 10, decision)
    assert trip["back"]["status"] == "verified"
    document = ci_formats.junit((tmp_path / outputs["junit"]).read_bytes())
    ways = {case.get("classname"): case[0].tag for case in document.iter("testcase")}
    assert ways == {"keras2to3.migrate": "failure", "keras2to3.rollback": "system-out"}
    assert ci_formats.sarif((tmp_path / outputs["sarif"]).read_bytes())["runs"][0]["results"]
    _, rows = ci_formats.markdown(page.read_text())
    assert sorted(row[1:3] for row in rows[1:]) == [["verified", "0"], ["verified", "10"]]

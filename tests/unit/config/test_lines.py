"""The line of each key of a TOML file."""

from __future__ import annotations

from pathlib import Path

from keras2to3.config.document import Document

TEXT = '''# of a project
[project]
name = "x"
dependencies = [
  "a=1",  # no key
  "[b]",
]

[tool.keras2to3]
# comment

sources = ["models"]
text = """
rtol = 1
[b]
"""
a.b = 1
inline = { x = 1, y = 2 }
single = { x = 1 }

[[tool.keras2to3.model]]
match = "a"

[[tool.keras2to3.model]]
match = "b"
"quoted key" = 1
[tool.keras2to3.model.inner]
z = 1
[tool."other.x"]
k = 1
'''
LINES = {
    ("project", "dependencies"): 4,
    ("tool", "keras2to3"): 9,
    ("tool", "keras2to3", "sources"): 12,
    ("tool", "keras2to3", "text"): 13,
    ("tool", "keras2to3", "a", "b"): 17,
    ("tool", "keras2to3", "inline"): 18,
    ("tool", "keras2to3", "single"): 19,
    ("tool", "keras2to3", "model", 0): 21,
    ("tool", "keras2to3", "model", 0, "match"): 22,
    ("tool", "keras2to3", "model", 1, "match"): 25,
    ("tool", "keras2to3", "model", 1, "quoted key"): 26,
    ("tool", "keras2to3", "model", 1, "inner", "z"): 28,
    ("tool", "other.x", "k"): 30,
    ("tool", "keras2to3", "model", 1, "match", 0): 25,
    ("nowhere",): None,
}


def test_every_key_has_the_line_where_it_stands(tmp_path: Path) -> None:
    for ends in ("\n", "\r\n"):
        (tmp_path / "a.toml").write_bytes(TEXT.replace("\n", ends).encode())
        document = Document.read(tmp_path / "a.toml")
        assert {key: document.line(key) for key in LINES} == LINES


def test_the_lines_of_a_very_long_value_are_given_up(tmp_path: Path) -> None:
    rows = "\n".join(["[1],"] * 20_000)
    (tmp_path / "a.toml").write_text(f"first = 1\nlong = [\n{rows}\n]\nlast = 1\n")
    document = Document.read(tmp_path / "a.toml")
    assert (document.line(("first",)), document.line(("last",))) == (1, None)

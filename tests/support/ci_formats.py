"""The formats for other programs, read back: each is checked against its schema before it is looked into."""

from __future__ import annotations

import functools
import json
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import jsonschema
import xmlschema
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from tests.support.paths import ROOT

SCHEMAS = ROOT / "tests" / "schemas"


def junit(content: bytes) -> Element:
    _junit_schema().validate(content.decode())
    return ElementTree.fromstring(content)


@functools.cache
def _junit_schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(SCHEMAS / "junit-10.xsd"))


def sarif(content: bytes) -> Any:
    return _valid(json.loads(content), "sarif-2.1.0")


def gitlab(content: bytes) -> Any:
    return _valid(json.loads(content), "gitlab-code-quality")


def _valid(document: Any, name: str) -> Any:
    check(document, name)
    return document


def check(document: Any, name: str) -> None:
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    validator = jsonschema.validators.validator_for(schema)
    validator(schema, format_checker=validator.FORMAT_CHECKER).validate(document)


def markdown(text: str) -> tuple[list[str], list[list[str]]]:
    """The headings, and the rows of the only table, as they are shown; nothing but text is in a cell."""
    tree = SyntaxTreeNode(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text))
    (table,) = (node for node in tree.children if node.type == "table")
    assert {node.type for node in tree.children} <= {"heading", "paragraph", "table"}
    rows = [row.children for part in table.children for row in part.children]
    kinds = {node.type for row in rows for cell in row for node in cell.walk()}
    assert kinds <= {"th", "td", "inline", "text", "text_special"}
    headings = [node.children[0].content for node in tree.children if node.type == "heading"]
    return headings, [[_shown(cell) for cell in row] for row in rows]


def _shown(cell: SyntaxTreeNode) -> str:
    return "".join(node.content for node in cell.walk() if node.type in ("text", "text_special"))


def annotation(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as GitHub's runner reads it: the level, the properties, and the message."""
    assert "\n" not in line
    assert line.startswith("::")
    head, _, message = line[2:].partition("::")
    level, _, told = head.partition(" ")
    properties = dict(part.split("=", 1) for part in told.split(","))
    return level, {name: _unescaped(value) for name, value in properties.items()}, _unescaped(message)


def _unescaped(text: str) -> str:
    for code, letter in (("%2C", ","), ("%3A", ":"), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, letter)
    return text

"""What went wrong, out of what Keras and TensorFlow say around it: where in Python at length, what in one line."""

from __future__ import annotations

import re

from interchange.text import uncoloured

_LONGEST = 1500
_TRACED = "in user code:"
# The last line of a traceback within a message, and all that follows it: what was raised.
_RAISED = re.compile(r"^ {4}(?:[\w.]*(?:Error|Exception)[\w.]*|Failure): ", re.MULTILINE)
# Lines that tell where and not what: a graph names every frame that made it, Keras repeats the arguments at the end.
_PLACES = re.compile(
    r"Graph execution error:?$|Detected at node .*|Detected at: *$|File \".*|<stack traces unavailable>|"
    r"\[\[\{\{(function_)?node .*|\(?\d+\)? root error|Original stack trace.*"
)
_MARKS = re.compile(r"\{\{function_node [^}]*\}\} ?|\[Op:[^\]]*\](?: name: ?)?|\[\[\{\{.*?\}\}\]\]")
_ARGUMENTS = "Call arguments received by"
_REGISTERED = "Exception encountered: "


def cause(error: BaseException) -> str:
    """What happened, in one line: the layer first where Keras names it."""
    told = _untraced(uncoloured(str(error))).rpartition(_REGISTERED)[2].partition(_ARGUMENTS)[0]
    lines = [line.strip() for line in told.splitlines()]
    text = " ".join(line for line in lines if line and not _PLACES.match(line))
    return " ".join(_MARKS.sub("", text).split())[:_LONGEST] or type(error).__name__


def _untraced(text: str) -> str:
    """The message of what was raised where a function was traced; each function around puts a traceback before it."""
    while text.lstrip().startswith(_TRACED) and (raised := _RAISED.search(text)):
        text = text[raised.end() :]
    return text

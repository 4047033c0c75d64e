"""What went wrong in TensorFlow, out of a text that says where in Python at length and what in one line."""

from __future__ import annotations

import re

_LONGEST = 1000
# Lines that tell where and not what: a graph names every frame that made it, Keras repeats the arguments at the end.
_PLACES = re.compile(
    r"Graph execution error:?$|Detected at node .*|Detected at: *$|File \".*|<stack traces unavailable>|"
    r"\[\[\{\{(function_)?node .*|\(?\d+\)? root error|Original stack trace.*"
)
_ARGUMENTS = "Call arguments received by"
_MARKS = re.compile(r"\{\{function_node [^}]*\}\} ?|\[Op:[^\]]*\](?: name: ?)?|\[\[\{\{.*?\}\}\]\]")


def reason(error: BaseException) -> str:
    """What happened, in one line: the layer first where Keras names it."""
    told = str(error).partition(_ARGUMENTS)[0]
    lines = [line.strip() for line in told.splitlines()]
    text = " ".join(line for line in lines if line and not _PLACES.match(line))
    return " ".join(_MARKS.sub("", text).split())[:_LONGEST] or type(error).__name__

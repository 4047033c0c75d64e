"""Lines to and from a worker, whole or in pieces, and none later than its deadline."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from keras2to3.executors import answers
from keras2to3.executors.channel import Channel, NonsenseError


class Ends:
    """A channel, and the two ends that a worker would hold."""

    def __init__(self) -> None:
        self.requests, to_worker = os.pipe()
        from_worker, self.answers = os.pipe()
        self.channel = Channel(os.fdopen(to_worker, "wb", 0), from_worker)


@pytest.fixture
def ends() -> Iterator[Ends]:
    made = Ends()
    yield made
    made.channel.close()
    os.close(made.requests)


def said(text: str) -> bytes:
    return b'{"event": "progress", "text": "%s"}\n' % text.encode()


def test_answers_come_in_pieces_and_several_at_once(ends: Ends) -> None:
    content = said("one") + said("two") + said("three" * 400)
    for piece in (content[:20], content[20:90], content[90:]):
        os.write(ends.answers, piece)
    os.close(ends.answers)
    assert [ends.channel.receive("progress")["text"] for _ in range(3)] == ["one", "two", "three" * 400]
    with pytest.raises(EOFError):
        ends.channel.receive("progress")


@pytest.mark.parametrize(
    "content", [b"\n", b"[]\n", b'{"event": "odd"}\n', b'{"event": "result"}\n', b"\xff\n", b"[" * 9999 + b"\n"]
)
def test_nonsense(ends: Ends, content: bytes) -> None:
    os.write(ends.answers, content)
    os.close(ends.answers)
    with pytest.raises(NonsenseError):
        ends.channel.receive("progress", "result", op="prove")


def test_a_line_without_an_end(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "LONGEST", 100)
    os.write(ends.answers, b"x" * 200)
    with pytest.raises(NonsenseError):
        ends.channel.receive("progress")
    os.close(ends.answers)


def test_lines_without_an_end(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "LONGEST", 100)

    def read_all() -> None:
        for _ in range(30):
            os.write(ends.answers, said("one"))
            ends.channel.receive("progress")

    with pytest.raises(NonsenseError):
        read_all()
    ends.channel.send({"op": "export"})
    os.write(ends.answers, said("one"))
    assert ends.channel.receive("progress"), "each request has an answer of its own"
    os.close(ends.answers)


def test_half_a_word_is_no_answer(ends: Ends) -> None:
    os.write(ends.answers, said("one")[:-1])
    os.close(ends.answers)
    with pytest.raises(EOFError):
        ends.channel.receive("progress")


def test_an_answer_that_does_not_come(ends: Ends) -> None:
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        ends.channel.receive("progress", deadline=begun + 0.1)
    assert 0.1 <= time.monotonic() - begun < 10
    os.close(ends.answers)


def test_a_request_that_nobody_reads(ends: Ends) -> None:
    with pytest.raises(TimeoutError):
        ends.channel.send({"architecture": "x" * 1_000_000}, time.monotonic() + 0.1)
    os.close(ends.answers)


def test_a_request_that_nobody_can_read() -> None:
    ends = Ends()
    os.close(ends.requests)
    with pytest.raises(BrokenPipeError):
        ends.channel.send({"op": "export"})
    ends.channel.close()
    os.close(ends.answers)


def test_who_is_asked_nothing_says_nothing(ends: Ends) -> None:
    assert ends.channel.is_quiet
    os.write(ends.answers, said("one") + said("two"))
    assert not ends.channel.is_quiet
    ends.channel.receive("progress")
    assert not ends.channel.is_quiet, "what came behind the last line counts"
    ends.channel.receive("progress")
    assert ends.channel.is_quiet
    os.close(ends.answers)
    assert not ends.channel.is_quiet, "the end of the pipe is something to read"

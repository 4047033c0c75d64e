"""What is computed ahead: in order, not too far, and failing where it is asked for."""

from __future__ import annotations

import itertools
import threading
import time

import pytest

from keras2to3.executors.ahead import ahead


def test_results_come_in_order_and_what_is_next_is_begun_before() -> None:
    begun = threading.Event()
    found = ahead(lambda item: (begun.set() if item == 1 else None, item * 2)[1], range(20), pytest.fail, most=2)
    assert next(found) == 0
    assert begun.wait(5)
    assert list(found) == [item * 2 for item in range(1, 20)]


def test_it_is_never_further_ahead_than_it_may_be() -> None:
    taken: list[int] = []
    found = ahead(lambda item: taken.append(item) or item, itertools.count(), lambda: None, most=3)
    assert next(found) == 0
    time.sleep(0.05)
    assert taken == [0, 1, 2, 3]
    found.close()


def test_what_it_raises_is_raised_in_its_place() -> None:
    found = ahead(lambda item: 1 // item, [1, 0, 1], lambda: None)
    assert next(found) == 1
    with pytest.raises(ZeroDivisionError):
        next(found)


def test_nothing_of_nothing() -> None:
    assert list(ahead(str, [], pytest.fail)) == []


def test_who_stops_early_does_not_wait_for_what_is_under_way() -> None:
    stopped = threading.Event()
    found = ahead(lambda item: stopped.wait(60) if item else item, range(9), stopped.set)
    assert next(found) == 0
    begun = time.monotonic()
    found.close()
    assert stopped.is_set()
    assert time.monotonic() - begun < 30

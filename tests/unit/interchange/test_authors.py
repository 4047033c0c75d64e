"""Which Keras a version stands for: its own releases, and those of a TensorFlow."""

from __future__ import annotations

import pytest

from translation.keras_releases import author

_OWN = ((2, 3), (2, 0))  # since Keras 2.3, and since TensorFlow 2.0


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("1.2.2", True), ("2.0.0", True), ("2.2.5", True), ("2.3.0", False), ("2.3.1", False), ("2.2.4rc1", True),
        ("2.0.8-tf", True), ("2.1.6-tf", True), ("2.2.4-tf", None), ("2.3.0-tf", False), ("2.4.0", False),
        ("2.15.0", False), ("2.5.0-rc0", False), ("tf-1.15", True), ("tf-2.0", False), ("tf-2.1.3", False),
    ],
)  # fmt: skip
def test_what_is_older_than_another_release(text: str, before: bool | None) -> None:
    found = author(text)
    assert found is not None
    assert found.is_before(*_OWN) is before


@pytest.mark.parametrize(
    "text", [None, 2.1, "", "new", "9.9.9", "2.21.0", "2.5.0-tf", "tf-0.9", "tf-9.0", "2", "2.1.4\n"]
)
def test_what_no_keras_calls_itself(text: object) -> None:
    assert author(text) is None


def test_two_releases_of_tensorflow_share_a_number() -> None:
    shared = author("2.4.0")
    assert shared is not None
    assert [shared.is_before((0,), release) for release in ((2, 3), (2, 4), (2, 5))] == [False, None, True]


def test_what_an_author_is_called() -> None:
    assert [str(author(text)) for text in ("2.1.4", "tf-2.1")] == ["Keras 2.1.4", "TensorFlow 2.1"]

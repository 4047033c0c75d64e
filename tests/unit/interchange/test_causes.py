"""The cause of an error is all that is left of what Keras says, and all of it is left."""

from __future__ import annotations

import pytest

from interchange.error_text import cause

TRACED = """in user code:

    File "/somewhere/reference.py", line 93, in None  *
        lambda inputs: model(inputs, training=False)
    File "/keras/traceback_utils.py", line 70, in error_handler  **
        raise e.with_traceback(filtered_tb) from None

    ValueError: 'net 1/' is not a valid root scope name. A root scope name has to match
    the following pattern: ^[A-Za-z0-9.]*$
"""
WITHIN = f"""in user code:

    File "/a.py", line 1, in call
        return inner(x)

    ValueError: Exception encountered when calling layer 'one' (type One).
    
    {TRACED}
    Call arguments received by layer 'one' (type One):
      • inputs=tf.Tensor(shape=(None, 3), dtype=float32)
"""  # noqa: W293
CALLED = """Exception encountered when calling layer 'embedding' (type Embedding).

{{function_node __wrapped__ResourceGather_device_/job:x}} indices[0] = 5 is not in [0, 3) [Op:ResourceGather] name: 

Call arguments received by layer 'embedding' (type Embedding):
  • inputs=tf.Tensor(shape=(1,), dtype=int32)"""  # noqa: W291


def test_what_a_layer_was_given_is_left_out() -> None:
    told = "Exception encountered when calling layer 'embedding' (type Embedding). indices[0] = 5 is not in [0, 3)"
    assert cause(ValueError(CALLED)) == told


@pytest.mark.parametrize("text", [TRACED, WITHIN])
def test_a_traceback_is_left_out(text: str) -> None:
    assert cause(ValueError(text)).endswith(
        "'net 1/' is not a valid root scope name. A root scope name has to match the following pattern: ^[A-Za-z0-9.]*$"
    )
    assert cause(ValueError(TRACED)).startswith("'net 1/'")


def test_the_config_that_stands_before_it_is_left_out() -> None:
    text = "Error when deserializing class 'Dense' using config={'units': 'x'}.\n\nException encountered: no\nnumber"
    assert cause(TypeError(text)) == "no number"


def test_an_error_without_words_has_a_name() -> None:
    assert cause(RuntimeError()) == "RuntimeError"


def test_a_cause_of_two_lines_is_whole() -> None:
    assert cause(ValueError("Unknown layer: 'Own'.\n" + "Please give it. " * 40)).endswith("Please give it.")

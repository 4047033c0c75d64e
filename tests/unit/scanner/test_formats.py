"""The static look at every format but HDF5: what is told of an honest file, and that nothing heavy is needed for it."""

from __future__ import annotations

import functools
import hashlib
import json
import zipfile

import h5py
import numpy as np
import pytest

from interchange.errors import Exit, Failure
from keras2to3.scanner.examine import examine, scan_model, scan_weights
from tests.attacks import containers
from tests.models.hdf5_files import dense, lambda_layer, sequential, write, write_weights

KERNEL = np.arange(12, dtype="float32").reshape(4, 3)


def in_format(tmp_path, name, architecture=None):
    suffix, make = containers.FORMATS[name]
    path = tmp_path / f"model{suffix}"
    make(path, architecture or sequential(dense()))
    return path


def in_member(path, name, change):
    with zipfile.ZipFile(path) as archive:
        members = {each: archive.read(each) for each in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for each, content in members.items():
            archive.writestr(each, change(content.decode()).encode() if each == name else content)


def nested(depth):
    return {"loss": functools.reduce(lambda inner, _: [inner], range(depth), [])}


UNREADABLE = [
    ([1], "it is a list, not an object"),
    (4, "it is a number, not an object"),
    ("mse", "it is a text, not an object"),
    (nested(200), "it is nested deeper than 128 levels"),
    ({"optimizer": {"class_name": None}}, "a class_name that is not a string"),
]


def numbers_of(tensor):
    return np.concatenate([block.reshape(-1) for block in tensor.blocks()])


@pytest.mark.parametrize("name", containers.FORMATS)
def test_the_architecture_is_told_in_every_format(tmp_path, name):
    scanned = examine(in_format(tmp_path, name))
    assert (scanned.format, scanned.unsafe) == (name, ())
    assert scanned.architecture["class_name"] == "Sequential"
    assert scanned.architecture["config"] == sequential(dense())["config"]
    assert scanned.size > 0


@pytest.mark.parametrize("name", containers.FORMATS)
def test_code_is_found_in_every_format_and_trust_is_asked_for(tmp_path, name):
    (problem,) = examine(in_format(tmp_path, name, sequential(lambda_layer("f")))).unsafe
    assert (problem.policy, problem.layer, problem.class_name) == ("bytecode", "f", "Lambda")
    assert "let `--trust` run the bytecode" in problem.unblock


def test_weights_of_a_class_lie_below_its_attributes(tmp_path):
    with h5py.File(tmp_path / "a.weights.h5", "w") as file:
        file["encoder/layers/dense/vars/0"] = KERNEL
    assert examine(tmp_path / "a.weights.h5").format == "weights"


def test_weights_of_keras_before_1_0_are_told_as_such(tmp_path):
    with h5py.File(tmp_path / "old.h5", "w") as file:
        file.attrs["nb_layers"] = 1
        file["layer_0/param_0"] = KERNEL
    text = tmp_path / "old.json"
    text.write_text(json.dumps(sequential(dense())))
    for architecture in (None, text):
        with pytest.raises(Failure, match=r"holds weights of Keras before 1\.0") as caught:
            scan_model(tmp_path / "old.h5", architecture=architecture)
        assert caught.value.code is Exit.UNREADABLE
        assert "--architecture FILE.py:FUNCTION" in caught.value.hint
    assert scan_weights(tmp_path / "old.h5").format == "weights"


def test_several_models_in_one_text_are_told_how_to_be_parted(tmp_path):
    one = "class_name: Sequential\nconfig: []\n"
    (tmp_path / "three.yaml").write_text("---\n".join([one] * 3))
    with pytest.raises(Failure) as caught:
        scan_model(tmp_path / "three.yaml")
    assert "it holds 3 documents: cut it at the lines `---`" in str(caught.value.problems[0])
    for part in (tmp_path / "three.yaml").read_text().split("---\n"):
        (tmp_path / "one.yaml").write_text(part)
        assert scan_model(tmp_path / "one.yaml").format == "yaml"


@pytest.mark.parametrize("name", ["savedmodel", "bundle"])
def test_what_is_not_migrated_yet_ends_with_its_words_unless_it_is_unsafe(tmp_path, name):
    (tmp_path / "honest").mkdir()
    honest_path = in_format(tmp_path / "honest", name)
    with pytest.raises(Failure) as honest:
        scan_model(honest_path)
    assert honest.value.code is Exit.UNREADABLE
    assert honest.value.hint
    (tmp_path / "unsafe").mkdir()
    unsafe = in_format(tmp_path / "unsafe", name, sequential(dense("../x")))
    with pytest.raises(Failure) as refused:
        scan_model(unsafe)
    assert refused.value.code is Exit.REFUSED
    assert {problem.policy for problem in refused.value.problems if problem.policy} == {"names"}


@pytest.mark.parametrize("name", ["h5", "keras"])
def test_tensors_are_told_and_read_in_pieces(tmp_path, name):
    scanned = examine(in_format(tmp_path, name))
    tensor = next(tensor for tensor in scanned.tensors if tensor.shape == (4, 3))
    assert (tensor.dtype, tensor.bytes) == ("float32", 48)
    assert numbers_of(tensor).tolist() == KERNEL.reshape(-1).tolist()


def test_a_large_tensor_is_read_in_pieces_that_fit(tmp_path):
    path = write(tmp_path / "model.h5")
    large = np.arange(3_000_000, dtype="float32").reshape(3, 1_000_000)
    with h5py.File(path, "a") as file:
        file["model_weights/dense/large"] = large
    tensor = next(tensor for tensor in examine(path).tensors if tensor.name.endswith("large"))
    assert max(block.nbytes for block in tensor.blocks()) <= 4 << 20
    assert (numbers_of(tensor) == large.reshape(-1)).all()


def test_weights_alone_are_a_format_of_their_own(tmp_path):
    scanned = examine(write_weights(tmp_path / "weights.h5"))
    assert (scanned.format, scanned.architecture, scanned.problems) == ("weights", None, ())
    assert [tensor.name for tensor in scanned.tensors] == ["dense/dense/kernel:0"]


def test_weights_that_were_deflated_are_looked_at_as_well(tmp_path):
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in containers.members(path, sequential(dense())).items():
            archive.writestr(name, content)
    scanned = examine(path)
    assert not scanned.problems
    assert numbers_of(scanned.tensors[0]).tolist() == KERNEL.reshape(-1).tolist()


def test_how_the_outermost_model_was_compiled_is_told_and_a_loss_of_its_own_is_harmless(tmp_path):
    loss = {"module": "builtins", "class_name": "function", "config": "mine", "registered_name": "function"}
    scanned = examine(in_format(tmp_path, "keras", {**sequential(dense()), "compile_config": {"loss": loss}}))
    assert (scanned.training, scanned.problems) == ({"loss": loss}, ())
    assert scanned.saved_by["keras_version"] == "2.15.0"


@pytest.mark.parametrize(("value", "why"), UNREADABLE)
def test_how_the_outermost_model_was_compiled_is_read_by_nobody_if_it_cannot_be(tmp_path, value, why):
    scanned = examine(in_format(tmp_path, "keras", {**sequential(dense()), "compile_config": value}))
    assert (scanned.training, scanned.problems) == (None, ())
    assert scanned.unreadable_training == f"compile_config cannot be read: {why}"


def test_an_inner_model_is_not_built_of_what_cannot_be_read(tmp_path):
    inside = sequential({**sequential(dense(), name="inner"), "compile_config": nested(200)})
    (problem,) = examine(in_format(tmp_path, "keras", inside)).problems
    assert problem.policy == "limits"


@pytest.mark.parametrize("depth", [600, 20_000])
def test_the_rest_of_a_config_is_read_where_no_parser_gets_through_how_it_is_compiled(tmp_path, depth):
    path = in_format(tmp_path, "keras", {**sequential(dense()), "compile_config": {"loss": "DEEP", "jit_compile": 1}})
    in_member(path, "config.json", lambda text: text.replace('"DEEP"', "[" * depth + "]" * depth))
    scanned = examine(path)
    assert (scanned.architecture, scanned.training, scanned.problems) == (sequential(dense()), None, ())
    assert scanned.unreadable_training == "compile_config cannot be read: it is nested deeper than 128 levels"


def test_an_architecture_that_no_parser_gets_through_is_refused(tmp_path):
    path = in_format(tmp_path, "keras", sequential(dense(units="DEEP")))
    in_member(path, "config.json", lambda text: text.replace('"DEEP"', "[" * 20_000 + "]" * 20_000))
    (problem,) = examine(path).problems
    assert (problem.policy, problem.class_name) == ("limits", "config.json")


def test_a_class_of_the_user_s_own_among_losses_is_harmless_and_a_function_of_a_module_is_not(tmp_path):
    own = {
        "module": "tensorflow_addons.optimizers",
        "class_name": "LAMB",
        "config": {},
        "registered_name": "Addons>LAMB",
    }
    function = {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"}
    for compiled, policies in (({"optimizer": own}, []), ({"optimizer": own, "loss": function}, ["foreign-code"])):
        scanned = examine(in_format(tmp_path, "keras", {**sequential(dense()), "compile_config": compiled}))
        assert [problem.policy for problem in scanned.problems] == policies
    inside = sequential({**sequential(dense(), name="inner"), "compile_config": {"optimizer": own}})
    assert examine(in_format(tmp_path, "keras", inside)).problems, "Keras compiles inner models itself"


@pytest.mark.parametrize(("name", "suffix"), [("keras", ".h5"), ("h5", ".keras")])
def test_the_bytes_decide_what_a_file_is_and_not_its_name(tmp_path, name, suffix):
    path = in_format(tmp_path, name).rename(tmp_path / f"other{suffix}")
    assert scan_model(path).format == name


@pytest.mark.parametrize(
    ("lacking", "says"),
    [("config.json", "is a zip archive without config.json"), ("model.weights.h5", "an architecture without weights")],
)
def test_an_archive_without_its_parts_is_refused_by_them(tmp_path, lacking, says):
    content = containers.members(tmp_path / "model.keras", sequential(dense()))
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        for name in set(content) - {lacking}:
            archive.writestr(name, content[name])
    with pytest.raises(Failure, match=says) as caught:
        scan_model(tmp_path / "model.keras")
    assert caught.value.code is Exit.UNREADABLE


def test_weights_that_were_cut_short_are_refused(tmp_path):
    content = containers.members(tmp_path / "model.keras", sequential(dense()))
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data[:1000] if name.endswith(".h5") else data)
    with pytest.raises(Failure) as caught:
        scan_model(tmp_path / "model.keras")
    assert [problem.class_name for problem in caught.value.problems] == ["model.weights.h5"]


def test_a_file_of_keras_3_needs_no_migration(tmp_path):
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.4.1"}')
        archive.writestr("config.json", json.dumps({"module": "keras", **sequential(dense()), "registered_name": None}))
    assert scan_model(path).is_of_keras_3


def test_arrays_of_numpy(tmp_path):
    path = tmp_path / "weights.npz"
    np.savez_compressed(path, kernel=KERNEL, words=np.array(["a", "bc"]), turned=np.asfortranarray(KERNEL))
    scanned = examine(path)
    assert (scanned.format, scanned.problems) == ("npz", ())
    assert [(tensor.name, tensor.dtype) for tensor in scanned.tensors] == [
        ("kernel", "float32"),
        ("words", "string"),
        ("turned", "float32"),
    ]
    assert sorted(numbers_of(scanned.tensors[2])) == KERNEL.reshape(-1).tolist()
    assert list(scanned.tensors[1].blocks()) == []


def test_a_digest_of_a_folder_is_over_names_and_contents(tmp_path):
    path = in_format(tmp_path, "savedmodel")
    first = examine(path)
    files = sorted(file for file in path.rglob("*") if file.is_file())
    lines = (
        f"{file.relative_to(path).as_posix()}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n" for file in files
    )
    assert first.sha256 == hashlib.sha256("".join(lines).encode()).hexdigest()
    assert first.size == sum(file.stat().st_size for file in files)
    (path / "assets").mkdir()
    (path / "assets" / "words.txt").write_text("a")
    assert examine(path).sha256 != first.sha256


def test_a_bundle_is_checked_by_its_own_rules(tmp_path):
    path = in_format(tmp_path, "bundle")
    (path / "weights.npz").write_bytes((path / "weights.npz").read_bytes()[:-1] + b"x")
    (problem,) = examine(path).problems
    assert (problem.policy, problem.key, problem.value) == ("promises", "file", "weights.npz")
    assert "rule 9" in problem.text


def test_a_link_in_a_bundle(tmp_path):
    path = in_format(tmp_path, "bundle")
    (path / "architecture.json").unlink()
    (path / "architecture.json").symlink_to("/etc/passwd")
    (problem,) = examine(path).problems
    assert problem.policy == "other-files"


def test_the_tensors_of_a_bundle(tmp_path):
    (tensor,) = examine(in_format(tmp_path, "bundle")).tensors
    assert (tensor.name, tensor.shape, tensor.dtype, tensor.bytes) == ("weights/dense/kernel", (4, 3), "float32", 48)
    assert numbers_of(tensor).tolist() == [0] * 12


def test_what_is_no_model_is_called_by_its_name(tmp_path):
    """A sound archive of arrays is not damaged, and a bundle is no unknown folder."""
    np.savez(tmp_path / "arrays.npz", a=np.zeros(3))
    for path, words in ((tmp_path / "arrays.npz", "NumPy arrays"), (in_format(tmp_path, "bundle"), "is a bundle")):
        with pytest.raises(Failure, match=words) as caught:
            scan_model(path)
        assert caught.value.code is Exit.UNREADABLE
        assert caught.value.hint

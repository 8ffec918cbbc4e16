"""The operator's face recogniser, with small networks of AuraFace's shapes."""

import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from pydantic import ValidationError

from likeness.contracts.container import DistanceGate
from likeness_model.container.engines import load_engine
from likeness_model.container.folders import WEIGHTS
from likeness_model.diffusion import drawing
from likeness_model.diffusion.quality_gate import Person, read_features, score
from likeness_model.diffusion.recogniser import BUILT_IN, Scale, load_recogniser
from likeness_model.errors import WeightsError
from likeness_model.tools.weights import write_manifest
from likeness_model.vision.chip import ARCFACE, ARCFACE_MESH_POINTS, arcface_chip, similarity
from likeness_model.vision.detect import find_faces
from likeness_model.vision.mesh import lay_mesh
from likeness_model.vision.person import find_person
from tests.model.diffusion.conftest import run


def network(*, side=112, pool=8, size=512, inputs=1):
    """Averages `pool` px squares of a face, then multiplies them with a matrix."""
    values = 3 * (side // pool) ** 2
    matrix = np.eye(values, size, dtype=np.float32)
    if values > size:
        matrix = np.random.default_rng(0).normal(size=(values, size)).astype(np.float32)
    named = [f"input.{n}" for n in range(1, inputs + 1)]
    nodes = [
        helper.make_node("Sum", named, ["face"]),
        helper.make_node(
            "AveragePool", ["face"], ["small"], kernel_shape=[pool] * 2, strides=[pool] * 2
        ),
        helper.make_node("Flatten", ["small"], ["flat"]),
        helper.make_node("MatMul", ["flat", "matrix"], ["embedding"]),
    ]
    shapes = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", 3, side, side])
        for name in named
    ]
    out = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["N", size])
    graph = helper.make_graph(
        nodes, "tiny", shapes, [out], [numpy_helper.from_array(matrix, "matrix")]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def weights(folder, content):
    home = folder / "AuraFace-v1"
    home.mkdir()
    (home / "glintr100.onnx").write_bytes(content)
    write_manifest(folder, licence="Apache-2.0", revision=f"fal/AuraFace-v1@{'a' * 40}")
    return folder


@pytest.fixture
def auraface(tmp_path):
    return load_recogniser(weights(tmp_path, network()))


def test_without_auraface_the_recogniser_of_the_package_measures(tmp_path, photos):
    recogniser = load_recogniser(tmp_path)
    close, other = (recogniser.embed(photos[w], find_person(photos[w])) for w in ("close", "wide"))

    assert recogniser is BUILT_IN
    assert recogniser.distance(close, other) == pytest.approx(np.linalg.norm(close - other))


def test_auraface_embeds_a_face_as_a_unit_vector(auraface, photos):
    vector = auraface.embed(photos["close"], find_person(photos["close"]))

    assert auraface.name == "auraface-v1"
    assert vector.shape == (512,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_the_network_sees_red_first_in_minus_one_to_one(tmp_path, photos):
    mean_colour = load_recogniser(weights(tmp_path, network(pool=112)))
    mesh = find_person(photos["close"])
    orange = np.full_like(photos["close"], (255, 170, 0))

    red, green, blue, *rest = mean_colour.embed(orange, mesh).tolist()

    length = np.linalg.norm([1, 1 / 3, -1])
    assert (red, green, blue) == pytest.approx(np.array([1, 1 / 3, -1]) / length, abs=1e-3)
    assert not any(rest)


@pytest.mark.parametrize("word", ["close", "wide", "tilted", "looking"])
def test_the_detectors_five_points_lie_on_arcfaces_template(photos, word):
    face = find_faces(photos[word])[0]
    mesh = lay_mesh(photos[word], face)

    matrix = similarity(mesh.plane[ARCFACE_MESH_POINTS].mean(1).astype(np.float64), ARCFACE)
    there = face.landmarks @ matrix[:, :2].T + matrix[:, 2]

    assert np.abs(there - ARCFACE).max() < 8  # px of 112
    assert arcface_chip(photos[word], mesh).shape == (1, 3, 112, 112)


def test_the_gate_uses_the_operators_recogniser(auraface, photos):
    features = [
        read_features(photos[w], find_person(photos[w]), auraface) for w in ("close", "wide")
    ]
    person = Person(tuple(features), auraface)

    def scored(word):
        return score(photos[word], person, style="glamour", gate=DistanceGate())

    copy, other = scored("close"), scored("mirrored")

    assert (copy.distance, copy.nearest, copy.reason) == (0, 0, "copy")
    raw = np.linalg.norm(
        auraface.embed(photos["mirrored"], find_person(photos["mirrored"]))
        - features[other.nearest].embedding
    )
    assert other.distance == pytest.approx(raw * 0.38 / 1.04)
    assert raw < 1.04


@pytest.mark.parametrize(
    ("cosine", "distance"), [(1.0, 0.0), (0.46, 0.38), (0.28, 0.60), (0.0, 0.83), (-1.0, 2.0)]
)
def test_a_distance_is_on_the_scale_of_dlibs_network(auraface, cosine, distance):
    one = np.eye(1, 512, 0, dtype=np.float32)[0]
    other = cosine * one + np.sqrt(1 - cosine**2) * np.eye(1, 512, 1, dtype=np.float32)[0]

    assert auraface.distance(one, other) == pytest.approx(distance, abs=0.005)


@pytest.mark.parametrize(
    "row",
    [
        {"measured": [0, 1, 1], "distance": [0, 1, 2]},
        {"measured": [0, 1, 2], "distance": [0, 2, 1]},
        {"measured": [0.1, 1], "distance": [0, 1]},
        {"measured": [0, 1, 2], "distance": [0, 1]},
        {"measured": [], "distance": []},
    ],
)
def test_a_scale_that_does_not_ascend_from_zero_is_refused(row):
    with pytest.raises(ValidationError):
        Scale.model_validate(row)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (network(side=224), r"does not run on a face of \[3, 112, 112\]"),
        (network(size=128), r"turns 1 inputs into \[\[1, 128\]\]"),
        (network(inputs=2), r"turns 2 inputs into \[\[1, 512\]\]"),
        (b"no network", "does not run on a face"),
    ],
)
def test_another_network_is_refused(tmp_path, content, why):
    with pytest.raises(WeightsError, match=why):
        load_recogniser(weights(tmp_path, content))


def test_the_folder_holds_only_auraface(tmp_path):
    folder = weights(tmp_path, network())
    (folder / "AuraFace-v1" / "scrfd_10g_bnkps.onnx").write_bytes(b"InsightFace's detector")

    with pytest.raises(WeightsError, match=r"no other network, and holds glintr100\.onnx, scrfd"):
        load_recogniser(folder)


@pytest.mark.parametrize(
    ("file", "held"), [("README.md", "none"), ("a/glintr100.onnx", "a/glintr")]
)
def test_a_folder_without_the_network_is_refused(tmp_path, file, held):
    path = tmp_path / "AuraFace-v1" / file
    path.parent.mkdir(parents=True)
    path.touch()

    with pytest.raises(WeightsError, match=rf"must hold glintr100\.onnx .* and holds {held}"):
        load_recogniser(tmp_path)


def test_a_network_that_the_manifest_does_not_name_is_refused(tmp_path):
    folder = weights(tmp_path, network())
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][0]["file"] = "AuraFace-v1/other.txt"
    (folder / "AuraFace-v1" / "other.txt").write_bytes(b"")
    (folder / "manifest.json").write_text(json.dumps(manifest))

    with pytest.raises(WeightsError, match=r"glintr100\.onnx is not in manifest\.json"):
        load_recogniser(folder)


def test_a_changed_network_is_refused(tmp_path):
    folder = weights(tmp_path, network())
    path = folder / "AuraFace-v1" / "glintr100.onnx"
    changed = bytearray(path.read_bytes())
    changed[-1] ^= 1
    path.write_bytes(changed)

    with pytest.raises(WeightsError, match=r"glintr100\.onnx does not match the SHA-256"):
        load_recogniser(folder)


def test_the_container_measures_a_job_with_the_operators_recogniser(tmp_path, monkeypatch):
    folder = tmp_path / "weights"
    folder.mkdir()
    monkeypatch.setenv(WEIGHTS, str(weights(folder, network())))
    people = []
    monkeypatch.setattr(
        drawing, "score", lambda *args, **how: people.append(args[1]) or score(*args, **how)
    )

    result = run(load_engine("tiny-ref"), tmp_path / "job", styles=("glamour",))

    assert len(result.avatars) == 1
    assert people[0].recogniser.name == "auraface-v1"
    assert {photo.embedding.shape for photo in people[0].photos} == {(512,)}

"""The manifest of the operator's weights, and its verification."""

import json
import os

import pytest

from likeness_model import offline
from likeness_model.diffusion.weights import MANIFEST_FILE, verify
from likeness_model.errors import WeightsError
from likeness_model.tools.weights import main, write_manifest

COMMIT = "0123456789abcdef0123456789abcdef01234567"
GIVEN = {"licence": "Apache-2.0", "revision": f"owner/model@{COMMIT}"}


@pytest.fixture
def folder(tmp_path):
    """A downloaded model of two files."""
    made = tmp_path / "weights"
    (made / "unet").mkdir(parents=True)
    (made / "model_index.json").write_text("{}")
    (made / "unet/model.safetensors").write_bytes(os.urandom(5000))
    return made


@pytest.fixture
def written(folder):
    write_manifest(folder, **GIVEN)
    return folder


def test_a_folder_that_matches_its_manifest_passes(written):
    manifest = verify(written)

    assert [row.file for row in manifest.files] == ["model_index.json", "unet/model.safetensors"]
    assert manifest.size == 5002
    assert manifest.licences == ("Apache-2.0",)
    assert manifest.revisions == (GIVEN["revision"],)


def test_writing_the_manifest_again_gives_the_same_bytes(written):
    first = (written / MANIFEST_FILE).read_bytes()

    write_manifest(written, **GIVEN)

    assert (written / MANIFEST_FILE).read_bytes() == first


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda at: (at / MANIFEST_FILE).unlink(), "the weights have no manifest.json"),
        (
            lambda at: (at / "model_index.json").unlink(),
            "model_index.json is in manifest.json but missing",
        ),
        (lambda at: (at / "more.json").touch(), "more.json is not in manifest.json"),
        (
            lambda at: (at / "model_index.json").write_text("{"),
            "has 1 bytes and",
        ),
        (lambda at: (at / "model_index.json").write_text("[]"), "does not match the SHA-256"),
        (lambda at: (at / MANIFEST_FILE).write_text("{}"), "json: files: Field required"),
        (lambda at: (at / MANIFEST_FILE).write_text("no"), "manifest.json: the file: Invalid JSON"),
    ],
)
def test_an_error_in_the_weights_is_one_sentence(written, spoil, sentence):
    spoil(written)

    with pytest.raises(WeightsError) as refused:
        verify(written)

    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_changed_byte_is_detected(written):
    file = written / "unet/model.safetensors"
    content = bytearray(file.read_bytes())
    content[2500] ^= 1
    file.write_bytes(content)

    with pytest.raises(WeightsError, match="unet/model.safetensors does not match the SHA-256"):
        verify(written)


def test_a_pickle_in_the_manifest_is_rejected(written):
    (written / "model.safetensors").write_bytes(b"")
    write_manifest(written, **GIVEN)
    (written / "model.safetensors").rename(written / "model.bin")
    text = (written / MANIFEST_FILE).read_text().replace('"model.safetensors"', '"model.bin"')
    (written / MANIFEST_FILE).write_text(text)

    with pytest.raises(WeightsError, match="model.bin can run code when it is loaded"):
        verify(written)


@pytest.mark.parametrize("file", ["pytorch_model.bin", "unet/pipeline.py", "x.CKPT"])
def test_a_file_that_runs_code_gets_no_manifest(folder, file):
    (folder / file).write_bytes(b"x")

    with pytest.raises(WeightsError, match="can run code"):
        write_manifest(folder, **GIVEN)


def test_a_link_out_of_the_folder_is_rejected(folder, tmp_path):
    (tmp_path / "elsewhere").write_text("x")
    (folder / "config.json").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(WeightsError, match="leads out of the folder"):
        write_manifest(folder, **GIVEN)


def note_of_download(model, *files):
    notes = model / ".cache/huggingface/download"
    for file in files:
        note = notes / f"{file}.metadata"
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(f"{COMMIT}\nsome-etag\n1700000000.0\n")


def test_licence_and_revision_are_read_from_the_download(folder):
    (folder / "README.md").write_text("---\nlicense: apache-2.0\ntags: [x]\n---\n# A model\n")
    note_of_download(folder, "model_index.json", "README.md", "unet/model.safetensors")

    manifest = write_manifest(folder)

    assert manifest.licences == ("apache-2.0",)
    assert manifest.revisions == (f"weights@{COMMIT}",)
    assert verify(folder) == manifest


def test_models_side_by_side_keep_their_own_licences(tmp_path):
    for name, licence in (("base", "openrail++"), ("fast", "apache-2.0")):
        model = tmp_path / name
        model.mkdir()
        (model / "README.md").write_text(f"---\nlicense: {licence}\n---\n")
        (model / "model.safetensors").write_bytes(b"x")
        note_of_download(model, "README.md", "model.safetensors")

    manifest = write_manifest(tmp_path)

    assert {row.file.split("/")[0]: row.licence for row in manifest.files} == {
        "base": "openrail++",
        "fast": "apache-2.0",
    }
    assert manifest.revisions == (f"base@{COMMIT}", f"fast@{COMMIT}")


@pytest.mark.parametrize(
    "front", ["license: cc-by-nc-4.0", "license: other\nlicense_name: flux-1-dev-non-commercial"]
)
def test_weights_that_forbid_commercial_use_get_no_manifest(folder, front):
    (folder / "README.md").write_text(f"---\n{front}\n---\n")

    with pytest.raises(WeightsError, match="forbids commercial use"):
        write_manifest(folder, revision=GIVEN["revision"])


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"revision": "x@y"}, "no licence was found for model_index.json"),
        ({"licence": "MIT"}, "no revision was found for model_index.json"),
    ],
)
def test_a_missing_licence_or_revision_is_requested(folder, given, sentence):
    with pytest.raises(WeightsError, match=sentence):
        write_manifest(folder, **given)


def test_a_missing_and_an_empty_folder_raise_an_error(tmp_path):
    with pytest.raises(WeightsError, match="is not a folder"):
        write_manifest(tmp_path / "nowhere", **GIVEN)
    with pytest.raises(WeightsError, match="is empty"):
        write_manifest(tmp_path, **GIVEN)


def test_the_program_prints_a_summary(folder, capsys, monkeypatch):
    monkeypatch.setattr(
        "sys.argv", ["weights", str(folder), "--licence", "MIT", "--revision", "a/b@c"]
    )

    main()

    assert "2 files" in capsys.readouterr().out
    assert json.loads((folder / MANIFEST_FILE).read_text())["files"][0]["licence"] == "MIT"


def test_the_program_exits_with_the_error(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["weights", str(tmp_path / "nowhere")])

    with pytest.raises(SystemExit, match=r"WeightsError: .* is not a folder"):
        main()


def test_go_offline_sets_the_variables(monkeypatch):
    for name in offline.OFFLINE:
        monkeypatch.delenv(name, raising=False)

    offline.go_offline()

    assert os.environ["HF_HUB_OFFLINE"] == os.environ["TRANSFORMERS_OFFLINE"] == "1"

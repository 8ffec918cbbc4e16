"""The operator's weights are those of their manifest, or one sentence says what is wrong."""

import json
import os

import pytest

from likeness_model import weights
from likeness_model.diffusion.weights import MANIFEST_FILE, go_offline, verify, write_manifest
from likeness_model.errors import WeightsError

COMMIT = "0123456789abcdef0123456789abcdef01234567"
GIVEN = {"licence": "Apache-2.0", "revision": f"somebody/some-model@{COMMIT}"}


@pytest.fixture
def folder(tmp_path):
    """A model of two files, as a download leaves it."""
    made = tmp_path / "weights"
    (made / "unet").mkdir(parents=True)
    (made / "model_index.json").write_text("{}")
    (made / "unet/model.safetensors").write_bytes(os.urandom(5000))
    return made


@pytest.fixture
def written(folder):
    write_manifest(folder, **GIVEN)
    return folder


def test_a_folder_that_is_as_its_manifest_says_passes(written):
    manifest = verify(written)

    assert [row.file for row in manifest.files] == ["model_index.json", "unet/model.safetensors"]
    assert manifest.size == 5002
    assert manifest.licences == ("Apache-2.0",)
    assert manifest.revisions == (GIVEN["revision"],)


def test_a_second_manifest_of_the_same_folder_is_the_same(written):
    first = (written / MANIFEST_FILE).read_bytes()

    write_manifest(written, **GIVEN)

    assert (written / MANIFEST_FILE).read_bytes() == first


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda at: (at / MANIFEST_FILE).unlink(), "the weights have no manifest.json"),
        (lambda at: (at / "model_index.json").unlink(), "model_index.json is in manifest.json"),
        (lambda at: (at / "more.json").touch(), "more.json is not in manifest.json"),
        (
            lambda at: (at / "model_index.json").write_text("{"),
            "has 1 bytes and",
        ),
        (lambda at: (at / "model_index.json").write_text("[]"), "does not have the sum"),
        (lambda at: (at / MANIFEST_FILE).write_text("{}"), "json: files: Field required"),
        (lambda at: (at / MANIFEST_FILE).write_text("no"), "manifest.json: the file: Invalid JSON"),
    ],
)
def test_what_is_wrong_with_the_weights_is_one_sentence(written, spoil, sentence):
    spoil(written)

    with pytest.raises(WeightsError) as refused:
        verify(written)

    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_of_the_right_size_with_one_other_byte_is_found(written):
    file = written / "unet/model.safetensors"
    content = bytearray(file.read_bytes())
    content[2500] ^= 1
    file.write_bytes(content)

    with pytest.raises(WeightsError, match="unet/model.safetensors does not have the sum"):
        verify(written)


def test_a_manifest_that_names_a_pickle_is_refused_though_its_sum_is_right(written):
    (written / "model.safetensors").write_bytes(b"")
    write_manifest(written, **GIVEN)
    (written / "model.safetensors").rename(written / "model.bin")
    text = (written / MANIFEST_FILE).read_text().replace('"model.safetensors"', '"model.bin"')
    (written / MANIFEST_FILE).write_text(text)

    with pytest.raises(WeightsError, match="model.bin can run code when it is loaded"):
        verify(written)


@pytest.mark.parametrize("file", ["pytorch_model.bin", "unet/pipeline.py", "x.CKPT"])
def test_what_runs_code_gets_no_manifest(folder, file):
    (folder / file).write_bytes(b"x")

    with pytest.raises(WeightsError, match="can run code"):
        write_manifest(folder, **GIVEN)


def test_a_link_that_leads_out_of_the_folder_is_refused(folder, tmp_path):
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


def test_licence_and_revision_come_from_what_the_download_left(folder):
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
        ({"revision": "x@y"}, "nothing says which licence model_index.json has"),
        ({"licence": "MIT"}, "nothing says which revision model_index.json is of"),
    ],
)
def test_what_nobody_says_is_asked_for(folder, given, sentence):
    with pytest.raises(WeightsError, match=sentence):
        write_manifest(folder, **given)


def test_a_folder_that_is_not_there_and_an_empty_one_are_named(tmp_path):
    with pytest.raises(WeightsError, match="is not a folder"):
        write_manifest(tmp_path / "nowhere", **GIVEN)
    with pytest.raises(WeightsError, match="is empty"):
        write_manifest(tmp_path, **GIVEN)


def test_the_command_says_what_it_wrote(folder, capsys, monkeypatch):
    monkeypatch.setattr(
        "sys.argv", ["weights", str(folder), "--licence", "MIT", "--revision", "a/b@c"]
    )

    weights.main()

    assert "2 files" in capsys.readouterr().out
    assert json.loads((folder / MANIFEST_FILE).read_text())["files"][0]["licence"] == "MIT"


def test_the_command_ends_with_the_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["weights", str(tmp_path / "nowhere")])

    with pytest.raises(SystemExit, match=r"WeightsError: .* is not a folder"):
        weights.main()


def test_offline_means_offline(monkeypatch):
    for name in weights.OFFLINE:
        monkeypatch.delenv(name, raising=False)

    go_offline()

    assert os.environ["HF_HUB_OFFLINE"] == os.environ["TRANSFORMERS_OFFLINE"] == "1"

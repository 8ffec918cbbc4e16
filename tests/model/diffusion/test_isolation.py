"""Nothing of one user's job stays or reaches the next user's."""

import gc
import tempfile

import pytest
import torch
from peft import LoraConfig

from likeness_model.diffusion import lora
from likeness_model.diffusion.engine import BaseChangedError
from likeness_model.diffusion.memory import weight_checksum
from tests.model.diffusion.conftest import ENGINES, OTHER_USER, USER, checksums, engine, run


@pytest.fixture(params=sorted(ENGINES))
def own_engine(request):
    """An engine that only this test uses."""
    return engine(request.param)


def weights(engine):
    return {
        f"{part}.{name}": value.clone()
        for part, network in engine.pipeline.networks().items()
        for name, value in network.state_dict().items()
    }


def test_a_job_does_not_change_a_bit_of_the_base(own_engine, tmp_path):
    before = weights(own_engine)

    run(own_engine, tmp_path)
    after = weights(own_engine)

    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_the_next_user_gets_the_same_pictures_as_from_a_new_engine(own_engine, tmp_path):
    run(own_engine, tmp_path / "first", photos=USER)
    second = run(own_engine, tmp_path / "second", photos=OTHER_USER)

    alone = run(engine(own_engine.name), tmp_path / "alone", photos=OTHER_USER)
    assert checksums(second) == checksums(alone)


def test_a_failed_job_leaves_nothing_either(own_engine, tmp_path, monkeypatch):
    generate = own_engine.pipeline.generate

    def broken(*_args, **_how):
        raise RuntimeError("a fault while drawing")

    monkeypatch.setattr(own_engine.pipeline, "generate", broken)
    with pytest.raises(RuntimeError):
        run(own_engine, tmp_path / "first", photos=USER)
    monkeypatch.setattr(own_engine.pipeline, "generate", generate)

    second = run(own_engine, tmp_path / "second", photos=OTHER_USER)
    alone = run(engine(own_engine.name), tmp_path / "alone", photos=OTHER_USER)
    assert checksums(second) == checksums(alone)


def test_no_adapter_or_tensor_of_a_job_stays_in_memory(own_engine, tmp_path):
    run(own_engine, tmp_path / "warm")  # objects that the libraries create once
    gc.collect()
    before = _tensors()

    run(own_engine, tmp_path / "job", photos=OTHER_USER)
    gc.collect()

    assert _tensors() <= before
    for network in own_engine.pipeline.networks().values():
        assert lora.USER not in lora.loaded(network)
        assert lora.user_parameters(network) == {}


def test_only_pictures_and_records_stay_on_the_disk(own_engine, tmp_path, monkeypatch):
    scratch, checkpoints = tmp_path / "tmp", tmp_path / "checkpoints"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))

    run(own_engine, checkpoints)

    names = {path.name for path in checkpoints.rglob("*")}
    avatars = {f"a0{n}.{ending}" for n in (1, 2, 3) for ending in ("png", "json")}
    assert names == avatars | {"result.json", "progress.json"}
    assert list(scratch.iterdir()) == []


def test_no_face_is_written_where_no_run_resumes(tmp_path, monkeypatch):
    """The endpoint: each job has its own folder."""
    loaded = engine("tiny-lora")
    monkeypatch.setattr(
        "likeness_model.diffusion.training_checkpoint.write_atomically",
        lambda *_: pytest.fail("a training checkpoint was written"),
    )

    assert len(run(loaded, tmp_path, resumable=False).avatars) == 3


def test_a_changed_base_raises_an_error(own_engine, tmp_path, monkeypatch):
    """Like fusing and unfusing an adapter: one rounding in one tensor."""
    generate = own_engine.pipeline.generate

    def changes_a_weight(*args, **how):
        weight = next(iter(own_engine.pipeline.drawing_network.parameters()))
        weight.data.view(-1)[0] = torch.nextafter(weight.data.view(-1)[0], torch.tensor(9.0))
        return generate(*args, **how)

    monkeypatch.setattr(own_engine.pipeline, "generate", changes_a_weight)

    with pytest.raises(BaseChangedError, match="load them again"):
        run(own_engine, tmp_path)


def test_the_checksum_detects_a_flipped_bit_and_swapped_weights():
    layer = torch.nn.Linear(64, 64)
    before = weight_checksum(layer, without=lora.USER)
    with torch.no_grad():
        layer.weight[3, 5], layer.weight[5, 3] = (
            layer.weight[5, 3].clone(),
            layer.weight[3, 5].clone(),
        )
    swapped = weight_checksum(layer, without=lora.USER)
    layer.weight.data.view(torch.int32)[0, 0] ^= 1

    assert len({before, swapped, weight_checksum(layer, without=lora.USER)}) == 3


def test_the_checksum_differs_for_every_type_of_weight():
    values = torch.arange(8)
    seen = {
        weight_checksum(_holding(values.to(kind)), without=lora.USER)
        for kind in (torch.float32, torch.bfloat16, torch.float64, torch.int64, torch.uint8)
    }

    assert len(seen) == 5


def test_unloading_keeps_the_adapters_of_the_base():
    """SDXL's distilled sampler is one."""
    pipeline = engine("tiny-lora").pipeline
    config = LoraConfig(r=2, init_lora_weights=False, target_modules=["to_q"])
    pipeline.drawing_network.add_adapter(config, adapter_name=lora.SAMPLER)
    lora.set_active(pipeline.drawing_network, [lora.SAMPLER])
    before = weight_checksum(pipeline.drawing_network, without=lora.USER)

    lora.load(pipeline.drawing_network, pipeline.targets, 4, seed=1)
    lora.set_active(pipeline.drawing_network, [lora.SAMPLER, lora.USER])
    lora.unload(pipeline.drawing_network)

    assert lora.loaded(pipeline.drawing_network) == (lora.SAMPLER,)
    assert pipeline.drawing_network.active_adapters() == [lora.SAMPLER]
    assert weight_checksum(pipeline.drawing_network, without=lora.USER) == before


def _tensors():
    return sum(issubclass(type(each), torch.Tensor) for each in gc.get_objects())


def _holding(values):
    module = torch.nn.Module()
    module.register_buffer("values", values)
    return module

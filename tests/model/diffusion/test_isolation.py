"""Nothing of one user's job reaches the next user's, nor stays behind."""

import gc
import tempfile

import pytest
import torch
from peft import LoraConfig

from likeness_model.diffusion.engine import BaseChangedError
from likeness_model.diffusion.lora import (
    FAST,
    PERSON,
    person_parameters,
    put_on,
    residents,
    take_off,
    wear,
)
from likeness_model.diffusion.memory import fingerprint
from tests.model.diffusion.conftest import ENGINES, OTHER_USER, USER, engine, run, sums


@pytest.fixture(params=sorted(ENGINES))
def mine(request):
    """An engine of this test's own."""
    return engine(request.param)


def weights(engine):
    return {
        f"{part}.{name}": value.clone()
        for part, network in engine.backend.networks().items()
        for name, value in network.state_dict().items()
    }


def test_the_base_is_the_same_bit_for_bit_after_a_job(mine, tmp_path):
    before = weights(mine)

    run(mine, tmp_path)
    after = weights(mine)

    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_the_next_user_gets_what_a_fresh_engine_would_have_drawn(mine, tmp_path):
    run(mine, tmp_path / "first", photos=USER)
    second = run(mine, tmp_path / "second", photos=OTHER_USER)

    alone = run(engine(mine.name), tmp_path / "alone", photos=OTHER_USER)
    assert sums(second) == sums(alone)


def test_a_job_that_fails_leaves_no_more_than_one_that_ends(mine, tmp_path, monkeypatch):
    paint = mine.backend.paint

    def broken(*_args, **_how):
        raise RuntimeError("a fault while drawing")

    monkeypatch.setattr(mine.backend, "paint", broken)
    with pytest.raises(RuntimeError):
        run(mine, tmp_path / "first", photos=USER)
    monkeypatch.setattr(mine.backend, "paint", paint)

    second = run(mine, tmp_path / "second", photos=OTHER_USER)
    alone = run(engine(mine.name), tmp_path / "alone", photos=OTHER_USER)
    assert sums(second) == sums(alone)


def test_no_adapter_and_no_tensor_of_a_job_stays_in_memory(mine, tmp_path):
    run(mine, tmp_path / "warm")  # what the libraries make once
    gc.collect()
    before = _tensors()

    run(mine, tmp_path / "job", photos=OTHER_USER)
    gc.collect()

    assert _tensors() <= before
    for network in mine.backend.networks().values():
        assert PERSON not in residents(network)
        assert person_parameters(network) == {}


def test_only_pictures_and_their_records_stay_on_the_disk(mine, tmp_path, monkeypatch):
    scratch, checkpoints = tmp_path / "tmp", tmp_path / "checkpoints"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))

    run(mine, checkpoints)

    names = {path.name for path in checkpoints.rglob("*")}
    avatars = {f"a0{n}.{ending}" for n in (1, 2, 3) for ending in ("png", "json")}
    assert names == avatars | {"result.json", "progress.json"}
    assert list(scratch.iterdir()) == []


def test_a_base_that_was_changed_ends_the_engine(mine, tmp_path, monkeypatch):
    """As fusing an adapter and taking it out again would: one rounding, in one tensor."""
    paint = mine.backend.paint

    def touches(*args, **how):
        weight = next(iter(mine.backend.artist.parameters()))
        weight.data.view(-1)[0] = torch.nextafter(weight.data.view(-1)[0], torch.tensor(9.0))
        return paint(*args, **how)

    monkeypatch.setattr(mine.backend, "paint", touches)

    with pytest.raises(BaseChangedError, match="load them anew"):
        run(mine, tmp_path)


def test_the_fingerprint_sees_one_bit_and_two_that_change_places():
    layer = torch.nn.Linear(64, 64)
    before = fingerprint(layer, without=PERSON)
    with torch.no_grad():
        layer.weight[3, 5], layer.weight[5, 3] = (
            layer.weight[5, 3].clone(),
            layer.weight[3, 5].clone(),
        )
    swapped = fingerprint(layer, without=PERSON)
    layer.weight.data.view(torch.int32)[0, 0] ^= 1

    assert len({before, swapped, fingerprint(layer, without=PERSON)}) == 3


def test_the_fingerprint_of_every_type_of_weight_is_its_own():
    values = torch.arange(8)
    seen = {
        fingerprint(_holding(values.to(kind)), without=PERSON)
        for kind in (torch.float32, torch.bfloat16, torch.float64, torch.int64, torch.uint8)
    }

    assert len(seen) == 5


def test_an_adapter_of_the_base_stays_and_the_users_goes():
    """As SDXL's distilled sampler does, which is one."""
    backend = engine("tiny-lora").backend
    config = LoraConfig(r=2, init_lora_weights=False, target_modules=["to_q"])
    backend.artist.add_adapter(config, adapter_name=FAST)
    wear(backend.artist, [FAST])
    before = fingerprint(backend.artist, without=PERSON)

    put_on(backend.artist, backend.targets, 4, seed=1)
    wear(backend.artist, [FAST, PERSON])
    take_off(backend.artist)

    assert residents(backend.artist) == (FAST,)
    assert backend.artist.active_adapters() == [FAST]
    assert fingerprint(backend.artist, without=PERSON) == before


def _tensors():
    return sum(issubclass(type(each), torch.Tensor) for each in gc.get_objects())


def _holding(values):
    module = torch.nn.Module()
    module.register_buffer("values", values)
    return module

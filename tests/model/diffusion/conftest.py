"""Tiny pipelines of the real classes, on one thread of the CPU.

`trained` bases are trained on procedural identities: only a base that knows what faces have in
common can be trained on one face in a meaningful way.
"""

import hashlib
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from diffusers import Flux2KleinPipeline, StableDiffusionXLPipeline
from diffusers.utils import convert_state_dict_to_kohya
from peft import LoraConfig, get_peft_model_state_dict
from safetensors.torch import save_file
from torch.nn import functional

from likeness.contracts.container import GenerationOrder
from likeness_model.diffusion import lora
from likeness_model.diffusion.engine import DiffusionEngine
from likeness_model.diffusion.pipelines import klein, sdxl
from likeness_model.diffusion.pipelines.base import EncodedPrompts
from likeness_model.diffusion.recipe import TINY_LORA, TINY_REF
from likeness_model.diffusion.shapes import (
    klein_components,
    klein_transformer,
    random_pipeline,
    sdxl_components,
)
from likeness_model.diffusion.training_step import TrainingSet
from likeness_model.generation.job import run_job
from likeness_model.tools.export import klein_to_kohya
from likeness_model.tools.weights import write_manifest
from tests.model.conftest import JOB, demo_bytes

FAMILIES = ("sdxl", "klein")
CHANNELS = {"sdxl": 4, "klein": 16}
SIDE = 8  # of latents
ENGINES = {
    "tiny-lora": ("sdxl", TINY_LORA),
    "flux2-klein-4b-lora-ref": ("klein", replace(TINY_LORA, references=2, reference_side=64)),
    "tiny-ref": ("klein", TINY_REF),
}


NOT_OURS = (  # diffusers 0.42 beside NumPy 2
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning",
)


def pytest_collection_modifyitems(items):
    for item in items:
        if item.nodeid.startswith("tests/model/diffusion/"):
            item.add_marker(pytest.mark.long)
            for warning in NOT_OURS:
                item.add_marker(pytest.mark.filterwarnings(warning))


@pytest.fixture(autouse=True, scope="session")
def one_torch_thread():
    torch.set_num_threads(1)


def identity(seed):
    return torch.randn(1, 8, generator=torch.Generator().manual_seed(seed)) * 2


def faces(family, count, seed, of=None):
    """Latents of `count` faces: smooth fields from the eight numbers of an identity, with small
    differences between pictures. Without an identity, each face has its own."""
    chance = torch.Generator().manual_seed(seed)
    channels = CHANNELS[family]
    features = torch.randn(8, channels, 4, 4, generator=torch.Generator().manual_seed(99))
    features = functional.interpolate(features, size=SIDE, mode="bicubic") / 1.5
    who = torch.randn(count, 8, generator=chance) if of is None else of
    who = who + 0.3 * torch.randn(count, 8, generator=chance)
    return torch.einsum("nk,kchw->nchw", who, features)


def repeated(prompts: EncodedPrompts, count: int) -> EncodedPrompts:
    return prompts.pick([0] * count)


def train(pipeline, family, *, steps=160, batch=8):
    """Train the whole base on faces."""
    pipeline.trained_network.requires_grad_(True)
    optimiser = torch.optim.AdamW(pipeline.trained_network.parameters(), lr=2e-3, fused=True)
    chance = torch.Generator().manual_seed(0)
    prompts = repeated(pipeline.encode_prompts(["photo of a person"]), batch)
    for step in range(steps):
        latents = faces(family, batch, seed=step)
        noise = torch.randn(latents.shape, generator=chance)
        loss = pipeline.losses(latents, prompts, noise, torch.rand(batch, generator=chance)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    pipeline.trained_network.requires_grad_(False)


@pytest.fixture(scope="session", params=FAMILIES)
def trained(request):
    """(family, pipeline), its base trained once for all tests, which must not change it."""
    recipe = replace(TINY_LORA, steps=80, batch=4, rank=8, learning_rate=2e-3)
    pipeline = random_pipeline("trained", recipe, family=request.param, tiny=True)
    train(pipeline, request.param)
    return request.param, pipeline


def loss_on(pipeline, family, of):
    """Mean loss on 64 unseen pictures of an identity, with the same noise each time."""
    chance = torch.Generator().manual_seed(5)
    latents = faces(family, 64, seed=6, of=of)
    noise = torch.randn(latents.shape, generator=chance)
    noise_levels = 0.2 + 0.8 * torch.rand(64, generator=chance)
    prompts = repeated(pipeline.encode_prompts(["photo of ohwx person"]), 64)
    with torch.no_grad():
        return pipeline.losses(latents, prompts, noise, noise_levels).mean().item()


def training_set_of(pipeline, family, of, *, others=0):
    """Six pictures of an identity, and `others` of other people."""
    latents = faces(family, 6, seed=70, of=of)
    prompts = ["photo of ohwx person"] * 6 + ["photo of a person"] * others
    if others:
        latents = torch.cat([latents, faces(family, others, seed=71)])
    return TrainingSet(latents, pipeline.encode_prompts(prompts), prior=others)


@pytest.fixture
def few_steps(trained):
    """The trained pipeline with a recipe of eight steps, restored afterwards."""
    family, pipeline = trained
    before = pipeline.recipe
    pipeline.recipe = replace(before, steps=8, batch=2, checkpoint_every=4)
    yield family, pipeline
    pipeline.recipe = before


def engine(name, seed=0, **changes):
    family, recipe = ENGINES[name]
    recipe = replace(
        recipe, **({"steps": 4, "checkpoint_every": 2} if recipe.trains else {}), **changes
    )
    return DiffusionEngine(random_pipeline(name, recipe, family=family, tiny=True, seed=seed))


@pytest.fixture(scope="session", params=sorted(ENGINES))
def loaded(request):
    """An engine that stays loaded for all tests, as for many users in a container."""
    return engine(request.param)


@pytest.fixture(scope="session")
def lora_engine():
    return engine("tiny-lora")


def order_of(name, photos, styles=("glamour", "cosmic", "glamour"), **changes):
    avatars = [
        {"avatar_id": f"a{n:02}", "style": style, "seed": n} for n, style in enumerate(styles, 1)
    ]
    listed = [
        {"photo_id": photo_id, "sha256": hashlib.sha256(content).hexdigest()}
        for photo_id, content in photos.items()
    ]
    order = {"job_id": JOB, "attempt": 1, "size": 96, "engine": name, "photos": listed}
    return GenerationOrder.model_validate(order | {"avatars": avatars} | changes)


def small(word):
    """A demo photo at a third of its side: faster to analyse."""
    photo = cv2.imdecode(np.frombuffer(demo_bytes(word), np.uint8), cv2.IMREAD_COLOR)
    photo = cv2.resize(photo, (400, 400), interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", photo)[1].tobytes()


USER = {"p01": small("close"), "p02": small("tilted")}
OTHER_USER = {"p01": small("mirrored"), "p02": small("looking")}


def run(loaded, folder: Path, photos=None, *, engine=None, resumable=True, **changes):
    """Run a job with a loaded engine; the order names it, or another `engine`."""
    photos = photos or USER
    order = order_of(engine or loaded.name, photos, **changes)
    return run_job(order, photos, folder, load=lambda _name: loaded, resumable=resumable)


def checksums(result):
    return {avatar.avatar_id: avatar.sha256 for avatar in result.avatars}


def equal(one, other):
    """Tensors by name, bit for bit."""
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


# --- an operator's folder of weights --------------------------------------------------------------


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """An operator's folder per family, in the real layout, with tiny weights."""
    made = {family: tmp_path_factory.mktemp(family) for family in FAMILIES}
    with torch.random.fork_rng():
        torch.manual_seed(3)
        base = StableDiffusionXLPipeline(**sdxl_components(tiny=True), add_watermarker=False)
        base.save_pretrained(made["sdxl"] / sdxl.BASE)
        file = made["sdxl"] / sdxl.LIGHTNING / "sdxl_lightning_8step_lora.safetensors"
        save_adapter(base.unet, file, layers=EVERY_LAYER, dtype=torch.float16)
        save_adapter(base.unet, made["sdxl"] / "styles/sdxl/oil.safetensors")

        distilled = Flux2KleinPipeline(**klein_components(tiny=True), is_distilled=True)
        distilled.save_pretrained(made["klein"] / klein.DISTILLED)
        klein_transformer(tiny=True).save_pretrained(
            made["klein"] / klein.UNDISTILLED / "transformer"
        )
        save_adapter(distilled.transformer, made["klein"] / "styles/klein/oil.safetensors")
    for folder in made.values():
        write_manifest(folder, licence="apache-2.0", revision="owner/model@" + "0" * 40)
    return made


# Those of SDXL-Lightning's adapter (fp16, rank 64), as diffusers' train_lcm_distill_lora_sdxl.py
# names them: attention, projections, feed-forward networks and the convolutions.
EVERY_LAYER = ("to_q", "to_k", "to_v", "to_out.0", "proj_in", "proj_out", "ff.net.0.proj")
EVERY_LAYER += ("ff.net.2", "conv1", "conv2", "conv_shortcut", "time_emb_proj")
EVERY_LAYER += ("downsamplers.0.conv", "upsamplers.0.conv")
ATTENTION = ("to_q", "to_k", "to_v", "to_out.0", "to_qkv_mlp_proj")


def save_adapter(network, file, *, layers=ATTENTION, dtype=torch.float32):
    """A random adapter in kohya's names, in which such adapters are published. `alpha` is half
    the rank, so that a loader that ignores it makes another picture."""
    config = LoraConfig(r=2, lora_alpha=2, init_lora_weights=False, target_modules=list(layers))
    network.add_adapter(config, adapter_name="random")
    state = get_peft_model_state_dict(network, adapter_name="random")
    network.delete_adapters("random")
    network.unload_lora()
    state = {name: (0.05 * torch.randn(value.shape)).to(dtype) for name, value in state.items()}
    if "single_transformer_blocks" in "".join(state):
        kohya = klein_to_kohya(state)
    else:
        kohya = convert_state_dict_to_kohya({f"unet.{k}": v for k, v in state.items()})
    for name in kohya:
        if name.endswith(".alpha"):
            kohya[name] = torch.tensor(1.0)
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: value.contiguous() for name, value in kohya.items()}, file)


def small_recipe(pipeline, **changes):
    """A loaded engine with the sides and counts of the tiny ones."""
    small = {"training_side": 64, "drawing_side": 64, "reference_side": 64, "prompt_tokens": 24}
    small |= {"drawing_steps": 2, "rank": 4, "shows_faces": False}
    if pipeline.recipe.trains:
        small |= {"steps": 2, "least_steps": 1, "checkpoint_every": 2}
    pipeline.recipe = replace(pipeline.recipe, **{**small, **changes})
    return pipeline


def random_state(pipeline, seed=9):
    """A user's adapter with an effect, not trained."""
    lora.load(pipeline.drawing_network, pipeline.targets, pipeline.recipe.rank, seed=seed)
    chance = torch.Generator().manual_seed(seed)
    state = {
        name: 0.3 * torch.randn(value.shape, generator=chance)
        for name, value in lora.user_state(pipeline.drawing_network).items()
    }
    lora.unload(pipeline.drawing_network)
    return state

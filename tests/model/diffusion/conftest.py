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
from torch.nn import functional

from likeness.contracts import GenerationOrder
from likeness_model.diffusion.engine import DiffusionEngine
from likeness_model.diffusion.pipelines.base import EncodedPrompts
from likeness_model.diffusion.recipe import TINY_LORA, TINY_REF
from likeness_model.diffusion.shapes import random_pipeline
from likeness_model.diffusion.training import TrainingSet
from likeness_model.generation.job import run_job
from tests.model.conftest import JOB, demo_bytes

FAMILIES = ("sdxl", "klein")
CHANNELS = {"sdxl": 4, "klein": 16}
SIDE = 8  # of latents
ENGINES = {
    "tiny-lora": ("sdxl", TINY_LORA),
    "flux2-klein-4b-lora": ("klein", TINY_LORA),
    "tiny-ref": ("klein", TINY_REF),
}


HERE = Path(__file__).parent
NOT_OURS = (  # diffusers 0.42 beside NumPy 2
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning",
)


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.long)
            for warning in NOT_OURS:
                item.add_marker(pytest.mark.filterwarnings(warning))


@pytest.fixture(autouse=True, scope="session")
def one_thread():
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


def run(loaded, folder: Path, photos=None, *, engine=None, **changes):
    """Run a job with a loaded engine; the order names it, or another `engine`."""
    photos = photos or USER
    order = order_of(engine or loaded.name, photos, **changes)
    return run_job(order, photos, folder, load=lambda _name: loaded)


def checksums(result):
    return {avatar.avatar_id: avatar.sha256 for avatar in result.avatars}


def equal(one, other):
    """Tensors by name, bit for bit."""
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)

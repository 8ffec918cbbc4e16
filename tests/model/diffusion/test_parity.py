"""Pictures and training losses are those of diffusers, from the same folder of weights.

The references call diffusers' own pipelines with words, pictures and adapter files, as its
documentation does. On one thread of the CPU the pictures are equal to the byte.
"""

from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch
from diffusers import EulerDiscreteScheduler, Flux2KleinPipeline, StableDiffusionXLPipeline
from PIL import Image

from likeness_model.diffusion import lora
from likeness_model.diffusion.encoding import encode_prompts
from likeness_model.diffusion.loading import load_pipeline
from likeness_model.diffusion.pipelines import klein, sdxl
from likeness_model.diffusion.recipe import TINY_LORA
from likeness_model.diffusion.shapes import random_pipeline
from likeness_model.tools.export import export
from tests.model.diffusion.conftest import random_state, small_recipe

LIGHTNING_FILE = "sdxl_lightning_8step_lora.safetensors"
TEXTS = ["oil painting of ohwx person", "pencil drawing of ohwx person"]
SEEDS = [11, 12]
ENGINE = {"sdxl": "sdxl-lora", "klein": "flux2-klein-4b-lora"}


@pytest.fixture(
    scope="module",
    params=[
        (family, dtype) for family in sorted(ENGINE) for dtype in (torch.float32, torch.bfloat16)
    ],
    ids=lambda param: f"{param[0]}-{param[1]}",
)
def both(request, folders, tmp_path_factory):
    """(our pipeline, diffusers' pipeline, a user's adapter and its file)."""
    family, dtype = request.param
    folder = folders[family]
    ours = small_recipe(load_pipeline(ENGINE[family], folder, device="cpu", dtype=dtype))
    state = random_state(ours)
    file, _ = export(ours, state, tmp_path_factory.mktemp("adapter"))
    return ours, reference(family, folder, dtype), state, file


def reference(family, folder, dtype):
    """diffusers' pipeline, with the adapters of the base, as the models' cards load them."""
    with lora.several_adapters():
        return _reference(family, folder, dtype)


def _reference(family, folder, dtype):
    if family == "sdxl":
        pipe = StableDiffusionXLPipeline.from_pretrained(
            folder / sdxl.BASE, dtype=dtype, add_watermarker=False
        )
        pipe.load_lora_weights(
            str(folder / sdxl.LIGHTNING), weight_name=LIGHTNING_FILE, adapter_name="fast"
        )
        pipe.scheduler = EulerDiscreteScheduler.from_config(
            pipe.scheduler.config, timestep_spacing="trailing"
        )
    else:
        pipe = Flux2KleinPipeline.from_pretrained(folder / klein.DISTILLED, dtype=dtype)
    pipe.load_lora_weights(
        str(folder / "styles" / family), weight_name="oil.safetensors", adapter_name="oil"
    )
    pipe.vae.enable_slicing()  # a batch decoded at once differs in the last bit
    pipe.set_progress_bar_config(disable=True)
    return pipe


def theirs(pipe, recipe, adapters, pictures=(), **how):
    if adapters:
        pipe.enable_lora()
        pipe.set_adapters(adapters)
    else:
        pipe.disable_lora()
    drawn = pipe(
        prompt=TEXTS,
        num_inference_steps=recipe.drawing_steps,
        generator=[torch.Generator().manual_seed(seed) for seed in SEEDS],
        height=recipe.drawing_side,
        width=recipe.drawing_side,
        output_type="pil",
        **({"image": [Image.fromarray(one) for one in pictures]} if pictures else {}),
        **({"max_sequence_length": recipe.prompt_tokens} if hasattr(pipe, "transformer") else {}),
        **{"guidance_scale": 1.0, **how},
    ).images
    return [np.asarray(one) for one in drawn]


def our(pipeline, adapters, pictures=()):
    lora.set_active(pipeline.drawing_network, adapters)
    return pipeline.generate(encode_prompts(pipeline, TEXTS), SEEDS, references=pictures)


def furthest(one, other):
    """The largest difference of a pixel, 0..255."""
    return max(int(np.abs(a.astype(int) - b).max()) for a, b in zip(one, other, strict=True))


def pictures(count):
    return [
        np.random.default_rng(n).integers(0, 255, (64, 64, 3), dtype=np.uint8) for n in range(count)
    ]


@contextmanager
def with_user(both):
    """The user's adapter on both pipelines. diffusers rounds it to the network's type; ours keeps
    32 bits, so it is rounded here."""
    ours, pipe, state, file = both
    lora.load(ours.drawing_network, ours.targets, ours.recipe.rank, seed=0, state=state)
    for parameter in lora.user_parameters(ours.drawing_network).values():
        parameter.data = parameter.data.to(ours.dtype)
    with lora.several_adapters():
        pipe.load_lora_weights(str(file.parent), weight_name=file.name, adapter_name=lora.USER)
        try:
            yield
        finally:
            lora.unload(ours.drawing_network)
            pipe.delete_adapters(lora.USER)


@pytest.mark.parametrize("style", [(), ("oil",)], ids=["plain", "style"])
def test_pictures_are_those_of_diffusers(both, style):
    ours, pipe, *_ = both
    base = [name for name in (lora.SAMPLER,) if name in lora.loaded(ours.drawing_network)]
    without = our(ours, [*base, *style])

    assert furthest(without, theirs(pipe, ours.recipe, [*base, *style])) == 0
    with with_user(both):
        drawn = our(ours, [*base, *style, lora.USER])
        assert furthest(drawn, theirs(pipe, ours.recipe, [*base, *style, lora.USER])) == 0
    assert furthest(drawn, without) > 3
    assert furthest(drawn[:1], drawn[1:]) > 10


@pytest.mark.parametrize("count", [1, 2])
def test_references_are_shown_as_diffusers_shows_them(both, count):
    ours, pipe, *_ = both
    if not isinstance(ours, klein.Klein):
        pytest.skip("SDXL takes no reference pictures")
    shown = pictures(count)

    drawn = our(ours, [], shown)
    assert furthest(drawn, theirs(pipe, ours.recipe, [], shown)) == 0
    assert furthest(drawn, our(ours, [], shown[:-1])) > 0
    with with_user(both):
        drawn = our(ours, [lora.USER], shown)
        assert furthest(drawn, theirs(pipe, ours.recipe, [lora.USER], shown)) == 0


def test_a_distilled_sampler_starts_from_pure_noise_whatever_its_file_names():
    """SDXL-Lightning's card asks for "trailing" times. The file here names no `timestep_spacing`,
    which diffusers then takes from its defaults."""
    recipe = replace(TINY_LORA, drawing_steps=8)
    pipeline = random_pipeline("tiny", recipe, family="sdxl", tiny=True)
    assert "timestep_spacing" in pipeline.pipe.scheduler.config["_use_default_values"]

    pipeline.generate(pipeline.encode_prompts(TEXTS[:1]), [1])

    times = pipeline.pipe.scheduler.timesteps.tolist()
    assert times == [999, 874, 749, 624, 499, 374, 249, 124]


def test_guidance_is_that_of_diffusers(folders):
    """Up to rounding: the negative prompt is encoded once, by diffusers once for each picture."""
    ours = load_pipeline("sdxl-lora", folders["sdxl"], device="cpu")
    small_recipe(ours, guidance=5.0)
    pipe = reference("sdxl", folders["sdxl"], torch.float32)
    lora.set_active(ours.drawing_network, [lora.SAMPLER])
    negative = ours.encode_prompts(["several people"])
    drawn = ours.generate(encode_prompts(ours, TEXTS), SEEDS, negative=negative)

    guided = {"guidance_scale": 5.0, "negative_prompt": ["several people"] * 2}
    assert furthest(drawn, theirs(pipe, ours.recipe, [lora.SAMPLER], **guided)) <= 1

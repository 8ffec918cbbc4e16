"""Pictures and training losses are those of diffusers, from the same folder of weights.

The references call diffusers' own pipelines with words, pictures and adapter files, as its
documentation does. On one thread the pictures are equal, but for the last bit of the CPU's kernels:
on some CPUs they are equal to the byte, on an AMD EPYC one value of 12,288 is one level off.
"""

from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch
from diffusers import (
    DDPMScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinPipeline,
    Flux2Transformer2DModel,
    StableDiffusionXLPipeline,
)
from diffusers.pipelines.flux2.pipeline_flux2_klein import compute_empirical_mu
from diffusers.training_utils import compute_density_for_timestep_sampling
from peft import LoraConfig
from PIL import Image

from likeness_model.diffusion import lora
from likeness_model.diffusion.encoding import encode_prompts
from likeness_model.diffusion.loading import load_pipeline
from likeness_model.diffusion.pipelines import klein, sdxl
from likeness_model.diffusion.recipe import TINY_LORA
from likeness_model.diffusion.shapes import KLEIN as KLEIN_SHAPE, random_pipeline
from likeness_model.errors import WeightsError
from likeness_model.tools.export import export
from tests.model.diffusion.conftest import random_state, small_recipe

LIGHTNING_FILE = "sdxl_lightning_8step_lora.safetensors"
TEXTS = ["oil painting of ohwx person", "pencil drawing of ohwx person"]
SEEDS = [11, 12]
ENGINE = {"sdxl": "sdxl-lora", "klein": "flux2-klein-4b-lora"}
CASES = [(family, dtype) for family in ENGINE for dtype in (torch.float32, torch.bfloat16)]
SDXL = pytest.mark.parametrize("both", CASES[:1], indirect=True, ids=str)
KLEIN = pytest.mark.parametrize("both", CASES[2:], indirect=True, ids=str)


@pytest.fixture(scope="module", params=CASES, ids=str)
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


def same(one, other):
    """No value is more than one level off, and one of a thousand at most."""
    off = sum(int((a != b).sum()) for a, b in zip(one, other, strict=True))
    return furthest(one, other) <= 1 and off <= sum(a.size for a in one) / 1000


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

    assert same(without, theirs(pipe, ours.recipe, [*base, *style]))
    with with_user(both):
        drawn = our(ours, [*base, *style, lora.USER])
        assert same(drawn, theirs(pipe, ours.recipe, [*base, *style, lora.USER]))
    assert furthest(drawn, without) > 3
    assert furthest(drawn[:1], drawn[1:]) > 10


@KLEIN
@pytest.mark.parametrize("count", [1, 2])
def test_references_are_shown_as_diffusers_shows_them(both, count):
    ours, pipe, *_ = both
    shown = pictures(count)

    drawn = our(ours, [], shown)
    assert same(drawn, theirs(pipe, ours.recipe, [], shown))
    assert furthest(drawn, our(ours, [], shown[:-1])) > 0
    with with_user(both):
        drawn = our(ours, [lora.USER], shown)
        assert same(drawn, theirs(pipe, ours.recipe, [lora.USER], shown))


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


@KLEIN
def test_only_the_layers_that_the_prompt_reads_run(both):
    ours, pipe, *_ = both
    encoder = ours.full.text_encoder
    assert len(encoder.model.layers) == 27 < len(pipe.text_encoder.model.layers)
    assert not list(encoder.lm_head.parameters())

    found = ours.encode_prompts(TEXTS).rows["tokens"]
    assert torch.equal(found, pipe.encode_prompt(TEXTS, max_sequence_length=24)[0])


def test_equal_texts_are_encoded_once(monkeypatch):
    pipeline = random_pipeline("s", TINY_LORA, family="sdxl", tiny=True)
    encode, seen = pipeline.encode_prompts, []
    monkeypatch.setattr(
        pipeline, "encode_prompts", lambda texts: seen.extend(texts) or encode(texts)
    )
    rows = encode_prompts(pipeline, ["a", "b", "a", "a"]).rows["tokens"]

    assert seen == ["a", "b"]
    assert torch.equal(rows, encode(["a", "b"]).rows["tokens"][[0, 1, 0, 0]])


# --- training -------------------------------------------------------------------------------------


@pytest.fixture
def training(both):
    """The family's latents, noise and levels; our losses for them; the network without adapters."""
    ours, pipe, *_ = both
    network = ours.trained_network
    lora.set_active(ours.drawing_network, [])
    chance = torch.Generator().manual_seed(5)
    shape = (2, 4, 16, 16) if isinstance(ours, sdxl.Sdxl) else (2, 16, 8, 8)
    latents, noise = (torch.randn(shape, generator=chance) for _ in range(2))
    levels = torch.tensor([0.3, 0.8])
    prompts = ours.encode_prompts(TEXTS)

    def losses(**how):
        with torch.no_grad():
            return ours.losses(latents, prompts, noise, levels, **how)

    return ours, pipe, network, (latents, noise, levels), losses


def sdxl_loss(pipe, unet, latents, noise, levels, *, predicts="epsilon"):
    """The formula of diffusers' train_dreambooth_lora_sdxl.py, without its weighting options."""
    scheduler = DDPMScheduler.from_config(pipe.scheduler.config, prediction_type=predicts)
    steps = (levels * 1000).long()
    share = scheduler.alphas_cumprod[steps].view(-1, 1, 1, 1)
    noisy = share.sqrt() * latents + (1 - share).sqrt() * noise
    words, _, pooled, _ = pipe.encode_prompt(TEXTS, do_classifier_free_guidance=False)
    sizes = torch.tensor([[64, 64, 0, 0, 64, 64]] * 2).to(unet.dtype)
    conditions = {"text_embeds": pooled, "time_ids": sizes}
    with torch.no_grad(), torch.autocast("cpu", unet.dtype, enabled=unet.dtype != torch.float32):
        guess = unet(noisy.to(unet.dtype), steps, words, added_cond_kwargs=conditions).sample
    velocity = share.sqrt() * noise - (1 - share).sqrt() * latents
    return (guess.float() - (noise if predicts == "epsilon" else velocity)) ** 2


def klein_loss(pipe, transformer, latents, noise, times):
    """The formula of diffusers' train_dreambooth_lora_flux2_klein.py, for times of 0..1."""
    sigmas = times.view(-1, 1, 1, 1)
    noisy = pipe._pack_latents((1.0 - sigmas) * latents + sigmas * noise)
    words, ids = pipe.encode_prompt(TEXTS, max_sequence_length=24)
    places = pipe._prepare_latent_ids(latents)
    dtype = transformer.dtype
    with torch.no_grad(), torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
        guess = transformer(
            hidden_states=noisy.to(dtype),
            timestep=times,
            guidance=None,
            encoder_hidden_states=words,
            txt_ids=ids,
            img_ids=places,
            return_dict=False,
        )[0]
    guess = pipe._unpack_latents_with_ids(guess, places)
    return (guess.float() - (noise - latents)) ** 2


def test_the_loss_of_a_training_step_is_that_of_diffusers(training):
    ours, pipe, network, (latents, noise, levels), losses = training
    if isinstance(ours, sdxl.Sdxl):
        theirs = sdxl_loss(pipe, network, latents, noise, levels)
    else:
        theirs = klein_loss(pipe, network, latents, noise, ours.timesteps(levels))

    assert torch.equal(losses(), theirs.flatten(1).mean(1))
    weights = torch.rand(2, 1, *latents.shape[2:])
    assert torch.equal(losses(weights=weights), (theirs * weights).flatten(1).mean(1))


def with_prediction(ours, kind):
    """The same parts with another scheduler file."""
    parts = ("unet", "vae", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2")
    components = {part: getattr(ours.full, part) for part in parts}
    components["scheduler"] = EulerDiscreteScheduler.from_config(
        ours.full.scheduler.config, prediction_type=kind
    )
    return sdxl.Sdxl(kind, ours.recipe, components, device=ours.device, dtype=ours.dtype)


@SDXL
def test_a_base_that_predicts_velocity_is_trained_to(training):
    ours, pipe, network, (latents, noise, levels), losses = training
    velocity = with_prediction(ours, "v_prediction")
    with torch.no_grad():
        found = velocity.losses(latents, velocity.encode_prompts(TEXTS), noise, levels)

    theirs = sdxl_loss(pipe, network, latents, noise, levels, predicts="v_prediction")
    assert found.tolist() == pytest.approx(theirs.flatten(1).mean(1).tolist(), rel=1e-6)
    assert (found - losses()).abs().min() > 1e-3


@SDXL
def test_a_base_with_another_prediction_is_refused(both):
    with pytest.raises(WeightsError, match="prediction_type sample: use a base with epsilon"):
        with_prediction(both[0], "sample")


def test_klein_is_trained_at_the_noise_levels_that_its_sampler_visits():
    """Four steps at 1024 px. The sampler's shift m follows from the second of its times: it moves
    3/4 there. A shifted logit-normal is diffusers' "logit_normal" with the mean log(m)."""
    scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True)
    scheduler.set_timesteps(sigmas=[1.0, 0.75, 0.5, 0.25], mu=compute_empirical_mu(4096, 4))
    visited = scheduler.sigmas[:4]
    assert visited.tolist() == pytest.approx([1.0, 0.967, 0.908, 0.767], abs=1e-3)
    m = visited[1] * (1 - 0.75) / (0.75 * (1 - visited[1]))

    pipeline = random_pipeline("k", TINY_LORA, family="klein", tiny=True)
    # The tiny autoencoder has patches of 4 px instead of 16.
    pipeline.recipe = replace(TINY_LORA, drawing_side=256, drawing_steps=4)
    times = pipeline.timesteps(torch.rand(20000, generator=torch.Generator().manual_seed(1)))

    torch.manual_seed(1)
    theirs = compute_density_for_timestep_sampling(
        "logit_normal", 20000, logit_mean=m.log().item(), logit_std=1.0
    )
    quantiles = torch.linspace(0.05, 0.95, 19)
    assert times.quantile(quantiles).tolist() == pytest.approx(
        theirs.quantile(quantiles).tolist(), abs=0.01
    )
    assert (times >= visited[-1]).float().mean() > 0.8


def test_sdxl_is_trained_at_all_timesteps_uniformly():
    pipeline = random_pipeline("s", TINY_LORA, family="sdxl", tiny=True)

    steps = pipeline.timesteps(torch.rand(20000, generator=torch.Generator().manual_seed(1)))

    assert (steps.min(), steps.max()) == (0, 999)
    assert steps.float().mean() == pytest.approx(499.5, abs=5)


def test_klein_adapts_the_60_layers_that_diffusers_adapts():
    """train_dreambooth_lora_flux2_klein.py, on the true shape (which has 5 and 20 blocks)."""
    with torch.device("meta"):
        network = Flux2Transformer2DModel(**KLEIN_SHAPE)
        network.add_adapter(LoraConfig(r=1, target_modules=list(klein.adapted_layers(20))))

    names = {n.partition(".lora_A")[0] for n, _ in network.named_parameters() if ".lora_A" in n}
    attention = [f"attn.to_{name}" for name in ("q", "k", "v", "out.0")]
    double = {f"transformer_blocks.{n}.{name}" for n in range(5) for name in attention}
    single = {
        f"single_transformer_blocks.{n}.attn.{name}"
        for n in range(20)
        for name in ("to_qkv_mlp_proj", "to_out")
    }
    assert names == double | single
    assert len(names) == 60

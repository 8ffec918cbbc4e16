"""Networks with random weights: small ones for tests and the tiny engines, and ones of the true
shapes, which are as fast as real weights.

The true shapes are those of the published configurations (stabilityai/stable-diffusion-xl-base-1.0,
black-forest-labs/FLUX.2-klein-4B). Nothing is read or downloaded.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderKLFlux2,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    Flux2Transformer2DModel,
    UNet2DConditionModel,
)
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    Qwen2TokenizerFast,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from likeness_model.diffusion.pipelines.base import Pipeline
from likeness_model.diffusion.pipelines.klein import Klein
from likeness_model.diffusion.pipelines.sdxl import Sdxl
from likeness_model.diffusion.recipe import Recipe

CPU = torch.device("cpu")

UNET = {
    "sample_size": 128,
    "attention_head_dim": [5, 10, 20],
    "block_out_channels": [320, 640, 1280],
    "cross_attention_dim": 2048,
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
    "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
    "transformer_layers_per_block": [1, 2, 10],
    "layers_per_block": 2,
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 2816,  # 1280 for the pooled prompt, 6 x 256 for sizes
}
TINY_UNET = UNET | {
    "sample_size": 32,
    "attention_head_dim": [2, 4],
    "block_out_channels": [32, 64],
    "cross_attention_dim": 64,
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
    "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"],
    "transformer_layers_per_block": [1, 1],
    "layers_per_block": 1,
    "addition_time_embed_dim": 8,
    "projection_class_embeddings_input_dim": 80,
}
SDXL_VAE = {
    "block_out_channels": [128, 256, 512, 512],
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
    "layers_per_block": 2,
    "latent_channels": 4,
    "sample_size": 1024,
    "scaling_factor": 0.13025,
}
# Three levels: a picture has four times the latents' side.
TINY_SDXL_VAE = SDXL_VAE | {
    "block_out_channels": [16, 32, 32],
    "down_block_types": ["DownEncoderBlock2D"] * 3,
    "up_block_types": ["UpDecoderBlock2D"] * 3,
    "layers_per_block": 1,
    "sample_size": 64,
    "norm_num_groups": 8,
    "scaling_factor": 1.0,
}
CLIP_L = {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12}
CLIP_L |= {"num_hidden_layers": 12, "projection_dim": 768, "hidden_act": "quick_gelu"}
CLIP_G = {"hidden_size": 1280, "intermediate_size": 5120, "num_attention_heads": 20}
CLIP_G |= {"num_hidden_layers": 32, "projection_dim": 1280, "hidden_act": "gelu"}
TINY_CLIP = {"hidden_size": 32, "intermediate_size": 37, "num_attention_heads": 4}
TINY_CLIP |= {"num_hidden_layers": 5, "projection_dim": 32, "hidden_act": "gelu"}

KLEIN = {
    "patch_size": 1,
    "in_channels": 128,
    "num_layers": 5,
    "num_single_layers": 20,
    "attention_head_dim": 128,
    "num_attention_heads": 24,
    "joint_attention_dim": 7680,  # three layers of the text encoder, concatenated
    "timestep_guidance_channels": 256,
    "axes_dims_rope": (32, 32, 32, 32),
    "rope_theta": 2000,
    "guidance_embeds": False,
}
TINY_KLEIN = KLEIN | {
    "in_channels": 16,
    "num_layers": 1,
    "num_single_layers": 1,
    "attention_head_dim": 16,
    "num_attention_heads": 2,
    "joint_attention_dim": 48,
    "axes_dims_rope": (4, 4, 4, 4),
}
KLEIN_VAE: dict[str, Any] = {}  # diffusers' defaults
TINY_KLEIN_VAE = {
    "sample_size": 32,
    "down_block_types": ("DownEncoderBlock2D",) * 2,
    "up_block_types": ("UpDecoderBlock2D",) * 2,
    "block_out_channels": (16, 16),
    "layers_per_block": 1,
    "latent_channels": 4,
    "norm_num_groups": 8,
}
QWEN3_4B = {"hidden_size": 2560, "intermediate_size": 9728, "num_hidden_layers": 36}
QWEN3_4B |= {"num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128}
# 28 layers, because the pipeline reads layers 9, 18 and 27.
TINY_QWEN = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 28}
TINY_QWEN |= {"num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 8}

CHAT = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n<think>\n\n</think>\n\n{% endif %}"
)


def random_pipeline(
    name: str,
    recipe: Recipe,
    *,
    family: str,
    tiny: bool,
    device: torch.device = CPU,
    dtype: torch.dtype = torch.float32,
    seed: int = 0,
) -> Pipeline:
    """A pipeline of the family "sdxl" or "klein"; the same seed gives the same weights."""
    where = {"device": device, "dtype": dtype}
    with torch.random.fork_rng(), _made_on(device, dtype):
        torch.manual_seed(seed)
        if family == "sdxl":
            return Sdxl(name, recipe, sdxl_components(tiny=tiny), **where)
        undistilled = klein_transformer(tiny=tiny) if recipe.trains else None
        components = klein_components(tiny=tiny)
        if tiny and undistilled is not None:  # like the real pair: nearly the same weights
            undistilled.load_state_dict(components["transformer"].state_dict())
        return Klein(name, recipe, components, undistilled=undistilled, **where)


def sdxl_components(*, tiny: bool) -> dict[str, Any]:
    """The components of StableDiffusionXLPipeline."""
    tokenizer = clip_tokenizer()
    vocabulary = len(tokenizer) if tiny else 49408
    ends = {"bos_token_id": len(tokenizer) - 2, "eos_token_id": len(tokenizer) - 1}
    words = {"vocab_size": vocabulary, "pad_token_id": len(tokenizer) - 1, **ends}
    one, two = (TINY_CLIP, TINY_CLIP) if tiny else (CLIP_L, CLIP_G)
    return {
        "unet": UNet2DConditionModel(**(TINY_UNET if tiny else UNET)),
        "vae": AutoencoderKL(**(TINY_SDXL_VAE if tiny else SDXL_VAE)),
        "text_encoder": CLIPTextModel(CLIPTextConfig(**one, **words)),
        "text_encoder_2": CLIPTextModelWithProjection(CLIPTextConfig(**two, **words)),
        "tokenizer": tokenizer,
        "tokenizer_2": clip_tokenizer(),
        "scheduler": EulerDiscreteScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1
        ),
    }


def klein_components(*, tiny: bool) -> dict[str, Any]:
    """The components of Flux2KleinPipeline."""
    tokenizer = qwen_tokenizer()
    words = {"vocab_size": len(tokenizer) if tiny else 151936, "max_position_embeddings": 1024}
    return {
        "transformer": klein_transformer(tiny=tiny),
        "vae": AutoencoderKLFlux2(**(TINY_KLEIN_VAE if tiny else KLEIN_VAE)),
        "text_encoder": Qwen3ForCausalLM(Qwen3Config(**(TINY_QWEN if tiny else QWEN3_4B), **words)),
        "tokenizer": tokenizer,
        "scheduler": FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True),
    }


def klein_transformer(*, tiny: bool) -> Flux2Transformer2DModel:
    return Flux2Transformer2DModel(**(TINY_KLEIN if tiny else KLEIN))


def clip_tokenizer() -> CLIPTokenizer:
    """Byte-level, without merges: one token per letter. Its ids are within the real vocabulary, and
    prompts are padded to the same length."""
    letters = _letters()
    words = [*letters, *(f"{letter}</w>" for letter in letters)]
    words += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {word: n for n, word in enumerate(words)}
    return CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=77)


def qwen_tokenizer() -> Qwen2TokenizerFast:
    """The same, with the family's chat template."""
    words = [*_letters(), "<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokenizer = Qwen2TokenizerFast(vocab={word: n for n, word in enumerate(words)}, merges=[])
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>"]})
    tokenizer.chat_template = CHAT
    return tokenizer


def _letters() -> list[str]:
    """GPT-2's printable character for each byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + n) for n in range(len(others))]


@contextmanager
def _made_on(device: torch.device, dtype: torch.dtype) -> Iterator[None]:
    """Create networks on their device and in their type: no second copy in the host's memory."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with device:
            yield
    finally:
        torch.set_default_dtype(before)

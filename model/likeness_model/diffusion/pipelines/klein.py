"""FLUX.2 klein 4B: with reference pictures of the face, or a LoRA adapter trained on its base."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKLFlux2,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinPipeline,
    Flux2Transformer2DModel,
)
from diffusers.pipelines.flux2.pipeline_flux2_klein import compute_empirical_mu
from PIL import Image as Pillow
from torch import Tensor, nn
from transformers import Qwen2TokenizerFast, Qwen3ForCausalLM

from likeness_model.diffusion import lora
from likeness_model.diffusion.pipelines.base import (
    EncodedPrompts,
    Pipeline,
    mean_error,
    noise_of,
    to_pictures,
)
from likeness_model.diffusion.recipe import Recipe
from likeness_model.diffusion.weight_files import adapter_files, load_adapter, part, parts_on
from likeness_model.vision.records import Image

DISTILLED = "FLUX.2-klein-4B"
UNDISTILLED = "FLUX.2-klein-base-4B"  # only its transformer is read


READ_LAYERS = (9, 18, 27)  # of the text encoder: their outputs form the prompt


def adapted_layers(single_blocks: int) -> tuple[str, ...]:
    """Those of diffusers' train_dreambooth_lora_flux2_klein.py: 4 per double block, 2 per single
    one. The last in full: `attn.to_out` of a double block is a list, which takes no adapter."""
    last = (f"single_transformer_blocks.{n}.attn.to_out" for n in range(single_blocks))
    return ("to_k", "to_q", "to_v", "to_out.0", "to_qkv_mlp_proj", *last)


class Klein(Pipeline):
    # 6 and 9 times as wide as their input, so that rounding it costs little (decision 074).
    float8_layers = ("ff.linear_in", "ff_context.linear_in", "attn.to_qkv_mlp_proj")

    def __init__(
        self,
        name: str,
        recipe: Recipe,
        components: Mapping[str, Any],
        *,
        undistilled: Flux2Transformer2DModel | None,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        """`components` are Flux2KleinPipeline's, already on the device. The adapter is trained on
        `undistilled`, which is None for an engine with reference pictures."""
        super().__init__(name, recipe, device, dtype)
        self.targets = adapted_layers(components["transformer"].config.num_single_layers)
        _cut(components["text_encoder"])
        self.undistilled = undistilled
        self._positions: dict[tuple[str, torch.Size], Tensor] = {}
        self.full = Flux2KleinPipeline(**components, is_distilled=True)
        # Without the encoder: it may be offloaded, and a pipeline runs where its first part is.
        without = dict.fromkeys(("text_encoder", "tokenizer"))
        self.pipe = Flux2KleinPipeline(**{**components, **without}, is_distilled=True)
        self.pipe.set_progress_bar_config(disable=True)
        self.pipe.vae.enable_slicing()
        for network in self.networks().values():
            network.requires_grad_(False).eval()

    @classmethod
    def load(
        cls, name: str, recipe: Recipe, folder: Path, device: torch.device, dtype: torch.dtype
    ) -> "Klein":
        base, here = folder / DISTILLED, parts_on(device, dtype)
        undistilled = None
        if recipe.trains:
            undistilled = part(Flux2Transformer2DModel, folder / UNDISTILLED, "transformer", here)
        pipeline = cls(
            name,
            recipe,
            {
                "transformer": part(Flux2Transformer2DModel, base, "transformer", here),
                "vae": part(AutoencoderKLFlux2, base, "vae", here),
                "text_encoder": part(Qwen3ForCausalLM, base, "text_encoder", here),
                "tokenizer": part(Qwen2TokenizerFast, base, "tokenizer"),
                "scheduler": part(FlowMatchEulerDiscreteScheduler, base, "scheduler"),
            },
            undistilled=undistilled,
            device=device,
            dtype=dtype,
        )
        files = adapter_files(folder, sampler=None, family="klein")
        for adapter, file in files.items():
            load_adapter(pipeline.pipe, file, adapter)
        pipeline.styles = frozenset(files)
        lora.set_active(pipeline.drawing_network, [])
        return pipeline

    @property
    def trained_network(self) -> nn.Module:
        if self.undistilled is None:
            raise ValueError(f"{self.name} uses reference pictures: it trains no adapter")
        return self.undistilled

    @property
    def base_network(self) -> nn.Module:
        return self.full.transformer

    @property
    def drawing_network(self) -> nn.Module:
        return self.pipe.transformer

    @drawing_network.setter
    def drawing_network(self, network: nn.Module) -> None:
        self.pipe.transformer = network

    def networks(self) -> Mapping[str, nn.Module]:
        found = {name: getattr(self.full, name) for name in ("transformer", "vae", "text_encoder")}
        found["drawing"] = self.pipe.transformer
        return found if self.undistilled is None else found | {"undistilled": self.undistilled}

    def encode_prompts(self, prompts: Sequence[str]) -> EncodedPrompts:
        self.full.text_encoder.to(self.device)
        with torch.no_grad():
            tokens, _ = self.full.encode_prompt(
                list(prompts),
                device=self.device,
                max_sequence_length=self.recipe.prompt_tokens,
                text_encoder_out_layers=READ_LAYERS,
            )
        if self.recipe.offloads_encoders:
            self.full.text_encoder.to("cpu")
        return EncodedPrompts({"tokens": tokens})

    def encode_pictures(self, pictures: Sequence[Image]) -> Tensor:
        with torch.no_grad():  # 2x2 patches, normalised as the pipeline does for references
            return self.pipe._encode_vae_image(self.to_pixels(pictures), generator=None).float()

    def decode(self, latents: Tensor) -> Tensor:
        vae = self.pipe.vae
        mean = vae.bn.running_mean.view(1, -1, 1, 1)
        deviation = torch.sqrt(vae.bn.running_var.view(1, -1, 1, 1) + vae.config.batch_norm_eps)
        with torch.no_grad():
            patches = (latents * deviation + mean).to(self.dtype)
            return vae.decode(self.pipe._unpatchify_latents(patches)).sample

    def timesteps(self, noise_levels: Tensor) -> Tensor:
        """Logit-normal (Esser et al. 2024), then shifted as the sampler shifts its own times for
        pictures of the drawing's size: without the shift only 12 % of the training steps are at
        noise levels that four steps at 1024 px visit (docs/decisions/062)."""
        times = torch.sigmoid(torch.special.ndtri(noise_levels.clamp(1e-6, 1 - 1e-6)))
        scheduler = self.pipe.scheduler
        if not scheduler.config.use_dynamic_shifting:
            return scheduler.shift * times / (1 + (scheduler.shift - 1) * times)
        tokens = (self.recipe.drawing_side // (2 * self.pipe.vae_scale_factor)) ** 2
        mu = compute_empirical_mu(tokens, self.recipe.drawing_steps)
        return scheduler.time_shift(mu, 1.0, times)

    def losses(
        self,
        latents: Tensor,
        prompts: EncodedPrompts,
        noise: Tensor,
        noise_levels: Tensor,
        weights: Tensor | None = None,
    ) -> Tensor:
        """Rectified flow (Liu et al. 2022): predict the velocity from the latent to the noise."""
        times = self.timesteps(noise_levels)
        share = times.view(-1, 1, 1, 1)
        noisy = (1 - share) * latents + share * noise
        tokens = prompts.rows["tokens"]
        with self.autocast():
            guess = self.trained_network(
                hidden_states=self.pipe._pack_latents(noisy).to(self.dtype),
                timestep=times,
                guidance=None,
                encoder_hidden_states=tokens,
                txt_ids=self._ids(self.pipe._prepare_text_ids, tokens),
                img_ids=self._ids(self.pipe._prepare_latent_ids, latents),
                return_dict=False,
            )[0]
        guess = guess.permute(0, 2, 1).reshape(latents.shape)  # unpack
        return mean_error(guess, noise - latents, weights)

    def _ids(self, prepare: Callable[[Tensor], Tensor], like: Tensor) -> Tensor:
        """Positions, which follow from a shape. They are made on the host, and a CUDA graph cannot
        copy from there: the first step's are used again."""
        key = (prepare.__name__, like.shape)
        if key not in self._positions:
            self._positions[key] = prepare(like).to(self.device)
        return self._positions[key]

    def generate(
        self,
        prompts: EncodedPrompts,
        seeds: Sequence[int],
        *,
        negative: EncodedPrompts | None = None,
        references: Sequence[Image] = (),
    ) -> list[Image]:
        if negative is not None:
            raise ValueError("klein is distilled: it takes no negative prompt")
        config = self.pipe.scheduler.config
        self.pipe.scheduler = FlowMatchEulerDiscreteScheduler.from_config(config)
        side = self.recipe.drawing_side
        drawn = self.pipe(
            image=[Pillow.fromarray(picture) for picture in references] or None,
            prompt_embeds=prompts.rows["tokens"],
            num_inference_steps=self.recipe.drawing_steps,
            guidance_scale=1.0,
            generator=noise_of(seeds),
            height=side,
            width=side,
            output_type="np",
        ).images
        return to_pictures(drawn)


def _cut(encoder: Qwen3ForCausalLM) -> None:
    """Drop what the prompt does not need: the layers after the last one that is read (9 of 36), the
    norm and the head over the vocabulary."""
    encoder.model.layers = encoder.model.layers[: READ_LAYERS[-1]]
    encoder.model.norm = nn.Identity()
    encoder.lm_head = nn.Identity()

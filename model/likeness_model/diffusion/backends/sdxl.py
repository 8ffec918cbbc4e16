"""SDXL 1.0: an adapter on the U-Net, drawn in a few steps with a distilled sampler's adapter."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    DDPMScheduler,
    EulerDiscreteScheduler,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from torch import nn
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from likeness_model.diffusion.adapters import FAST, wear
from likeness_model.diffusion.backends.base import Backend, Prompts, noise_of, to_pictures
from likeness_model.diffusion.files import adapter_files, load_adapter, part, parts_on
from likeness_model.diffusion.recipe import Recipe
from likeness_model.vision.records import Image

BASE = "stable-diffusion-xl-base-1.0"
SAMPLER = "SDXL-Lightning"  # any adapter for few steps without guidance, one file


class Sdxl(Backend):
    targets = ("to_k", "to_q", "to_v", "to_out.0")

    def __init__(
        self,
        name: str,
        recipe: Recipe,
        components: Mapping[str, Any],
        *,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        """`components` as StableDiffusionXLPipeline takes them, on the device already."""
        super().__init__(name, recipe, device, dtype)
        self.words = StableDiffusionXLPipeline(**components, add_watermarker=False)
        # Without encoders: these may be away, and a pipeline works where its first part is.
        away = dict.fromkeys(("text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2"))
        self.pipe = StableDiffusionXLPipeline(**{**components, **away}, add_watermarker=False)
        self.pipe.set_progress_bar_config(disable=True)
        self.pipe.vae.enable_slicing()
        # "trailing": a distilled sampler must begin in pure noise.
        self.sampler = {**self.pipe.scheduler.config, "timestep_spacing": "trailing"}
        self.noising = DDPMScheduler.from_config(self.pipe.scheduler.config)
        for network in self.networks().values():
            network.requires_grad_(False).eval()

    @classmethod
    def load(cls, name: str, recipe: Recipe, folder: Path, device: torch.device) -> "Sdxl":
        dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
        base, here = folder / BASE, parts_on(device, dtype)
        backend = cls(
            name,
            recipe,
            {
                "unet": part(UNet2DConditionModel, base, "unet", here),
                "vae": part(AutoencoderKL, base, "vae", here),
                "text_encoder": part(CLIPTextModel, base, "text_encoder", here),
                "text_encoder_2": part(CLIPTextModelWithProjection, base, "text_encoder_2", here),
                "tokenizer": part(CLIPTokenizer, base, "tokenizer"),
                "tokenizer_2": part(CLIPTokenizer, base, "tokenizer_2"),
                "scheduler": part(EulerDiscreteScheduler, base, "scheduler"),
            },
            device=device,
            dtype=dtype,
        )
        for adapter, file in adapter_files(folder, fast=SAMPLER, family="sdxl").items():
            load_adapter(backend.pipe, file, adapter)
        backend.styles = frozenset(adapter_files(folder, fast=None, family="sdxl"))
        wear(backend.artist, [FAST])
        return backend

    @property
    def learner(self) -> nn.Module:
        return self.pipe.unet

    artist = learner

    def networks(self) -> Mapping[str, nn.Module]:
        names = ("unet", "vae", "text_encoder", "text_encoder_2")
        return {name: getattr(self.words, name) for name in names}

    def encode_prompts(self, prompts: Sequence[str]) -> Prompts:
        encoders = (self.words.text_encoder, self.words.text_encoder_2)
        for encoder in encoders:
            encoder.to(self.device)
        with torch.no_grad():
            tokens, _, pooled, _ = self.words.encode_prompt(
                list(prompts), device=self.device, do_classifier_free_guidance=False
            )
        if self.recipe.encoders_leave:
            for encoder in encoders:
                encoder.to("cpu")
        return Prompts({"tokens": tokens, "pooled": pooled})

    def encode_pictures(self, pictures: Sequence[Image]) -> torch.Tensor:
        vae = self.pipe.vae
        with torch.no_grad():
            latents = vae.encode(self.to_pixels(pictures)).latent_dist.mode()
        return latents.float() * vae.config.scaling_factor

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        vae = self.pipe.vae
        with torch.no_grad():
            return vae.decode((latents / vae.config.scaling_factor).to(self.dtype)).sample

    def errors(
        self, latents: torch.Tensor, prompts: Prompts, noise: torch.Tensor, moments: torch.Tensor
    ) -> torch.Tensor:
        """Ho et al. 2020, equation 14: the noise, guessed from the noisy latent."""
        steps = (moments * self.noising.config.num_train_timesteps).long()
        noisy = self.noising.add_noise(latents, noise, steps)
        side = latents.shape[-1] * self.pipe.vae_scale_factor
        sizes = torch.tensor([[side, side, 0, 0, side, side]] * len(latents), device=self.device)
        with self.autocast():
            guess = self.learner(
                noisy.to(self.dtype),
                steps,
                prompts.rows["tokens"],
                added_cond_kwargs={
                    "text_embeds": prompts.rows["pooled"],
                    "time_ids": sizes.to(self.dtype),
                },
            ).sample
        return (guess.float() - noise).square().flatten(1).mean(1)

    def paint(
        self,
        prompts: Prompts,
        seeds: Sequence[int],
        *,
        negative: Prompts | None = None,
        references: Sequence[Image] = (),
    ) -> list[Image]:
        if references:
            raise ValueError("SDXL learns a face; it cannot be shown one")
        self.pipe.scheduler = EulerDiscreteScheduler.from_config(self.sampler)
        side = self.recipe.drawing_side
        against = {}
        if negative is not None:
            everyone = negative.pick([0] * len(prompts))
            against = {
                "negative_prompt_embeds": everyone.rows["tokens"],
                "negative_pooled_prompt_embeds": everyone.rows["pooled"],
            }
        with self.autocast():
            drawn = self.pipe(
                prompt_embeds=prompts.rows["tokens"],
                pooled_prompt_embeds=prompts.rows["pooled"],
                num_inference_steps=self.recipe.drawing_steps,
                guidance_scale=self.recipe.guidance,
                generator=noise_of(seeds),
                height=side,
                width=side,
                output_type="np",
                **against,
            ).images
        return to_pictures(drawn)

"""SDXL 1.0: a LoRA adapter on the U-Net, drawn in a few steps with a distilled sampler's."""

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
from torch import Tensor, nn
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

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
from likeness_model.errors import WeightsError
from likeness_model.vision.records import Image

BASE = "stable-diffusion-xl-base-1.0"
LIGHTNING = "SDXL-Lightning"  # holds one file: an adapter for few steps without guidance


class Sdxl(Pipeline):
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
        """`components` are StableDiffusionXLPipeline's, already on the device."""
        super().__init__(name, recipe, device, dtype)
        self.full = StableDiffusionXLPipeline(**components, add_watermarker=False)
        # Without encoders: they may be offloaded, and a pipeline runs where its first part is.
        without = dict.fromkeys(("text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2"))
        self.pipe = StableDiffusionXLPipeline(**{**components, **without}, add_watermarker=False)
        self.pipe.set_progress_bar_config(disable=True)
        self.pipe.vae.enable_slicing()
        self.noising = DDPMScheduler.from_config(self.pipe.scheduler.config)
        predicts = self.noising.config.prediction_type
        if predicts not in {"epsilon", "v_prediction"}:
            raise WeightsError(
                f"{BASE}/scheduler has prediction_type {predicts}: use a base with epsilon or "
                "v_prediction"
            )
        self._predicts_noise = predicts == "epsilon"
        for network in self.networks().values():
            network.requires_grad_(False).eval()

    @classmethod
    def load(
        cls, name: str, recipe: Recipe, folder: Path, device: torch.device, dtype: torch.dtype
    ) -> "Sdxl":
        base, here = folder / BASE, parts_on(device, dtype)
        pipeline = cls(
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
        for adapter, file in adapter_files(folder, sampler=LIGHTNING, family="sdxl").items():
            load_adapter(pipeline.pipe, file, adapter)
        pipeline.styles = frozenset(adapter_files(folder, sampler=None, family="sdxl"))
        lora.set_active(pipeline.drawing_network, [lora.SAMPLER])
        return pipeline

    @property
    def trained_network(self) -> nn.Module:
        return self.full.unet

    base_network = trained_network

    @property
    def drawing_network(self) -> nn.Module:
        return self.pipe.unet

    @drawing_network.setter
    def drawing_network(self, network: nn.Module) -> None:
        self.pipe.unet = network

    def networks(self) -> Mapping[str, nn.Module]:
        names = ("unet", "vae", "text_encoder", "text_encoder_2")
        return {name: getattr(self.full, name) for name in names} | {"drawing": self.pipe.unet}

    def encode_prompts(self, prompts: Sequence[str]) -> EncodedPrompts:
        encoders = (self.full.text_encoder, self.full.text_encoder_2)
        for encoder in encoders:
            encoder.to(self.device)
        with torch.no_grad():
            tokens, _, pooled, _ = self.full.encode_prompt(
                list(prompts), device=self.device, do_classifier_free_guidance=False
            )
        if self.recipe.offloads_encoders:
            for encoder in encoders:
                encoder.to("cpu")
        return EncodedPrompts({"tokens": tokens, "pooled": pooled})

    def encode_pictures(self, pictures: Sequence[Image]) -> Tensor:
        vae = self.pipe.vae
        with torch.no_grad():
            latents = vae.encode(self.to_pixels(pictures)).latent_dist.mode()
        return latents.float() * vae.config.scaling_factor

    def decode(self, latents: Tensor) -> Tensor:
        vae = self.pipe.vae
        with torch.no_grad():
            return vae.decode((latents / vae.config.scaling_factor).to(self.dtype)).sample

    def timesteps(self, noise_levels: Tensor) -> Tensor:
        """Uniform, as diffusers' train_dreambooth_lora_sdxl.py draws them."""
        return (noise_levels * self.noising.config.num_train_timesteps).long()

    def losses(
        self,
        latents: Tensor,
        prompts: EncodedPrompts,
        noise: Tensor,
        noise_levels: Tensor,
        weights: Tensor | None = None,
    ) -> Tensor:
        """Ho et al. 2020, equation 14: predict the noise of the noisy latent; or its velocity
        (Salimans and Ho 2022), if the base does."""
        steps = self.timesteps(noise_levels)
        noisy = self.noising.add_noise(latents, noise, steps)
        with self.autocast():
            guess = self.trained_network(
                noisy.to(self.dtype),
                steps,
                prompts.rows["tokens"],
                added_cond_kwargs={
                    "text_embeds": prompts.rows["pooled"],
                    "time_ids": self._sizes(latents),
                },
            ).sample
        target = noise if self._predicts_noise else self.noising.get_velocity(latents, noise, steps)
        return mean_error(guess, target, weights)

    def _sizes(self, latents: Tensor) -> Tensor:
        """(N, 6) Original height and width, crop's top and left, height and width: not cropped."""
        sizes = latents.new_full((len(latents), 6), latents.shape[-1] * self.pipe.vae_scale_factor)
        sizes[:, 2:4] = 0
        return sizes.to(self.dtype)

    def generate(
        self,
        prompts: EncodedPrompts,
        seeds: Sequence[int],
        *,
        negative: EncodedPrompts | None = None,
        references: Sequence[Image] = (),
    ) -> list[Image]:
        if references:
            raise ValueError("SDXL takes no reference pictures")
        # "trailing": a distilled sampler must start from pure noise. It is a keyword because
        # from_config ignores a dictionary's value of a key that the file does not name.
        self.pipe.scheduler = EulerDiscreteScheduler.from_config(
            self.pipe.scheduler.config, timestep_spacing="trailing"
        )
        side = self.recipe.drawing_side
        against = {}
        if negative is not None:
            repeated = negative.pick([0] * len(prompts))
            against = {
                "negative_prompt_embeds": repeated.rows["tokens"],
                "negative_pooled_prompt_embeds": repeated.rows["pooled"],
            }
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

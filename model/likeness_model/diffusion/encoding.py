"""Encode prompts and training examples, once per job."""

from collections.abc import Sequence

import cv2
import torch
from torch.nn import functional

from likeness_model.diffusion.memory import Batches
from likeness_model.diffusion.pipelines.base import EncodedPrompts, Pipeline
from likeness_model.diffusion.portraits import TrainingExample, loss_weights
from likeness_model.diffusion.prompts import prior_captions
from likeness_model.diffusion.seeds import derived_seed
from likeness_model.diffusion.training_step import TrainingSet
from likeness_model.vision.records import Image


def encode_prompts(pipeline: Pipeline, texts: Sequence[str]) -> EncodedPrompts:
    """One row per text; equal texts are encoded once."""
    distinct = list(dict.fromkeys(texts))
    batches = Batches(pipeline.recipe.drawing_batch)
    parts = list(batches.run(distinct, pipeline.encode_prompts))
    encoded = EncodedPrompts(
        {name: torch.cat([part.rows[name] for part in parts]) for name in parts[0].rows}
    )
    return encoded.pick([distinct.index(text) for text in texts])


def encode_training_set(pipeline: Pipeline, own: Sequence[TrainingExample]) -> TrainingSet:
    """Latents and captions of the user's photos and, if the recipe has prior pictures, of those."""
    recipe = pipeline.recipe
    pictures = [example.picture for example in own]
    captions = [example.caption for example in own]
    if recipe.prior_pictures:
        others = prior_captions(recipe.prior_pictures)
        pictures += _prior_pictures(pipeline, others)
        captions += others
    batches = Batches(recipe.drawing_batch)
    latents = torch.cat(list(batches.run(pictures, pipeline.encode_pictures)))
    # The mask at the latents' size; other people count everywhere.
    weights = torch.ones_like(latents[:, :1])
    heads = torch.from_numpy(loss_weights(own)).unsqueeze(1).to(weights)
    weights[: len(own)] = functional.interpolate(heads, size=weights.shape[-2:], mode="area")
    prompts = encode_prompts(pipeline, captions)
    return TrainingSet(latents, prompts, prior=recipe.prior_pictures, weights=weights)


def _prior_pictures(pipeline: Pipeline, captions: Sequence[str]) -> list[Image]:
    """Other people, as the base draws them before training."""
    side = pipeline.recipe.training_side
    prompts = encode_prompts(pipeline, captions)
    drawn = Batches(pipeline.recipe.drawing_batch).run(
        range(len(captions)),
        lambda rows: pipeline.generate(
            prompts.pick(rows), [derived_seed("someone", row) for row in rows]
        ),
    )
    return [
        cv2.resize(one, (side, side), interpolation=cv2.INTER_AREA)
        for batch in drawn
        for one in batch
    ]

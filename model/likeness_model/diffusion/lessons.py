"""Encode, once, all that a backend is asked with and learns from."""

from collections.abc import Sequence

import cv2
import torch

from likeness_model.diffusion.backends.base import Backend, Prompts
from likeness_model.diffusion.learn import Lessons
from likeness_model.diffusion.memory import Batches
from likeness_model.diffusion.prepare import Portrait, examples
from likeness_model.diffusion.prompts import captions_of_someone
from likeness_model.diffusion.seeds import mixed
from likeness_model.vision.records import Image


def encode_prompts(backend: Backend, texts: Sequence[str]) -> Prompts:
    batches = Batches(backend.recipe.drawing_batch)
    parts = list(batches.run(texts, backend.encode_prompts))
    return Prompts({name: torch.cat([part.rows[name] for part in parts]) for name in parts[0].rows})


def encode_lessons(backend: Backend, portraits: Sequence[Portrait]) -> Lessons:
    """Latents and captions of the user's photos and, where the recipe says so, of other people."""
    recipe = backend.recipe
    own = examples(portraits, recipe.learning_side)
    pictures = [example.picture for example in own]
    captions = [example.caption for example in own]
    if recipe.prior_pictures:
        others = captions_of_someone(recipe.prior_pictures)
        pictures += _draw_others(backend, others)
        captions += others
    batches = Batches(recipe.drawing_batch)
    latents = torch.cat(list(batches.run(pictures, backend.encode_pictures)))
    return Lessons(latents, encode_prompts(backend, captions), prior=recipe.prior_pictures)


def _draw_others(backend: Backend, captions: Sequence[str]) -> list[Image]:
    """As the base draws them before anybody's face is learned."""
    side = backend.recipe.learning_side
    prompts = encode_prompts(backend, captions)
    drawn = Batches(backend.recipe.drawing_batch).run(
        range(len(captions)),
        lambda rows: backend.paint(prompts.pick(rows), [mixed("someone", row) for row in rows]),
    )
    return [
        cv2.resize(one, (side, side), interpolation=cv2.INTER_AREA)
        for batch in drawn
        for one in batch
    ]

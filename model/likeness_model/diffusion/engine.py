"""The recipe of a diffusion engine: analyse, encode, train or show references, draw, clean up."""

import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from likeness.contracts.container import GenerationOrder, NotDrawn, NotDrawnReason
from likeness.domain.ids import PhotoId
from likeness.domain.photos.photo import Box
from likeness_model import __version__
from likeness_model.diffusion import kernels, lora
from likeness_model.diffusion.drawing import REDRAWN, Drawing, OrderPrompts
from likeness_model.diffusion.drawing_network import DrawingNetwork
from likeness_model.diffusion.encoding import encode_prompts, encode_training_set
from likeness_model.diffusion.memory import release, weight_checksum
from likeness_model.diffusion.pipelines.base import Pipeline
from likeness_model.diffusion.portraits import (
    Portrait,
    TrainingExample,
    find_portraits,
    references,
    training_examples,
)
from likeness_model.diffusion.prompts import prompts_for, templates
from likeness_model.diffusion.quality_gate import Person
from likeness_model.diffusion.recogniser import BUILT_IN, Recogniser
from likeness_model.diffusion.seeds import derived_seed
from likeness_model.diffusion.training import Trained, train
from likeness_model.diffusion.training_checkpoint import TrainingCheckpoint
from likeness_model.generation.choice import best_first
from likeness_model.generation.engine import Task

log = logging.getLogger(__name__)

Analyse = Callable[
    [Mapping[PhotoId, bytes], Mapping[PhotoId, Box | None], Recogniser], list[Portrait]
]


class BaseChangedError(Exception):
    """A job changed the base weights, which the next user's pictures would come from."""


class DiffusionEngine:
    """A pipeline, loaded once, that draws for one user after another."""

    def __init__(
        self,
        pipeline: Pipeline,
        *,
        recogniser: Recogniser = BUILT_IN,
        analyse: Analyse = find_portraits,
    ) -> None:
        self.pipeline = pipeline
        self._recogniser = recogniser
        self._analyse = analyse
        self.name = pipeline.name
        self.styles = tuple(templates().styles)
        if pipeline.device.type == "cuda":
            for network in pipeline.networks().values():
                kernels.use_channels_last(network)
        self._network = DrawingNetwork(pipeline)
        with kernels.compiled(pipeline.drawing_network):
            self._warm_up(1)
            if kernels.COMPILE in os.environ:
                self._warm_up(pipeline.recipe.drawing_batch)
        self._picture_s = self._warm_up(1)
        self._base_checksums = self._checksums()

    def draw(self, task: Task) -> list[NotDrawn]:
        """Raises PhotosError and DeviceError, and BaseChangedError if the base weights changed: the
        process must then end without another job."""
        # 1. Analyse the photos: faces and their features. It needs no accelerator.
        recipe = self.pipeline.recipe
        task.report("looking", len(task.checkpoints.avatars))
        usable = self._analyse(task.photos, task.faces, self._recogniser)
        portraits = best_first(usable, task.weights)
        if not portraits:
            return _none_drawn(task, "no_usable_photo")
        own = training_examples(portraits, recipe.training_side) if recipe.trains else []
        with task.turn:
            try:
                return self._draw(task, portraits, own)
            finally:
                self._clean_up()

    def _draw(
        self, task: Task, portraits: Sequence[Portrait], own: Sequence[TrainingExample]
    ) -> list[NotDrawn]:
        pipeline, recipe = self.pipeline, self.pipeline.recipe

        # 2. Encode all prompts at once, then the training examples.
        prompts = self._encode_prompts(task)
        examples = encode_training_set(pipeline, own) if own else None
        drawing = Drawing(
            pipeline,
            self._network,
            task,
            prompts=prompts,
            person=Person(tuple(portrait.features for portrait in portraits), self._recogniser),
            photo_ids=[portrait.photo_id for portrait in portraits],
            references=references(portraits, recipe.references, recipe.reference_side),
        )

        # 3. Train on the face, and stop in time for the drawing.
        key = self._training_key(task.order)
        checkpoint = TrainingCheckpoint(task.checkpoints.folder, key, resumable=task.resumable)
        if examples is not None:
            task.report("training", len(task.checkpoints.avatars))
            # Not for second candidates: training more helps all avatars.
            reserved = len(task.missing) * (1 + REDRAWN) * self._picture_s
            trained = train(
                pipeline,
                examples,
                seed=derived_seed(key),
                checkpoint=checkpoint,
                has_time=lambda step: task.deadline.allows(reserved + step),
            )
            if trained.steps < recipe.least_steps:
                checkpoint.delete()
                return _none_drawn(task, "deadline")
            self._load_for_drawing(trained)

        # 4. Draw, score, draw again.
        task.report("drawing", len(task.checkpoints.avatars))
        given_up = drawing.run()
        checkpoint.delete()
        return given_up

    def _warm_up(self, count: int) -> float:
        """Draw a batch, which selects and compiles kernels. Returns its seconds."""
        recipe = self.pipeline.recipe
        side = recipe.reference_side
        prompts = self.pipeline.encode_prompts([templates().token] * count)
        began = time.perf_counter()
        self.pipeline.generate(
            prompts,
            range(count),
            references=[np.full((side, side, 3), 128, np.uint8)] * recipe.references,
        )
        return time.perf_counter() - began

    def _encode_prompts(self, task: Task) -> OrderPrompts:
        """The prompts of the whole order: an avatar's setting must not depend on where an earlier
        run stopped."""
        recipe = self.pipeline.recipe
        texts = prompts_for(task.order.avatars, trained=recipe.trains, shown=recipe.references > 0)
        encoded = encode_prompts(self.pipeline, list(texts.values()))
        negative = None
        if recipe.takes_negatives:
            negative = self.pipeline.encode_prompts([templates().negative])
        return OrderPrompts(encoded, {avatar_id: n for n, avatar_id in enumerate(texts)}, negative)

    def _load_for_drawing(self, trained: Trained) -> None:
        """If another base draws than the trained one, move the adapter there."""
        pipeline = self.pipeline
        if pipeline.base_network is not pipeline.trained_network:
            lora.unload(pipeline.trained_network)
            lora.load(
                pipeline.base_network,
                pipeline.targets,
                pipeline.recipe.rank,
                seed=0,
                state=trained.state,
            )

    def _training_key(self, order: GenerationOrder) -> str:
        """Everything that training depends on. Both attempts of a job have the same key."""
        photos = sorted(photo.sha256 for photo in order.photos)
        return f"{derived_seed(__version__, self.name, repr(self.pipeline.recipe), *photos):016x}"

    def _clean_up(self) -> None:
        lora.unload(self.pipeline.base_network)
        if self.pipeline.recipe.trains:
            lora.unload(self.pipeline.trained_network)
        self._network.reset()
        release()
        if self._checksums() != self._base_checksums:
            raise BaseChangedError("a job changed the base weights: load them again")

    def _checksums(self) -> dict[str, str]:
        return {
            name: weight_checksum(network, without=lora.USER)
            for name, network in self.pipeline.networks().items()
        }


def _none_drawn(task: Task, reason: NotDrawnReason) -> list[NotDrawn]:
    return [
        NotDrawn(avatar_id=avatar.avatar_id, style=avatar.style, reason=reason)
        for avatar in task.missing
    ]

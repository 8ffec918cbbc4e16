"""The recipe: look, prepare, learn or show, draw, and leave nothing behind."""

import logging

from likeness.contracts import GenerationOrder, NotDrawn
from likeness_model import __version__
from likeness_model.diffusion.adapters import PERSON, put_on, take_off
from likeness_model.diffusion.backends.base import Backend
from likeness_model.diffusion.draw import Drawing, Words
from likeness_model.diffusion.judge import Person
from likeness_model.diffusion.keeping import Keeping
from likeness_model.diffusion.learn import Learned, learn
from likeness_model.diffusion.lessons import encode_lessons, encode_prompts
from likeness_model.diffusion.memory import fingerprint, release
from likeness_model.diffusion.prepare import find_portraits, references
from likeness_model.diffusion.prompts import catalogue, prompts_for
from likeness_model.diffusion.seeds import mixed
from likeness_model.engines import Task

log = logging.getLogger(__name__)


class BaseChangedError(Exception):
    """A job left a trace in the weights that the next user's pictures come from."""


class DiffusionEngine:
    """A backend, loaded once, that draws for one user after the other."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.name = backend.name
        self.styles = tuple(catalogue().styles)
        self._untouched = self._fingerprints()

    def draw(self, task: Task) -> list[NotDrawn]:
        """Raises PhotosError and DeviceError; BaseChangedError when the weights are no longer
        those that were loaded: then the process must end, and no other job may be given to it."""
        try:
            return self._draw(task)
        finally:
            self._clear()

    def _draw(self, task: Task) -> list[NotDrawn]:
        backend, recipe = self.backend, self.backend.recipe

        # 1. Look at the photos: faces, and what is measured on them.
        task.report("looking", len(task.gallery.avatars))
        portraits = find_portraits(task.photos)
        if not portraits:
            return [
                NotDrawn(avatar_id=a.avatar_id, style=a.style, reason="no_usable_photo")
                for a in task.missing
            ]

        # 2. Encode all words at once, then the pictures to learn from.
        words = self._encode_words(task)
        lessons = encode_lessons(backend, portraits) if recipe.learns else None
        drawing = Drawing(
            backend,
            task,
            words=words,
            person=Person(tuple(portrait.features for portrait in portraits)),
            photo_ids=[portrait.photo_id for portrait in portraits],
            references=references(portraits, recipe.references, recipe.reference_side),
        )

        # 3. Learn the face, and stop in time for the drawing.
        keeping = Keeping(task.gallery.folder, self._key(task.order))
        if lessons is not None:
            task.report("learning", len(task.gallery.avatars))
            reserved = drawing.seconds_needed() if task.deadline else 0.0
            learned = learn(
                backend,
                lessons,
                seed=mixed(self._key(task.order)),
                keeping=keeping,
                goes_on=lambda step: task.deadline.allows(reserved + step),
            )
            self._take_to_the_artist(learned)

        # 4. Draw, judge, draw again.
        task.report("drawing", len(task.gallery.avatars))
        given_up = drawing.run()
        keeping.forget()
        return given_up

    def _encode_words(self, task: Task) -> Words:
        """Prompts of the whole order, drawn or not: which setting is whose must not depend on
        where an earlier run was cut off."""
        recipe = self.backend.recipe
        texts = prompts_for(task.order.avatars, learned=recipe.learns)
        encoded = encode_prompts(self.backend, list(texts.values()))
        negative = None
        if recipe.takes_negatives:
            negative = self.backend.encode_prompts([catalogue().negative])
        return Words(encoded, {avatar_id: n for n, avatar_id in enumerate(texts)}, negative)

    def _take_to_the_artist(self, learned: Learned) -> None:
        """Where one network learns and another draws, the adapter moves over."""
        backend = self.backend
        if backend.artist is not backend.learner:
            take_off(backend.learner)
            put_on(
                backend.artist, backend.targets, backend.recipe.rank, seed=0, state=learned.state
            )

    def _key(self, order: GenerationOrder) -> str:
        """What learning depends on, and nothing else: both rounds of a job learn the same."""
        sums = sorted(photo.sha256 for photo in order.photos)
        return f"{mixed(__version__, self.name, repr(self.backend.recipe), *sums):016x}"

    def _clear(self) -> None:
        backend = self.backend
        take_off(backend.artist)
        if backend.recipe.learns:
            take_off(backend.learner)
        release()
        if self._fingerprints() != self._untouched:
            raise BaseChangedError("the base weights changed during a job: load them anew")

    def _fingerprints(self) -> dict[str, str]:
        return {
            name: fingerprint(network, without=PERSON)
            for name, network in self.backend.networks().items()
        }

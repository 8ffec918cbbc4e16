"""The numbers of one engine. No order can change them: they are chosen by its name."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """Sides in pixels. What does not apply to an engine stays at zero.

    `guidance` up to 1 means none: one pass of the network a step, and no negative prompt.
    """

    # learning
    steps: int = 0  # 0: the face is not learned but shown, as reference pictures
    batch: int = 2
    rank: int = 16
    learning_rate: float = 1e-4
    learning_side: int = 512
    prior_pictures: int = 0  # of other people, drawn by the base: keeps it from forgetting them
    keep_every: int = 250  # steps between two states that a stopped run can go on from (300 MB)

    # showing
    references: int = 0
    reference_side: int = 512

    # drawing
    drawing_steps: int = 4
    guidance: float = 1.0
    drawing_side: int = 1024
    drawing_batch: int = 10

    words: int = 512  # tokens of a prompt, padding included (klein)
    encoders_leave: bool = False  # text encoders move to the host's memory once prompts are encoded
    shows_faces: bool = True  # random weights do not, and cannot be judged by it

    @property
    def learns(self) -> bool:
        return self.steps > 0

    @property
    def takes_negatives(self) -> bool:
        return self.guidance > 1


# 500 steps of two pictures at 512 px, rank 16, 1e-4: the middle of what diffusers' DreamBooth
# examples advise for SDXL; eight steps without guidance is what SDXL-Lightning was distilled for.
SDXL_LORA = Recipe(steps=500, keep_every=250, drawing_steps=8)
# klein-4B is distilled for four steps without guidance; its base is what a LoRA is trained on.
KLEIN_LORA = Recipe(steps=600, batch=1, keep_every=300, drawing_steps=4)
KLEIN_REF = Recipe(references=3, drawing_steps=4)

# Real classes, small random weights, noise for pictures: seconds on two cores.
TINY_LORA = Recipe(
    steps=24,
    rank=4,
    learning_rate=1e-3,
    learning_side=64,
    keep_every=8,
    drawing_steps=2,
    drawing_side=64,
    words=24,
    shows_faces=False,
)
TINY_REF = Recipe(
    references=2,
    reference_side=64,
    drawing_steps=2,
    drawing_side=64,
    words=24,
    shows_faces=False,
)

"""The numbers of each engine. They follow from its name; an order cannot change them."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Recipe:
    """Sides in pixels. Fields that do not apply to an engine stay at zero.

    `guidance` up to 1 means none: one pass of the network per step, and no negative prompt.
    """

    # training
    steps: int = 0  # 0: no training, the face is shown in reference pictures
    batch: int = 2
    least_steps: int = 1  # with fewer, nothing is drawn: the base does not know the person
    rank: int = 16
    learning_rate: float = 1e-4
    training_side: int = 512
    prior_pictures: int = 0  # of other people, drawn by the base, for prior preservation
    checkpoint_every: int = 250  # steps between two training checkpoints (300 MB each)

    # reference pictures
    references: int = 0
    reference_side: int = 512

    # drawing
    drawing_steps: int = 4
    guidance: float = 1.0
    drawing_side: int = 1024
    drawing_batch: int = 10
    candidates: int = 1  # draws of an avatar of which the nearest is stored, where time allows

    prompt_tokens: int = 512  # padding included (klein)
    offloads_encoders: bool = False  # text encoders move to the host's memory after encoding
    shows_faces: bool = True  # False for random weights: the quality gate expects no face

    @property
    def trains(self) -> bool:
        return self.steps > 0

    @property
    def takes_negatives(self) -> bool:
        return self.guidance > 1


# 500 steps of two pictures at 512 px, rank 16, 1e-4: the middle of what diffusers' DreamBooth
# examples recommend for SDXL. SDXL-Lightning is distilled for eight steps without guidance.
# `least_steps` is half of the steps: chosen, not measured; the quality gate measures the likeness.
# A second candidate costs 65 TFLOP, 0.1 s at an H100's peak; klein's 150 to 230, 0.2 to 0.3 s.
SDXL_LORA = Recipe(steps=500, least_steps=250, checkpoint_every=250, drawing_steps=8, candidates=2)
# klein-4B is distilled for four steps without guidance; a LoRA is trained on its base.
KLEIN_REF = Recipe(references=2, drawing_steps=4, candidates=2)
KLEIN_LORA = Recipe(
    steps=600, least_steps=300, batch=1, checkpoint_every=300, drawing_steps=4, candidates=2
)
KLEIN_LORA_REF = replace(KLEIN_LORA, references=2)

# Real classes with small random weights: noise for pictures, in seconds on two cores.
TINY_REF = Recipe(
    references=2,
    reference_side=64,
    drawing_steps=2,
    drawing_side=64,
    prompt_tokens=24,
    shows_faces=False,
)
TINY_LORA = Recipe(
    steps=24,
    rank=4,
    learning_rate=1e-3,
    training_side=64,
    checkpoint_every=8,
    drawing_steps=2,
    drawing_side=64,
    prompt_tokens=24,
    shows_faces=False,
)

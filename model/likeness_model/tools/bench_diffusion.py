"""A diffusion engine's speed and memory, and the lower bound of its time.

    python -m likeness_model.tools.bench --engine sdxl-lora --random-weights --photos FOLDER

Random weights of the true shapes are as fast as real ones, but say nothing about distance, style
and the quality gate. Returns one flat object, name to number; a value that could not be measured is
null, and a line on stderr says why.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from likeness_model.container.folders import Folders
from likeness_model.diffusion import lora
from likeness_model.diffusion.encoding import encode_prompts
from likeness_model.diffusion.engine import DiffusionEngine
from likeness_model.diffusion.loading import KINDS, load_pipeline
from likeness_model.diffusion.pipelines.base import Pipeline
from likeness_model.diffusion.prompts import templates
from likeness_model.diffusion.recipe import Recipe
from likeness_model.diffusion.shapes import random_pipeline
from likeness_model.diffusion.training import TrainingSet, train
from likeness_model.diffusion.training_checkpoint import TrainingCheckpoint
from likeness_model.generation.job import run_job
from likeness_model.tools.flops import Work, count_work, peak_of
from likeness_model.tools.order import make_order

AVATARS, PHOTOS = 30, 8
EXAMPLES = 4 * PHOTOS  # two crops of each photo and their mirror images
STEPS_TIMED = 12
BASELINE_PICTURES = 4

Numbers = dict[str, float | None]


def measure(
    name: str,
    *,
    device: str,
    random_weights: bool,
    photos: Mapping[str, bytes],
    recipe: Recipe | None = None,
    tiny: bool = False,
) -> Numbers:
    """`tiny` uses small networks, to test the bench itself."""
    recipe = recipe or KINDS[name].recipe
    numbers = floor(name, recipe, device=device, tiny=tiny)
    if device == "cuda" and not torch.cuda.is_available():
        _skip(numbers, "no GPU is visible", _MEASURED)
        return _named(name, numbers)

    # 1. Load.
    began = time.perf_counter()
    pipeline = _load(name, recipe, device, random_weights=random_weights, tiny=tiny)
    numbers["load_s"] = _since(began, device)
    _reset_peak(device)

    # 2. Encode prompts and pictures.
    side = recipe.training_side if recipe.trains else recipe.reference_side
    pictures = [_grey(side)] * EXAMPLES
    texts = [templates().negative] * AVATARS
    numbers["prompts_s"] = _timed(lambda: encode_prompts(pipeline, texts), device)
    numbers["latents_s"] = _timed(lambda: pipeline.encode_pictures(pictures), device)

    # 3. Train: the median step, without the first ones.
    if recipe.trains:
        numbers["step_s"] = _median_step(pipeline, pictures)

    # 4. Draw a batch, and decode one of the same size.
    numbers |= _drawing(pipeline, device)

    # 5. The whole job, from photos to files.
    if photos:
        numbers["job_s"], numbers["job_drawn"] = _job(name, pipeline, photos, device)
    else:
        _skip(numbers, "no photos were given (--photos)", ("job_s", "job_drawn"))

    # 6. The same pictures by plain calls of diffusers' pipeline.
    numbers["plain_picture_s"] = _plain(pipeline, device)
    if device == "cuda":
        numbers["peak_gb"] = round(torch.cuda.max_memory_allocated() / 1e9, 2)
    else:
        _skip(numbers, "memory is measured on a GPU only", ("peak_gb",))
    return _named(name, numbers)


def floor(name: str, recipe: Recipe, *, device: str, tiny: bool = False) -> Numbers:
    """The counted work in TFLOP, and its least time in seconds at the peak of this GPU, or of an
    H100 without one."""
    numbers: Numbers = {}
    if tiny:
        _skip(numbers, "work is counted for the true shapes only", _COUNTED)
        return numbers
    work = count_work(_family(name), recipe)
    numbers |= _counts(work, recipe)
    visible = device == "cuda" and torch.cuda.is_available()
    peak = peak_of(torch.cuda.get_device_name()) if visible else peak_of("H100")
    numbers["peak_tflops"] = peak
    if peak is None:
        _skip(numbers, "the peak of this GPU is not in the table", ("floor_s",))
    else:
        numbers["floor_s"] = round(float(numbers["job_tflop"] or 0) / peak, 2)
    return numbers


def _counts(work: Work, recipe: Recipe) -> Numbers:
    job = work.job(recipe, pictures=AVATARS, examples=EXAMPLES)
    return {
        "step_tflop": round(work.step, 3),
        "forward_tflop": round(work.forward, 3),
        "decode_tflop": round(work.decode, 3),
        "encode_tflop": round(work.encode, 3),
        "job_tflop": round(job, 1),
    }


_COUNTED = ("step_tflop", "forward_tflop", "decode_tflop", "encode_tflop", "job_tflop", "floor_s")
_MEASURED = (
    *("load_s", "prompts_s", "latents_s", "step_s", "picture_s", "pictures_per_s", "decode_share"),
    *("job_s", "job_drawn", "plain_picture_s", "peak_gb"),
)


def _load(name: str, recipe: Recipe, device: str, *, random_weights: bool, tiny: bool) -> Pipeline:
    if not random_weights:
        return load_pipeline(name, Folders.from_environment().weights, device=device)
    half = torch.bfloat16 if device == "cuda" else torch.float32
    recipe = replace(recipe, shows_faces=False)
    place = torch.device(device)
    return random_pipeline(name, recipe, family=_family(name), tiny=tiny, device=place, dtype=half)


def _median_step(pipeline: Pipeline, pictures: list[np.ndarray]) -> float:
    seconds: list[float] = []

    def has_time(last: float) -> bool:
        seconds.append(last)
        return len(seconds) <= STEPS_TIMED

    examples = TrainingSet(
        pipeline.encode_pictures(pictures),
        encode_prompts(pipeline, ["photo of ohwx person"] * len(pictures)),
    )
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = TrainingCheckpoint(Path(folder), "bench")
        train(pipeline, examples, seed=0, checkpoint=checkpoint, has_time=has_time)
    lora.unload(pipeline.trained_network)
    return round(statistics.median(seconds[-(STEPS_TIMED // 2) :]), 4)


def _drawing(pipeline: Pipeline, device: str) -> Numbers:
    recipe = pipeline.recipe
    count = recipe.drawing_batch
    prompts = encode_prompts(pipeline, ["a person in a coat"] * count)
    references = [_grey(recipe.reference_side)] * recipe.references

    def draw() -> None:
        pipeline.generate(prompts, range(count), references=references)

    draw()  # the first run selects kernels
    whole = _timed(draw, device)
    pictures = [_grey(recipe.drawing_side)] * count
    decoding = _timed(lambda: pipeline.decode(pipeline.encode_pictures(pictures)), device)
    encoding = _timed(lambda: pipeline.encode_pictures(pictures), device)
    return {
        "picture_s": round(whole / count, 4),
        "pictures_per_s": round(count / whole, 3),
        "decode_share": round(max(0.0, decoding - encoding) / whole, 3),
    }


def _job(
    name: str, pipeline: Pipeline, photos: Mapping[str, bytes], device: str
) -> tuple[float, float]:
    photos = dict(list(photos.items())[:PHOTOS])
    order = make_order(photos, list(templates().styles), AVATARS, engine=name)
    engine = DiffusionEngine(pipeline)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        result = run_job(order, photos, Path(folder), load=lambda _name: engine)
        return _since(began, device), float(len(result.avatars))


def _plain(pipeline: Pipeline, device: str) -> float:
    """Seconds per picture by diffusers alone: one call each, with the prompt's encoding."""
    recipe, plain = pipeline.recipe, pipeline.full
    plain.set_progress_bar_config(disable=True)

    def draw() -> None:
        plain(
            prompt="a person in a coat",
            num_inference_steps=recipe.drawing_steps,
            guidance_scale=recipe.guidance,
            height=recipe.drawing_side,
            width=recipe.drawing_side,
        )

    draw()
    seconds = _timed(lambda: [draw() for _ in range(BASELINE_PICTURES)], device)
    return round(seconds / BASELINE_PICTURES, 4)


def _timed(work: Callable[[], object], device: str) -> float:
    if device == "cuda":
        torch.cuda.synchronize()
    began = time.perf_counter()
    work()
    return _since(began, device)


def _since(began: float, device: str) -> float:
    if device == "cuda":
        torch.cuda.synchronize()
    return round(time.perf_counter() - began, 4)


def _reset_peak(device: str) -> None:
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()


def _grey(side: int) -> np.ndarray:
    return np.full((side, side, 3), 128, np.uint8)


def _family(name: str) -> str:
    return "sdxl" if name.startswith("sdxl") else "klein"


def _skip(numbers: Numbers, why: str, names: tuple[str, ...]) -> None:
    for name in names:
        numbers[name] = None
    print(f"not measured because {why}: {', '.join(names)}", file=sys.stderr)


def _named(name: str, numbers: Numbers) -> Numbers:
    return {f"{name}.{key}": value for key, value in numbers.items()}

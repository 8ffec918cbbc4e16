"""The diffusion engines' speed, stage by stage, beside plain diffusers and the lower bound.

    python -m likeness_model.tools.bench_diffusion --random-weights [--engine NAME]
    python -m likeness_model.tools.bench_diffusion --count      # needs no GPU
    python -m likeness_model.tools.bench_diffusion --engine NAME --float8 FILE --photos FOLDER

Random weights of the true shapes are as fast as real ones, but say nothing about distance, style
and the quality gate. Without `--photos`, synthetic portraits take the place of analysed photos.

Prints one line of JSON per engine, name to number. Seconds are per picture or per step where the
name says so. What could not be measured is null, and a line on stderr says why.

`--float8` compares klein in 16 and in 8 bits, on real weights and on the photos of several people,
one folder per person. It writes FILE, prints it, and says if LIKENESS_FLOAT8=FILE may be set. The
people of FILE are in the order of the folders' names.

    floor_s                 the counted work of a job at the peak of an H100, each avatar drawn once
    *_ops                   launches in eager mode: a pass, a pass with an adapter, a training step
    picture_adapters_s      drawn in a batch, LoRA adapters beside the weights
    picture_merged_s        the same, adapters merged into a copy
    picture_s               the same in the engine: channels last; LIKENESS_COMPILE
    step_eager_s, step_s    a training step, operation by operation and as the engine runs it
    *_gpu_share             the share of its time in which the GPU ran a kernel
    finish_s                score, watermark and PNG of a picture on one thread
    job_*_s                 the stages of a job of 30 avatars, each drawn once; JOB_STEPS of its
                            training steps are run, job_s counts the others at step_s
    job_busy_share          of the drawing stage: the share in which a batch was being drawn
    picture_float8_s        merged, klein's wide layers in 8-bit floats
    plain_picture_s         diffusers' pipeline alone, one call per picture
    plain_ratio             plain_picture_s to picture_s
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from peft import LoraConfig
from PIL import Image as Pillow

from likeness.contracts.container import DrawnAvatar, GenerationOrder
from likeness_model.container.folders import Folders
from likeness_model.diffusion import float8, lora
from likeness_model.diffusion.drawing_network import DrawingNetwork
from likeness_model.diffusion.encoding import encode_prompts, encode_training_set
from likeness_model.diffusion.engine import DiffusionEngine
from likeness_model.diffusion.loading import KINDS, load_pipeline
from likeness_model.diffusion.memory import release
from likeness_model.diffusion.pipelines.base import Pipeline
from likeness_model.diffusion.portraits import (
    Portrait,
    TrainingExample,
    find_portraits,
    training_examples,
)
from likeness_model.diffusion.prompts import templates
from likeness_model.diffusion.quality_gate import Features, Person, score
from likeness_model.diffusion.recipe import TINY_LORA, TINY_REF, Recipe
from likeness_model.diffusion.recogniser import Recogniser, load_recogniser
from likeness_model.diffusion.shapes import random_pipeline
from likeness_model.diffusion.training import new_optimiser
from likeness_model.diffusion.training_step import WARM_UP, TrainingStep
from likeness_model.diffusion.weights import read_manifest
from likeness_model.errors import DeviceError
from likeness_model.generation.checkpoints import AvatarCheckpoints
from likeness_model.generation.deadline import Deadline
from likeness_model.generation.engine import Task
from likeness_model.tools.flops import PEAK, count_work
from likeness_model.tools.order import make_order, read_photos
from likeness_model.vision.images import encode_png
from likeness_model.vision.records import Image, Mesh
from likeness_model.vision.watermark import write_watermark

AVATARS, PHOTOS = 30, 8
STEPS_TIMED, JOB_STEPS = 25, 100
BASELINE_PICTURES = 4
# The engines that differ in speed; flux2-klein-4b-lora-ref trains as one and draws as another.
ENGINES = ("sdxl-lora", "flux2-klein-4b-ref", "flux2-klein-4b-lora")
# Every layer, rank 64: as SDXL-Lightning's adapter.
SAMPLER_LAYERS = (
    *("to_q", "to_k", "to_v", "to_out.0", "proj_in", "proj_out", "ff.net.0.proj", "ff.net.2"),
    *("conv1", "conv2", "conv_shortcut", "time_emb_proj"),
    *("downsamplers.0.conv", "upsamplers.0.conv"),
)

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
    numbers: Numbers = {}

    # 1. Load, with the adapters that a job has.
    began = time.perf_counter()
    pipeline = _load(name, recipe, device, random_weights=random_weights, tiny=tiny)
    numbers["load_s"] = _since(began, device)
    batch = _Batch(pipeline)
    if recipe.trains:
        lora.load(pipeline.base_network, pipeline.targets, recipe.rank, seed=0)
        adapters = (lora.SAMPLER, lora.USER)

        # 2. Draw with adapters beside the weights, then merged.
        loaded = lora.loaded(pipeline.base_network)
        lora.set_active(pipeline.base_network, [each for each in adapters if each in loaded])
        numbers["picture_adapters_s"] = batch.picture_s()
        network = DrawingNetwork(pipeline)
        numbers["merge_s"] = _timed(lambda: network.merge(adapters), device)
        numbers["picture_merged_s"] = batch.picture_s()
        lora.unload(pipeline.base_network)
        pipeline.drawing_network = pipeline.base_network
        del network
        release()

    # 3. Start the engine, and draw, decode and encode in it.
    portraits = find_portraits(photos) if photos else _portraits()
    began = time.perf_counter()
    engine = DiffusionEngine(pipeline, analyse=lambda *_: portraits)
    numbers["start_s"] = _since(began, device)
    numbers["picture_s"] = batch.picture_s()
    numbers["picture_gpu_share"] = _gpu_share(numbers, "picture_gpu_share", batch.draw, device)
    numbers["decode_s"] = batch.decode_s()
    texts = [f"a person in coat number {n}" for n in range(AVATARS)]
    numbers["prompts_s"] = _timed(lambda: encode_prompts(pipeline, texts), device)

    # 4. Train, with and without the CUDA graph.
    if recipe.trains:
        own = training_examples(portraits, recipe.training_side)
        numbers["latents_s"] = _timed(lambda: encode_training_set(pipeline, own), device)
        numbers |= _training(pipeline, own, device)

    # 5. Finish a picture, and run a whole job.
    person = Person(tuple(portrait.features for portrait in portraits))
    picture = batch.draw()[0]
    _finish(picture, person)  # loads the vision models
    numbers["finish_s"] = _timed(lambda: _finish(picture, person), device)
    numbers |= _job(engine, photos, numbers, avatars=6 if tiny else AVATARS)

    # 6. The same pictures by plain calls of diffusers' pipeline.
    numbers["plain_picture_s"] = _plain(pipeline, device)
    numbers["plain_ratio"] = round(numbers["plain_picture_s"] / (numbers["picture_s"] or 1), 2)
    if device == "cuda":
        numbers["peak_gb"] = round(torch.cuda.max_memory_allocated() / 1e9, 2)
    else:
        _skip(numbers, "memory is measured on a GPU only", ("peak_gb",))

    # 7. The same pictures with the wide layers in 8 bits.
    del engine
    if pipeline.float8_layers:
        numbers["picture_float8_s"] = _float8_picture_s(batch, numbers)
    return _named(name, numbers)


def floor(name: str, recipe: Recipe) -> Numbers:
    """The counted work in TFLOP, and its least time in seconds at the peak of an H100."""
    work = count_work(_family(name), recipe)
    examples = 2 * PHOTOS if recipe.trains else recipe.references
    job = work.job(recipe, pictures=AVATARS, examples=examples)
    return _named(
        name,
        {
            "step_tflop": round(work.step, 3),
            "forward_tflop": round(work.forward, 3),
            "decode_tflop": round(work.decode, 3),
            "encode_tflop": round(work.encode, 3),
            "forward_ops": work.forward_ops,
            "adapted_ops": work.adapted_ops,
            "step_ops": work.step_ops,
            "job_tflop": round(job, 1),
            "floor_s": round(job / PEAK, 2),
        },
    )


def _load(name: str, recipe: Recipe, device: str, *, random_weights: bool, tiny: bool) -> Pipeline:
    if not random_weights:
        return load_pipeline(name, Folders.from_environment().weights, device=device)
    half = torch.bfloat16 if device == "cuda" else torch.float32
    recipe = replace(recipe, shows_faces=False)
    place, family = torch.device(device), _family(name)
    pipeline = random_pipeline(name, recipe, family=family, tiny=tiny, device=place, dtype=half)
    if family == "sdxl":
        config = LoraConfig(r=4 if tiny else 64, target_modules=list(SAMPLER_LAYERS))
        pipeline.base_network.add_adapter(config, adapter_name=lora.SAMPLER)
        pipeline.base_network.to(place, half).requires_grad_(False)
    return pipeline


def _float8_picture_s(batch: "_Batch", numbers: Numbers) -> float | None:
    pipeline = batch.pipeline
    try:
        float8.require_support(pipeline.device)
    except DeviceError as error:
        _skip(numbers, str(error), ("picture_float8_s",))
        return None
    pipeline.drawing_network, pipeline.float8 = pipeline.base_network, True
    release()
    DrawingNetwork(pipeline)
    return batch.picture_s()


class _Batch:
    """One batch of pictures, drawn several times."""

    def __init__(self, pipeline: Pipeline) -> None:
        recipe = pipeline.recipe
        self.pipeline = pipeline
        self._count = recipe.drawing_batch
        self._prompts = encode_prompts(pipeline, ["a person in a coat"] * self._count)
        self._references = [_grey(recipe.reference_side)] * recipe.references

    def draw(self) -> list[Image]:
        return self.pipeline.generate(
            self._prompts, range(self._count), references=self._references
        )

    def picture_s(self) -> float:
        self.draw()  # the first run selects kernels
        return round(_timed(self.draw, self.pipeline.device.type) / self._count, 4)

    def decode_s(self) -> float:
        """Per picture, of latents of the drawing's size."""
        pipeline = self.pipeline
        latents = pipeline.encode_pictures([_grey(pipeline.recipe.drawing_side)] * self._count)
        pipeline.decode(latents)
        seconds = _timed(lambda: pipeline.decode(latents), pipeline.device.type)
        return round(seconds / self._count, 4)


def _training(pipeline: Pipeline, own: Sequence[TrainingExample], device: str) -> Numbers:
    examples = encode_training_set(pipeline, own)
    numbers: Numbers = {}
    for key, capture in (("step_eager_s", False), ("step_s", True)):
        lora.load(pipeline.trained_network, pipeline.targets, pipeline.recipe.rank, seed=0)
        step = TrainingStep(pipeline, examples, new_optimiser(pipeline), capture=capture)

        def some(count: int, step: TrainingStep = step) -> None:
            for seed in range(count):
                loss = step.run(seed)
            loss.item()

        some(WARM_UP)
        numbers[key] = round(_timed(partial(some, STEPS_TIMED), device) / STEPS_TIMED, 4)
        if capture and device == "cuda" and not step.captured:
            print("step_s is not of a CUDA graph: the capture failed", file=sys.stderr)
        share = key.replace("_s", "_gpu_share")
        numbers[share] = _gpu_share(numbers, share, partial(some, WARM_UP), device)
        del step, some
        lora.unload(pipeline.trained_network)
        release()
    return numbers


def _finish(picture: Image, person: Person) -> None:
    order = make_order({"p01": b""}, ["glamour"], 1, watermarked=True)
    score(picture, person, style="glamour", gate=order.gate)
    write_watermark(picture, order.avatars[0].watermark or "")
    encode_png(picture)


class _Stages:
    """When each stage of a job began, and how long batches were drawn."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.began: dict[str, float] = {}
        self.generating = 0.0
        self._pipeline = pipeline
        self._generate = pipeline.generate

    def report(self, stage: str, _done: int) -> None:
        self.began.setdefault(stage, time.perf_counter())

    def __enter__(self) -> "_Stages":
        def timed(*args: object, **how: object) -> list[Image]:
            began = time.perf_counter()
            pictures = self._generate(*args, **how)  # type: ignore[arg-type]
            self.generating += time.perf_counter() - began
            return pictures

        self._pipeline.generate = timed  # type: ignore[method-assign]
        return self

    def __exit__(self, *_: object) -> None:
        del self._pipeline.generate


def _job(
    engine: DiffusionEngine, photos: Mapping[str, bytes], numbers: Numbers, *, avatars: int
) -> Numbers:
    """A whole job, with JOB_STEPS training steps at most."""
    pipeline, recipe = engine.pipeline, engine.pipeline.recipe
    steps = min(recipe.steps, JOB_STEPS)
    pipeline.recipe = replace(recipe, steps=steps, least_steps=0)
    order = make_order(
        photos or {"p01": b""},
        list(templates().styles),
        avatars,
        engine=engine.name,
        watermarked=True,
        gate={"draws": 1},  # as floor_s; random weights draw near-duplicates
    )
    order = order.model_copy(update={"size": recipe.drawing_side})
    with _Stages(pipeline) as stages:
        began = time.perf_counter()
        drawn = _drawn(engine, order, photos, stages.report)
        seconds = _since(began, pipeline.device.type)
    pipeline.recipe = recipe
    ends = [*list(stages.began.values())[1:], began + seconds]
    job: Numbers = {
        f"job_{stage}_s": round(end - start, 3)
        for (stage, start), end in zip(stages.began.items(), ends, strict=True)
    }
    drawing = job["job_drawing_s"] or 1
    others = (recipe.steps - steps) * (numbers.get("step_s") or 0)
    return job | {
        "job_s": round(seconds + others, 2),
        "job_busy_share": round(min(1.0, stages.generating / drawing), 3),
        "job_drawn": float(len(drawn)),
    }


def _drawn(
    engine: DiffusionEngine,
    order: GenerationOrder,
    photos: Mapping[str, bytes],
    report: Callable[[str, int], None] = lambda *_: None,
) -> dict[str, DrawnAvatar]:
    with tempfile.TemporaryDirectory() as folder:
        checkpoints = AvatarCheckpoints(Path(folder), order)
        engine.draw(
            Task(
                order=order,
                photos=photos,
                missing=order.avatars,
                checkpoints=checkpoints,
                deadline=Deadline(),
                report=report,
                turn=nullcontext(),
            )
        )
        return checkpoints.avatars


def compare_float8(
    pipeline: Pipeline,
    weights: Sequence[str],
    people: Sequence[Mapping[str, bytes]],
    recogniser: Recogniser,
) -> float8.Comparison:
    """Draw the same avatars of each person in 16 and in 8 bits, each once, with equal seeds."""
    float8.require_support(pipeline.device)
    styles = [name for name, style in templates().styles.items() if style.face]
    once = {"draws": 1}  # no second candidate and no redraw hides a worse picture
    orders = [
        make_order(photos, styles, AVATARS, engine=pipeline.name, gate=once) for photos in people
    ]
    drawn, seconds = [], []
    for eight_bits in (False, True):
        pipeline.drawing_network = pipeline.base_network
        pipeline.float8 = eight_bits
        release()
        engine = DiffusionEngine(pipeline, recogniser=recogniser)
        seconds.append(_Batch(pipeline).picture_s())
        drawn.append([_drawn(engine, *each) for each in zip(orders, people, strict=True)])
        del engine
    rows = []
    for plain, coarse in zip(*drawn, strict=True):
        pairs = [(plain[each].distance, coarse[each].distance) for each in plain.keys() & coarse]
        shifts = [other - one for one, other in pairs if one is not None and other is not None]
        rows.append(
            float8.PersonCompared(
                pictures=AVATARS,
                drawn=len(plain),
                float8_drawn=len(coarse),
                shift=round(sum(shifts) / len(shifts), 4) if shifts else None,
            )
        )
    on_gpu = pipeline.device.type == "cuda"
    return float8.Comparison(
        engine=pipeline.name,
        weights=tuple(weights),
        gpu=torch.cuda.get_device_name(pipeline.device) if on_gpu else "none",
        picture_s=seconds[0],
        float8_picture_s=seconds[1],
        people=tuple(rows),
    )


def _compare_to(file: Path, name: str, photos: Path) -> str | None:
    """Write the comparison to a file; returns why 8 bits may not draw, or None."""
    weights = Folders.from_environment().weights
    people = [read_photos(folder) for folder in sorted(photos.iterdir()) if folder.is_dir()]
    revisions = read_manifest(weights).revisions_of(KINDS[name].reads)
    pipeline, recogniser = load_pipeline(name, weights), load_recogniser(weights)
    comparison = compare_float8(pipeline, revisions, people, recogniser)
    content = comparison.model_dump_json(indent=2)
    file.write_text(f"{content}\n", encoding="utf-8")
    print(content)
    return comparison.failure()


def _plain(pipeline: Pipeline, device: str) -> float:
    """Seconds per picture by diffusers alone: one call each, with the prompt's encoding and the
    references'."""
    recipe, plain = pipeline.recipe, pipeline.full
    plain.set_progress_bar_config(disable=True)
    shown = {}
    if recipe.references:
        shown = {"image": [Pillow.fromarray(_grey(recipe.reference_side))] * recipe.references}

    def draw() -> None:
        plain(
            prompt="a person in a coat",
            num_inference_steps=recipe.drawing_steps,
            guidance_scale=recipe.guidance,
            height=recipe.drawing_side,
            width=recipe.drawing_side,
            **shown,
        )

    draw()
    seconds = _timed(lambda: [draw() for _ in range(BASELINE_PICTURES)], device)
    return round(seconds / BASELINE_PICTURES, 4)


def _portraits() -> list[Portrait]:
    """Noise instead of photos, each with an upright face of the size that selfies have."""
    chance = np.random.default_rng(0)
    portraits = []
    for n in range(PHOTOS):
        points = chance.uniform(300, 700, (468, 3)).astype(np.float32)
        points[[33, 263, 10, 152]] = [[400, 420, 0], [600, 420, 0], [500, 290, 0], [500, 710, 0]]
        features = Features(35.0, 0.0, 50.0, chance.normal(0, 0.05, 128).astype(np.float32))
        photo = chance.integers(0, 256, (1024, 1024, 3), np.uint8)
        portraits.append(Portrait(f"p{n + 1:02}", photo, Mesh(points, 1.0), features, 1.0))
    return portraits


def _gpu_share(numbers: Numbers, key: str, work: Callable[[], object], device: str) -> float | None:
    if device != "cuda":
        _skip(numbers, "there is no GPU", (key,))
        return None
    kinds = [torch.profiler.ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=kinds) as profile:
        seconds = _timed(work, device)
    kernels = sum(event.self_device_time_total for event in profile.key_averages())
    return round(min(1.0, kernels / 1e6 / seconds), 3)


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


def main() -> None:
    parser = argparse.ArgumentParser(description="The diffusion engines' speed, stage by stage.")
    parser.add_argument("--engine", action="append", choices=list(KINDS), help="by default three")
    parser.add_argument("--count", action="store_true", help="count the work instead")
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--random-weights", action="store_true", help="of the true shapes")
    parser.add_argument("--tiny", action="store_true", help="small networks: tests the bench")
    parser.add_argument("--photos", type=Path, help="folder of JPEG photos; else synthetic ones")
    parser.add_argument("--float8", type=Path, metavar="FILE", help="compare 16 and 8 bits")
    arguments = parser.parse_args()
    if arguments.float8:
        os.environ.pop(float8.FLOAT8, None)
        if not arguments.photos or [name[:5] for name in arguments.engine or ()] != ["flux2"]:
            parser.error("--float8 needs one --engine of klein, and --photos: a folder per person")
        failure = _compare_to(arguments.float8, arguments.engine[0], arguments.photos)
        sys.exit(f"8 bits may not draw: {failure}" if failure else 0)
    photos = read_photos(arguments.photos) if arguments.photos else {}
    if arguments.device == "cuda" and not (arguments.count or torch.cuda.is_available()):
        parser.error("no GPU is visible: use --count, or --device cpu --tiny to test the bench")
    for name in arguments.engine or ENGINES:
        if arguments.count:
            print(json.dumps(floor(name, KINDS[name].recipe)), flush=True)
            continue
        recipe = None
        if arguments.tiny:
            torch.set_num_threads(1)  # too small for several
            recipe = TINY_LORA if KINDS[name].recipe.trains else TINY_REF
            recipe = replace(recipe, drawing_batch=4)
        numbers = measure(
            name,
            device=arguments.device,
            random_weights=arguments.random_weights or arguments.tiny,
            photos=photos,
            recipe=recipe,
            tiny=arguments.tiny,
        )
        print(json.dumps(numbers), flush=True)
        release()


if __name__ == "__main__":
    main()

"""Train a LoRA adapter on one face, within the time limit, from a checkpoint if there is one."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from likeness_model import metrics
from likeness_model.diffusion import lora
from likeness_model.diffusion.memory import release
from likeness_model.diffusion.pipelines.base import Pipeline
from likeness_model.diffusion.seeds import derived_seed
from likeness_model.diffusion.training_checkpoint import TrainingCheckpoint
from likeness_model.diffusion.training_step import TrainingSet, TrainingStep

log = logging.getLogger(__name__)

LOG_EVERY = 25
ADAM = ("exp_avg", "exp_avg_sq")


@dataclass(frozen=True)
class Trained:
    """The adapter's weights, the steps they took, and the loss of each step of this run."""

    state: lora.State
    steps: int
    losses: tuple[float, ...]


def train(
    pipeline: Pipeline,
    examples: TrainingSet,
    *,
    seed: int,
    checkpoint: TrainingCheckpoint,
    has_time: Callable[[float], bool] = lambda _seconds: True,
) -> Trained:
    """A step starts only if `has_time(seconds)` is true for the length of the fastest step. The
    first one is not counted: it also selects kernels.

    The noise of each step follows from the seed and the step's number alone: a run resumed from a
    checkpoint, with the same number of threads, gives the same bits as an uninterrupted one.
    """
    recipe, network = pipeline.recipe, pipeline.trained_network

    # 1. A new adapter, or the checkpoint's.
    lora.load(network, pipeline.targets, recipe.rank, seed=seed)
    parameters = lora.user_parameters(network)
    optimiser = new_optimiser(pipeline)
    done, finished = _restore(checkpoint.read(), parameters, optimiser)

    # 2. Steps, until the recipe's number or the time limit is reached. A captured step is only
    # started: a loss that is read waits for all steps before it.
    step = TrainingStep(pipeline, examples, optimiser)
    losses: list[torch.Tensor] = []
    seconds: list[float] = []  # per step, of each wait
    waited, began = done, time.perf_counter()
    while not finished and done < recipe.steps and has_time(min(seconds[1:], default=0.0)):
        losses.append(step.run(derived_seed(seed, done)))
        done += 1
        logs = done % LOG_EVERY == 0 or done == recipe.steps
        if logs or not step.captured:
            recent = torch.stack(losses[-LOG_EVERY:]).tolist()
            now = time.perf_counter()
            seconds.append((now - began) / (done - waited))
            waited, began = done, now
            if logs:
                mean = sum(recent) / len(recent)
                metrics.report(step=done, train_loss=mean, seconds_per_step=seconds[-1])
        if done % recipe.checkpoint_every == 0 and done < recipe.steps:
            checkpoint.write(partial(_packed, parameters, optimiser, steps=done))
    del step
    release()  # the graph's memory is needed for drawing

    # 3. Store the result too: a run that is restarted while drawing does not train again.
    if not finished and done >= recipe.least_steps:
        checkpoint.write(partial(_packed, parameters, None, steps=done))
    if done < recipe.steps:
        log.warning("out of time: training ended after %d of %d steps", done, recipe.steps)
    return Trained(lora.user_state(network), done, tuple(loss.item() for loss in losses))


def new_optimiser(pipeline: Pipeline) -> torch.optim.Optimizer:
    """For the user's adapter on the trained network."""
    on_gpu = pipeline.device.type == "cuda"
    return torch.optim.AdamW(
        lora.user_parameters(pipeline.trained_network).values(),
        lr=pipeline.recipe.learning_rate,
        fused=on_gpu,
        capturable=on_gpu,  # by a CUDA graph
    )


# --- the checkpoint's content ------------------------------------------------------------------


def _packed(
    parameters: Mapping[str, torch.nn.Parameter],
    optimiser: torch.optim.Optimizer | None,
    *,
    steps: int,
) -> bytes:
    """No optimiser means that training is finished: only the adapter is needed."""
    tensors = {"steps": torch.tensor(steps)}
    for name, parameter in parameters.items():
        tensors[f"adapter {name}"] = parameter.detach().cpu()
        if optimiser is not None:
            for moment in ADAM:
                tensors[f"{moment} {name}"] = optimiser.state[parameter][moment].detach().cpu()
    return save(tensors)


def _restore(
    content: bytes | None,
    parameters: Mapping[str, torch.nn.Parameter],
    optimiser: torch.optim.Optimizer,
) -> tuple[int, bool]:
    """The steps done, and whether training is finished. An unreadable checkpoint is ignored."""
    if content is None:
        return 0, False
    try:
        tensors = load(content)
    except SafetensorError:
        log.warning("the training checkpoint cannot be read: training starts again")
        return 0, False
    steps, finished = tensors["steps"].item(), True
    for name, parameter in parameters.items():
        parameter.data.copy_(tensors[f"adapter {name}"])
        if f"{ADAM[0]} {name}" in tensors:
            finished = False
            moments = {m: tensors[f"{m} {name}"].to(parameter.device) for m in ADAM}
            step = torch.tensor(float(steps), device=parameter.device)
            optimiser.state[parameter] = {"step": step, **moments}
    log.info("training continues after step %d", steps)
    return int(steps), finished

"""The bench: its known counts of work, and every number of it on a tiny pipeline."""

import json
import sys
from dataclasses import replace

import pytest
import torch

from likeness_model.diffusion.recipe import KLEIN_LORA, KLEIN_REF, SDXL_LORA, TINY_LORA, TINY_REF
from likeness_model.tools import bench, bench_diffusion
from likeness_model.tools.bench_diffusion import floor, measure
from likeness_model.tools.flops import Work, count_work, peak_of


def test_the_work_of_sdxl():
    """6.76 TFLOP per pass and 10.47 per decoded picture at 1024 px, 3.17 per step at 512."""
    work = count_work("sdxl", SDXL_LORA)

    assert work.forward == pytest.approx(6.76, abs=0.01)
    assert work.decode == pytest.approx(10.47, abs=0.01)
    assert work.step == pytest.approx(3.17, abs=0.01)


def test_the_work_of_klein():
    """34.8 TFLOP per pass, 54.5 with two references of 512 px, 21.1 per step at 512."""
    assert count_work("klein", KLEIN_LORA).forward == pytest.approx(34.8, abs=0.1)
    assert count_work("klein", KLEIN_LORA).step == pytest.approx(21.1, abs=0.1)
    shown = count_work("klein", replace(KLEIN_REF, references=2))
    assert shown.forward == pytest.approx(54.5, abs=0.1)
    assert shown.step == 0


def test_the_work_of_a_job_is_the_sum_of_its_parts():
    work = Work(step=2.0, forward=3.0, decode=5.0, encode=7.0)
    recipe = replace(SDXL_LORA, steps=10, batch=2, drawing_steps=4)

    assert work.job(recipe, pictures=1, examples=1) == 10 * 2 * 2 + (4 * 3 + 5) + 7
    guided = replace(recipe, guidance=5.0)  # a second pass per step for the negative prompt
    assert work.job(guided, pictures=1, examples=0) == 40 + (8 * 3 + 5)


def test_the_floor_is_the_work_at_the_peak_of_the_gpu():
    numbers = floor("sdxl-lora", SDXL_LORA, device="cpu")

    assert numbers["floor_s"] == pytest.approx(numbers["job_tflop"] / 790, abs=0.01)


@pytest.mark.parametrize(
    ("name", "peak"),
    [("NVIDIA H100 80GB HBM3", 790), ("NVIDIA L4", 121), ("NVIDIA L40S", 362), ("other", None)],
)
def test_the_peak_follows_from_the_name_of_the_gpu(name, peak):
    assert peak_of(name) == peak


@pytest.mark.parametrize(
    ("name", "recipe"), [("sdxl-lora", TINY_LORA), ("flux2-klein-4b-ref", TINY_REF)]
)
def test_every_number_is_measured_on_a_tiny_pipeline(name, recipe, monkeypatch, capsys):
    monkeypatch.setattr(bench_diffusion, "AVATARS", 2)
    monkeypatch.setattr(bench_diffusion, "STEPS_TIMED", 4)
    small = replace(recipe, drawing_batch=2)

    numbers = measure(name, device="cpu", random_weights=True, photos={}, recipe=small, tiny=True)

    output = capsys.readouterr().err
    measured = {key.partition(".")[2] for key, value in numbers.items() if value is not None}
    assert {"load_s", "prompts_s", "latents_s", "picture_s", "plain_picture_s"} <= measured
    assert ("step_s" in measured) == recipe.trains
    assert 0 <= numbers[f"{name}.decode_share"] < 1
    for key in ("job_s", "peak_gb", "floor_s"):
        assert numbers[f"{name}.{key}"] is None
        assert key in output


def test_without_a_gpu_it_counts_and_reports_what_it_could_not_measure(monkeypatch, capsys):
    command = "bench --engine sdxl-lora --device cuda --random-weights"
    monkeypatch.setattr(sys, "argv", command.split())
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    bench.main()

    output = capsys.readouterr()
    numbers = json.loads(output.out)
    assert numbers["sdxl-lora.step_s"] is None
    assert numbers["sdxl-lora.job_tflop"] > 0
    assert "not measured because no GPU is visible: load_s" in output.err

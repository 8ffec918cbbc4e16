"""The bench: its known counts of work, and every number of it on a tiny pipeline."""

import json
import sys
from dataclasses import replace

import pytest
import torch

from likeness_model.diffusion.recipe import KLEIN_LORA, KLEIN_REF, SDXL_LORA, TINY_LORA, TINY_REF
from likeness_model.tools import bench_diffusion
from likeness_model.tools.bench_diffusion import measure
from likeness_model.tools.flops import Work, count_work


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


@pytest.mark.parametrize("name", ["sdxl-lora", "flux2-klein-4b-ref"])
def test_every_number_is_measured_on_a_tiny_pipeline(name, monkeypatch, capsys):
    for constant, value in {
        "PHOTOS": 1,
        "STEPS_TIMED": 2,
        "JOB_STEPS": 2,
        "BASELINE_PICTURES": 1,
    }.items():
        monkeypatch.setattr(bench_diffusion, constant, value)
    recipe = replace(TINY_LORA if name == "sdxl-lora" else TINY_REF, drawing_batch=2)

    numbers = measure(name, device="cpu", random_weights=True, photos={}, recipe=recipe, tiny=True)

    numbers = {key.partition(".")[2]: value for key, value in numbers.items()}
    not_measured = {key for key, value in numbers.items() if value is None}
    assert not_measured == {
        *("picture_gpu_share", "peak_gb"),
        *(("step_eager_gpu_share", "step_gpu_share") if recipe.trains else ()),
    }
    errors = capsys.readouterr().err
    assert all(key in errors for key in not_measured)
    assert {"picture_s", "finish_s", "job_s", "job_busy_share", "plain_ratio"} <= numbers.keys()
    assert ("step_s" in numbers) == ("picture_adapters_s" in numbers) == recipe.trains
    assert ("picture_float8_s" in numbers) == (name == "flux2-klein-4b-ref")
    assert numbers["job_drawn"] == 6
    assert 0 < numbers["job_busy_share"] <= 1
    if recipe.trains:  # 24 steps, of which 2 are run
        assert numbers["job_s"] >= 22 * numbers["step_s"]


def test_the_command_counts_the_work_without_a_gpu(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["bench_diffusion", "--engine", "sdxl-lora", "--count"])

    bench_diffusion.main()

    numbers = json.loads(capsys.readouterr().out)
    assert numbers["sdxl-lora.floor_s"] == pytest.approx(
        numbers["sdxl-lora.job_tflop"] / 989, abs=0.01
    )


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_it_says_what_can_be_done(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["bench_diffusion", "--random-weights"])

    with pytest.raises(SystemExit):
        bench_diffusion.main()

    assert "no GPU is visible: use --count" in capsys.readouterr().err


def test_an_adapter_beside_the_weights_costs_launches():
    """What merging and the CUDA graph save."""
    work = count_work("sdxl", SDXL_LORA)

    assert work.adapted_ops > 1.5 * work.forward_ops
    assert work.step_ops > 1.5 * work.adapted_ops

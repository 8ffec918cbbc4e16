from tests.bench import processor
from tests.bench.processor import processor_seconds


def test_the_first_run_warms_up_and_is_not_counted(monkeypatch):
    clock = iter([0.0, 9.0, 10.0, 11.0, 20.0, 23.0, 30.0, 31.0])
    monkeypatch.setattr(processor, "_used", lambda: next(clock))

    assert processor_seconds(lambda: None, 3) == 1.0


def test_slow_work_is_run_less_often(monkeypatch):
    clock = iter(float(at) for at in range(0, 1000, 10))
    monkeypatch.setattr(processor, "_used", lambda: next(clock))
    runs = []

    assert processor_seconds(lambda: runs.append(1), 9) == 10.0
    assert len(runs) == 2


def test_real_work_takes_processor_time():
    assert processor_seconds(lambda: sum(range(300_000)), 3) > 0

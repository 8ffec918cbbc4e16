"""Step StartTraining: creates a training job; FinishTraining completes the task."""

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.contracts import StartRunInput
from likeness.entrypoints.step import step
from likeness.services.generation.start_training import start_training


@step(StartRunInput)
def handler(job: StartRunInput) -> None:
    start_training(
        job.job_id,
        job.attempt,
        job.task_token,
        jobs=bootstrap.jobs(),
        runs=bootstrap.runs(),
        training=bootstrap.training(),
        workflow=bootstrap.workflow(),
        metrics=bootstrap.metrics(),
        clock=bootstrap.CLOCK,
        deadline=policy_files.load_retention().deadline,
    )

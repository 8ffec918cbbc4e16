"""Step StartTraining: creates a training job; FinishTraining completes the task."""

from likeness import bootstrap
from likeness.contracts.generation import StartRunInput
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
        readiness=bootstrap.readiness(),
    )

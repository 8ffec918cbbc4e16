"""EventBridge: resumes the pipeline after a training job, or deletes late files."""

from likeness import bootstrap
from likeness.contracts.generation import TrainingEnded
from likeness.entrypoints.training_events import on_training_end
from likeness.services.generation.finish_training import finish_training


@on_training_end
def handler(ended: TrainingEnded) -> bool:
    return finish_training(
        ended,
        jobs=bootstrap.jobs(),
        runs=bootstrap.runs(),
        training=bootstrap.training(),
        files=bootstrap.job_files(),
        workflow=bootstrap.workflow(),
        readiness=bootstrap.readiness(),
    )

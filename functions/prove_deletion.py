"""Step ProveDeletion, and the target of each job's own schedule: all gone, seen, and signed."""

from likeness.bootstrap import pipeline
from likeness.contracts import Proof, Proven
from likeness.entrypoints.step import step


@step(Proof)
def handler(job: Proof) -> Proven:
    return pipeline.prove_deletion(job.job_id, overdue=job.overdue)

"""Step RunTest: runs a test job. Deployed only where the stack has TestMode."""

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.contracts import JobRef
from likeness.contracts.jobs import RunTestResult
from likeness.entrypoints.step import step
from likeness.services.jobs.run_test import run_test


@step(JobRef)
def handler(job: JobRef) -> RunTestResult:
    return run_test(
        job.job_id,
        jobs=bootstrap.jobs(),
        reviews=bootstrap.reviews(),
        work=bootstrap.work(),
        avatar_store=bootstrap.avatar_store(),
        files=bootstrap.job_files(),
        keyed_hash=bootstrap.keyed_hash(),
        policy=policy_files.load_policy(),
        clock=bootstrap.CLOCK,
    )

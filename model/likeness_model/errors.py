"""Errors that end a job, and their exit codes.

* 0    done; `result.json` lists what was drawn
* 1    any other exception: a fault of this program; a retry may succeed
* 2    OrderError       the order is invalid or cannot be drawn: a retry fails again
* 3    PhotosError      no photo can be read: a retry fails again
* 4    WeightsError     the weights are missing or do not match their manifest
* 5    DeviceError      no accelerator, or one with too little memory: use another instance
* 64   usage            unknown command
* 143  terminated       SIGTERM: the avatars drawn so far are in the checkpoints

With every exit code but 0, the failure file holds the error's name and one sentence.
"""

INTERNAL = 1
USAGE = 64
TERMINATED = 143


class JobError(Exception):
    """Base of the errors with their own exit code."""

    exit_code = INTERNAL


class OrderError(JobError):
    exit_code = 2


class PhotosError(JobError):
    exit_code = 3


class WeightsError(JobError):
    """The message names the file and what the operator can do."""

    exit_code = 4


class DeviceError(JobError):
    """No accelerator, or one whose memory does not hold a single picture."""

    exit_code = 5

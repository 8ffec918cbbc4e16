"""What can end a job early, and the exit code that tells which.

* 0    done; `result.json` says what was drawn
* 1    Exception        a fault of ours: the same order may work when it is tried again
* 2    OrderError       the order cannot be read or fulfilled: trying again is useless
* 3    PhotosError      no photo can be read: trying again is useless
* 4    WeightsError     the weights are missing or are not those of their manifest
* 5    DeviceError      no accelerator, or one that is too small: take another instance
* 64   usage            the program was called with a command that it does not have
* 143  terminated       told to stop (SIGTERM): what was drawn is in the checkpoints

Beside each exit code but 0 the failure file holds the error's name and one sentence.
"""

INTERNAL = 1
USAGE = 64
TERMINATED = 143


class JobError(Exception):
    """Base of the errors with an exit code of their own."""

    exit_code = INTERNAL


class OrderError(JobError):
    exit_code = 2


class PhotosError(JobError):
    exit_code = 3


class WeightsError(JobError):
    """The sentence says which file, and what the operator does about it."""

    exit_code = 4


class DeviceError(JobError):
    """No accelerator, or one whose memory does not hold a single picture."""

    exit_code = 5

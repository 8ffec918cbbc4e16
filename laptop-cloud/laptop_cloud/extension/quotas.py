"""The default rates of an AWS account, as token buckets."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# The lowest default of any Region, calls per second. Rekognition: AWS General Reference, "Amazon
# Rekognition endpoints and quotas": 50 in the largest Regions, 5 in the others, for each operation.
REKOGNITION = 5
# KMS Developer Guide, "Request quotas": shared by the operations of a kind of key. Elliptic curves:
# 1,000 today, 300 in older versions of the page.
SYMMETRIC, ELLIPTIC = 10_000, 300
_SHARED = {
    "symmetric": (
        SYMMETRIC,
        "Decrypt Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext GenerateMac "
        "GenerateRandom ReEncrypt VerifyMac",
    ),
    "elliptic": (ELLIPTIC, "Sign Verify"),
    "public key": (2_000, "GetPublicKey"),
}
KMS: Mapping[str, tuple[str, int]] = MappingProxyType(
    {name: (kind, rate) for kind, (rate, names) in _SHARED.items() for name in names.split()}
)
LAMBDA_CONCURRENCY = 10  # of a new account: Lambda Developer Guide, "Lambda quotas"
TRAINING_INSTANCES = 1  # of a type; a new account has none of most types and must ask


@dataclass
class Rate:
    """So many calls a second, and as many at once after a pause. Thread-safe."""

    per_second: int
    clock: Callable[[], float] = time.monotonic
    _left: float = field(init=False)
    _seen: float = field(init=False)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._left, self._seen = float(self.per_second), self.clock()

    def take(self) -> bool:
        """Whether one more call is allowed now."""
        with self._lock:
            now = self.clock()
            earned = (now - self._seen) * self.per_second
            self._left, self._seen = min(self.per_second, self._left + earned), now
            if self._left < 1:
                return False
            self._left -= 1
            return True

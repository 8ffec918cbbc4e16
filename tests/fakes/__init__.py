"""Every port in memory. tests/integration holds each of them to what its adapter does."""

from tests.fakes.buckets import (
    FakeBucket,
    FakeGallery,
    FakeInspections,
    FakePhotos,
    FakeWork,
)
from tests.fakes.calls import (
    FakeClock,
    FakeDetector,
    FakeEndpoint,
    FakeGenerator,
    FakeHash,
    FakeMetrics,
    FakeTimers,
    FakeWorkflow,
)
from tests.fakes.tables import (
    FakeErasures,
    FakeInferences,
    FakeJobs,
    FakeLedger,
    FakePast,
    FakeReviews,
    FakeUsers,
)

__all__ = [
    "FakeBucket",
    "FakeClock",
    "FakeDetector",
    "FakeEndpoint",
    "FakeErasures",
    "FakeGallery",
    "FakeGenerator",
    "FakeHash",
    "FakeInferences",
    "FakeInspections",
    "FakeJobs",
    "FakeLedger",
    "FakeMetrics",
    "FakePast",
    "FakePhotos",
    "FakeReviews",
    "FakeTimers",
    "FakeUsers",
    "FakeWork",
    "FakeWorkflow",
]

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
    FakeMetrics,
    FakeWorkflow,
)
from tests.fakes.tables import (
    FakeInferences,
    FakeJobs,
    FakeLedger,
    FakeReviews,
    FakeUsers,
)

__all__ = [
    "FakeBucket",
    "FakeClock",
    "FakeDetector",
    "FakeEndpoint",
    "FakeGallery",
    "FakeGenerator",
    "FakeInferences",
    "FakeInspections",
    "FakeJobs",
    "FakeLedger",
    "FakeMetrics",
    "FakePhotos",
    "FakeReviews",
    "FakeUsers",
    "FakeWork",
    "FakeWorkflow",
]

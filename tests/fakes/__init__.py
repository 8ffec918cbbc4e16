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
    FakeGenerator,
    FakeMetrics,
    FakeWorkflow,
)
from tests.fakes.tables import (
    FakeJobs,
    FakeLedger,
    FakeReviews,
    FakeUsers,
)

__all__ = [
    "FakeBucket",
    "FakeClock",
    "FakeDetector",
    "FakeGallery",
    "FakeGenerator",
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

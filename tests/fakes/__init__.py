"""Every port in memory. tests/integration holds each of them to what its adapter does."""

from tests.fakes.answers import FakeAnswers
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
    FakeEventBus,
    FakeGenerator,
    FakeHash,
    FakeMetrics,
    FakeTimers,
    FakeUnannounced,
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
    "FakeAnswers",
    "FakeBucket",
    "FakeClock",
    "FakeDetector",
    "FakeEndpoint",
    "FakeErasures",
    "FakeEventBus",
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
    "FakeUnannounced",
    "FakeUsers",
    "FakeWork",
    "FakeWorkflow",
]

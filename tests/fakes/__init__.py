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
    FakeCredentials,
    FakeDetector,
    FakeEventBus,
    FakeGenerator,
    FakeHash,
    FakeMetrics,
    FakeReader,
    FakeTimers,
    FakeUnannounced,
    FakeWorkflow,
)
from tests.fakes.tables import (
    FakeErasures,
    FakeJobs,
    FakeLedger,
    FakeMarks,
    FakePast,
    FakeReviews,
    FakeUsers,
)

__all__ = [
    "FakeAnswers",
    "FakeBucket",
    "FakeClock",
    "FakeCredentials",
    "FakeMarks",
    "FakeReader",
    "FakeDetector",
    "FakeErasures",
    "FakeEventBus",
    "FakeGallery",
    "FakeGenerator",
    "FakeHash",
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

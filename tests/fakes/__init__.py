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
    FakeEventBus,
    FakeGenerator,
    FakeHash,
    FakeMetrics,
    FakePictures,
    FakeTimers,
    FakeUnannounced,
    FakeWorkflow,
)
from tests.fakes.tables import (
    FakeAppeals,
    FakeDesk,
    FakeErasures,
    FakeJobs,
    FakeLedger,
    FakePast,
    FakeReviews,
    FakeTrail,
    FakeUsers,
)

__all__ = [
    "FakeAnswers",
    "FakeAppeals",
    "FakeBucket",
    "FakeClock",
    "FakeDesk",
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
    "FakePictures",
    "FakeReviews",
    "FakeTimers",
    "FakeTrail",
    "FakeUnannounced",
    "FakeUsers",
    "FakeWork",
    "FakeWorkflow",
]

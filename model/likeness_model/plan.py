"""Decide for each ordered avatar which photo it is drawn from, and how it looks."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from likeness.contracts import AvatarOrder, GenerationOrder
from likeness.domain.ids import PhotoId
from likeness_model.painter.looks import look_for, milder
from likeness_model.painter.scene import Look


@dataclass(frozen=True)
class Draft:
    """One attempt at one avatar."""

    avatar: AvatarOrder
    photo_id: PhotoId
    look: Look
    attempt: int


def first_drafts(order: GenerationOrder, photos: Sequence[PhotoId]) -> list[Draft]:
    """One draft an avatar, in the order of drawing: every style's first, then every second, ...

    `photos` are the usable ones, best first. Within a style each avatar takes the next photo and
    the next palette; each style starts at another photo, so that a small order shows them all.
    """
    per_style: dict[str, list[AvatarOrder]] = defaultdict(list)
    for avatar in order.avatars:
        per_style[avatar.style].append(avatar)
    drafts = []
    for place, avatars in enumerate(per_style.values()):
        start = avatars[0].seed
        for variant, avatar in enumerate(avatars):
            look = look_for(avatar.style, seed=avatar.seed, variant=variant, start=start)
            photo = photos[(place + variant) % len(photos)]
            drafts.append((variant, place, Draft(avatar, photo, look, attempt=1)))
    return [draft for _, _, draft in sorted(drafts, key=lambda row: row[:2])]


def truer(draft: Draft, photos: Sequence[PhotoId]) -> Draft:
    """Another attempt, because the last one did not look like the user: milder, and from the
    second repeat on from another photo."""
    photo_id = draft.photo_id
    if draft.attempt > 1:
        photo_id = _next_photo(photo_id, photos)
    return Draft(draft.avatar, photo_id, milder(draft.look), draft.attempt + 1)


def different(draft: Draft, photos: Sequence[PhotoId]) -> Draft:
    """Another attempt, because the last one looked like an earlier avatar: another photo with
    another palette and background."""
    look = replace(
        draft.look,
        palette=draft.look.palette + draft.attempt,
        background=draft.look.background + 1,
        rng_seed=draft.look.rng_seed + 1,
    )
    return Draft(draft.avatar, _next_photo(draft.photo_id, photos), look, draft.attempt + 1)


def _next_photo(photo_id: PhotoId, photos: Sequence[PhotoId]) -> PhotoId:
    return photos[(photos.index(photo_id) + 1) % len(photos)]

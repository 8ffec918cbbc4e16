"""Choose the photo and the variation of each ordered avatar, and of each redraw."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from likeness.contracts.container import AvatarOrder, GenerationOrder
from likeness.domain.ids import PhotoId
from likeness_model.generation.choice import take_turns
from likeness_model.generation.picture import Draft
from likeness_model.generation.variation import milder, variation_for


def first_drafts(order: GenerationOrder, photos: Sequence[PhotoId]) -> list[Draft]:
    """One draft per avatar, in drawing order: the first of every style, then every second, ...

    `photos` are the usable ones, best first. Within a style each avatar takes the photo whose turn
    it is by weight, and the next palette; each style starts with another photo, so that a small
    order shows them all.
    """
    weights = {photo.photo_id: photo.weight for photo in order.photos}
    per_style: dict[str, list[AvatarOrder]] = defaultdict(list)
    for avatar in order.avatars:
        per_style[avatar.style].append(avatar)
    turns = take_turns(photos, weights, len(order.avatars) + len(per_style))
    drafts = []
    for place, avatars in enumerate(per_style.values()):
        start = avatars[0].seed
        for variant, avatar in enumerate(avatars):
            variation = variation_for(avatar.style, seed=avatar.seed, variant=variant, start=start)
            draft = Draft(avatar, turns[place + variant], variation, draw=1)
            drafts.append((variant, place, draft))
    return [draft for _, _, draft in sorted(drafts, key=lambda row: row[:2])]


def closer(draft: Draft, photos: Sequence[PhotoId]) -> Draft:
    """Redraw a picture whose distance is too large: milder, and from the second redraw on from
    another photo."""
    photo_id = draft.photo_id
    if draft.draw > 1:
        photo_id = _next_photo(photo_id, photos)
    return Draft(draft.avatar, photo_id, milder(draft.variation), draft.draw + 1)


def different(draft: Draft, photos: Sequence[PhotoId]) -> Draft:
    """Redraw a near-duplicate: another photo, palette and background."""
    variation = replace(
        draft.variation,
        palette=draft.variation.palette + draft.draw,
        background=draft.variation.background + 1,
        rng_seed=draft.variation.rng_seed + 1,
    )
    return Draft(draft.avatar, _next_photo(draft.photo_id, photos), variation, draft.draw + 1)


def _next_photo(photo_id: PhotoId, photos: Sequence[PhotoId]) -> PhotoId:
    return photos[(photos.index(photo_id) + 1) % len(photos)]

"""A page learns of each change, also of one that comes while it is told of another."""

import asyncio

from examples.app.updates import Updates


def test_a_change_while_a_line_is_sent_is_not_lost():
    async def follow() -> list[str]:
        updates = Updates()
        stream = aiter(updates.stream("u-1"))
        first = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        updates.tell("u-1")
        lines = [await first]  # the response sends this line now
        updates.tell("u-1")
        lines.append(await asyncio.wait_for(anext(stream), 1))
        return lines

    assert asyncio.run(follow()) == ["data:\n\n"] * 2

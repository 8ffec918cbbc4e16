"""Runs MiniStack with every gap closed: `python -m laptop_cloud.extension`."""

from __future__ import annotations

import sys

from laptop_cloud.extension import gaps


def main() -> None:
    if "--digests" in sys.argv:
        for gap in gaps.GAPS:
            for target in gap.touches:
                print(gap.name, target, gaps.digest(gaps.installed_source(target)))
        return
    try:
        gaps.install()
    except gaps.UnexpectedMinistack as error:
        sys.exit(str(error))
    from ministack import app  # noqa: PLC0415  reads its environment when imported

    app.main()


if __name__ == "__main__":
    main()

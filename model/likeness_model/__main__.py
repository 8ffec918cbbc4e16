"""The container's entry point: `python -m likeness_model train` or `serve`."""

import sys

from likeness_model.offline import go_offline

go_offline()  # before the imports below load the libraries that read these variables

from likeness_model.container.program import leave, main  # noqa: E402

if __name__ == "__main__":
    leave(main(sys.argv[1:]))

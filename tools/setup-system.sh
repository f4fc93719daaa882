#!/usr/bin/env bash
# setup-system.sh: what the tests need beside Python: Node.js with some packages, Chromium and the real GIMP 3. Idempotent.
# It installs only as root on Debian; elsewhere it says what is missing and goes on: those tests then skip and say so.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
BIN=${GIMP3_BIN:-${XDG_CACHE_HOME:-$HOME/.cache}/layerbridge/gimp3-bin}

can_install() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && grep -qs '^ID=debian$' /etc/os-release
}

missing=()
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
command -v chromium >/dev/null || missing+=(chromium)
if [ ${#missing[@]} -gt 0 ] && can_install; then
  echo "Installing ${missing[*]} ..."
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
elif [ ${#missing[@]} -gt 0 ]; then
  echo "Not installed: ${missing[*]}. Tests that need them skip; install them with your system's packages to run those."
fi

# The packages that the tests of the Photoshop panel need, at the versions of their lock file.
panel=$here/../tests/photoshop
if command -v npm >/dev/null && ! cmp -s "$panel/package-lock.json" "$panel/node_modules/.installed-from"; then
  echo "Installing the Node.js packages of the Photoshop tests ..."
  npm ci --prefix "$panel" --no-audit --no-fund --loglevel=error >/dev/null
  cp "$panel/package-lock.json" "$panel/node_modules/.installed-from"
fi

if can_install; then
  [ -x "$BIN/gimp3-run" ] || echo "Setting up the real GIMP 3 in a folder of its own (about two minutes) ..."
  GIMP3_BIN=$BIN bash "$here/setup-gimp3.sh"
elif [ ! -x "$BIN/gimp3-run" ]; then
  echo "The real GIMP 3 is set up only as root on Debian, so its tests skip here."
fi

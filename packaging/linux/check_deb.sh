#!/usr/bin/env bash
# Installs a .deb, opens a slice as a double click would, self-tests, removes it. Needs root.
#   bash packaging/linux/check_deb.sh dist/jrviewer_*.deb [SCREENSHOT.png]
# Wants apt packages: xvfb openbox libglib2.0-bin desktop-file-utils xdg-utils imagemagick xdotool
set -euo pipefail
package=$(realpath "$1")
picture=${2:-}
work=$(mktemp -d)
trap 'kill ${app_pid:-} ${display_pid:-} 2>/dev/null || true; rm -rf "$work"' EXIT

echo "== install"
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >"$work/apt.log" 2>&1 ||
    { cat "$work/apt.log"; exit 1; }
dpkg-deb --contents "$package" | awk '{print $6, $7, $8}' |
    grep -vE '^\./opt/jrviewer/_internal/' >"$work/contents"
cat "$work/contents"

echo "== association"
desktop-file-validate /usr/share/applications/jrviewer.desktop
update-desktop-database -q /usr/share/applications
export HOME="$work/home" XDG_CONFIG_HOME="$work/home/.config" XDG_DATA_HOME="$work/home/.local/share"
mkdir -p "$XDG_CONFIG_HOME" "$XDG_DATA_HOME"
cp /opt/jrviewer/_internal/resources/sample/phantom.dcm "$work/slice.dcm"
[ "$(gio info -a standard::content-type "$work/slice.dcm" | grep -o 'application/dicom')" = application/dicom ]
# Not into `grep -q`: that leaves as soon as it has seen enough, and gio dies of it.
grep -q jrviewer.desktop <<<"$(gio mime application/dicom)"
echo "application/dicom opens with jrviewer.desktop"

echo "== double click"
export DISPLAY=:97
Xvfb $DISPLAY -screen 0 1600x1000x24 >/dev/null 2>&1 &
display_pid=$!
for _ in $(seq 50); do xdotool getdisplaygeometry >/dev/null 2>&1 && break; sleep 0.2; done
openbox &
gio open "$work/slice.dcm"
window=$(timeout 60 xdotool search --sync --onlyvisible --name 'JRViewer' | head -1)
app_pid=$(xdotool getwindowpid "$window")
echo "a window is there: $(xdotool getwindowname "$window")"
if [ -n "$picture" ]; then
    sleep "${SETTLE_SECONDS:-15}" # the picture shall hold the result; nothing waits for it
    import -window root "$picture"
fi
kill "$app_pid"

echo "== self-test of what is installed"
(cd / && env -i HOME="$HOME" PATH= /usr/bin/jrviewer self-test) | head -3

echo "== remove"
DEBIAN_FRONTEND=noninteractive apt-get remove -y -qq jrviewer >/dev/null 2>&1
[ ! -e /opt/jrviewer ] && [ ! -e /usr/bin/jrviewer ] && [ ! -e /usr/share/applications/jrviewer.desktop ]
echo "nothing is left"

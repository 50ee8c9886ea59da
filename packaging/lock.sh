#!/usr/bin/env bash
# Remakes packaging/requirements.lock: every package of the bundle, with hashes, for all systems.
# torch stays out, and what its CUDA builds bring: the build installs the version that
# pyproject.toml pins, in the build for the CPU or a CUDA that the builder's index serves.
# Needs uv (pip install uv).
set -euo pipefail
cd "$(dirname "$0")/.."
# vtk stays out too: pyvista asks for it, but runs on cvista where that is installed.
left_out=(--no-emit-package torch --no-emit-package triton --no-emit-package vtk)
while read -r package; do
    left_out+=(--no-emit-package "$package")
done < <(uv pip compile pyproject.toml --universal --python-version 3.11 --no-annotate --no-header -q |
    grep -oE '^(nvidia|cuda)-[a-z0-9-]+')
uv pip compile pyproject.toml packaging/requirements.in --universal --python-version 3.11 \
    --generate-hashes --no-annotate --no-header --no-emit-index-url -q "${left_out[@]}" \
    -o packaging/requirements.lock
# What the tests need besides on Windows, and torch, for the proof under Wine.
in_lock=()
while read -r package; do in_lock+=(--no-emit-package "$package"); done < <(
    grep -oE '^[a-z0-9-]+==' packaging/requirements.lock | tr -d =; echo vtk)
uv pip compile pyproject.toml --extra test --python-platform windows --python-version 3.11 \
    --generate-hashes --no-annotate --no-header --no-emit-index-url -q "${in_lock[@]}" \
    -c <(sed -n '/^[a-z0-9-]*==/{s/ *\\$//;p}' packaging/requirements.lock) \
    -o packaging/windows/proof/tests.txt

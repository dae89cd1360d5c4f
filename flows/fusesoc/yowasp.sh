#!/bin/sh
# Starts a tool, or where it is not installed its WebAssembly build of the package yowasp-...; for
# Edalize, which takes it from the environment variable EDALIZE_LAUNCHER.
tool=$1
shift
if command -v "$tool" >/dev/null 2>&1; then exec "$tool" "$@"; fi
exec "yowasp-$tool" "$@"

#!/bin/sh
# Installs the Debian packages that building and testing need, and those named, if any is missing.
# usage: tools/install.sh [PACKAGE...]
missing=
for package in gcc meson ninja-build pkg-config libc6-dev libgmp-dev binutils python3 libpython3.11-stdlib libssl-dev zlib1g-dev libbz2-dev liblzma-dev libffi-dev libexpat1-dev libsqlite3-dev "$@"; do
    dpkg -s "$package" >/dev/null 2>&1 || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
sudo=
[ "$(id -u)" -eq 0 ] || sudo=sudo
# shellcheck disable=SC2086 # a list of names
$sudo apt-get update -qq && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing >/dev/null

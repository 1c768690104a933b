#!/bin/sh
# Installs the Debian packages that building and testing need, if any is missing.
missing=
for package in gcc meson ninja-build pkg-config libc6-dev libgmp-dev python3 libpython3.11-stdlib; do
    dpkg -s "$package" >/dev/null 2>&1 || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
sudo=
[ "$(id -u)" -eq 0 ] || sudo=sudo
$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq $missing >/dev/null

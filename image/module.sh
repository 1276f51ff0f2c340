#!/usr/bin/env bash
# For the boot test alone: v4l2loopback, cross-built for the kernel in the card's root.
# usage: image/module.sh ROOT OUT-DIRECTORY
set -euo pipefail
root=$1 out=$2
SUITE=${SUITE:-trixie}
MIRROR=${MIRROR:-http://deb.debian.org/debian}
SECURITY=${SECURITY:-http://deb.debian.org/debian-security}
kernel=$(ls "$root"/usr/lib/modules)
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT

# the compiler's suite is the kernel's, so it is set up in a root of its own, not on this machine
mmdebstrap --mode=root --variant=minbase --architectures=amd64 --format=tar \
  --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Retries "5"' \
  --include=make,gcc-aarch64-linux-gnu,"linux-kbuild-${kernel%-arm64}",libelf1t64 \
  --customize-hook='chroot "$1" dpkg --add-architecture arm64 && chroot "$1" apt-get -qq update' \
  --customize-hook="chroot \"\$1\" sh -ec 'mkdir /work; cd /work
    apt-get -qq download linux-headers-$kernel:arm64 linux-headers-${kernel%-arm64}-common v4l2loopback-dkms
    for deb in *.deb; do dpkg -x \$deb /; done
    cp -r /usr/src/v4l2loopback-*/. .
    make -C /lib/modules/$kernel/build M=/work ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- modules'" \
  --customize-hook="copy-out /work/v4l2loopback.ko $work" \
  "$SUITE" /dev/null \
  "deb $MIRROR $SUITE main" "deb $SECURITY $SUITE-security main"
mkdir -p "$out"
mv "$work"/v4l2loopback.ko "$out/"

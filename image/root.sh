#!/usr/bin/env bash
# The card's root from Debian's packages alone: arm64 under qemu-user, minutes to tens of minutes.
# usage: image/root.sh DIRECTORY        MIRROR, SECURITY, SUITE and LOCK may be set
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$1
SUITE=${SUITE:-trixie}
MIRROR=${MIRROR:-http://deb.debian.org/debian}
SECURITY=${SECURITY:-http://deb.debian.org/debian-security}

for tool in mmdebstrap qemu-aarch64-static; do
  command -v $tool >/dev/null ||
    { echo "image: $tool is missing: apt-get install mmdebstrap qemu-user-static" >&2; exit 1; }
done
[ "$(id -u)" = 0 ] || { echo "image: files of the card belong to root: run as root" >&2; exit 1; }
grep -qs enabled /proc/sys/fs/binfmt_misc/qemu-aarch64 || {
  mountpoint -q /proc/sys/fs/binfmt_misc || mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
  update-binfmts --enable qemu-aarch64
}

# what was tested goes before what is newer, wherever the archive still has it; not on the card itself
pins=$(mktemp)
trap 'rm -f "$pins"' EXIT
if [ "${LOCK:-}" != write ]; then
  sed 's/\(.*\) \(.*\)/Package: \1\nPin: version \2\nPin-Priority: 1001\n/' "$here/packages.lock" >"$pins"
fi

fresh=$root.new # the old one stays until there is a new one
rm -rf "$fresh"
mkdir -p "$(dirname "$fresh")"
# drivers that no board here has: half of the kernel's modules, and of the time that depmod takes
unwanted=(
  sound drivers/gpu drivers/infiniband drivers/isdn drivers/scsi/{lpfc,qla2xxx,bfa,mpt3sas,megaraid}
  drivers/media/{pci,dvb-frontends,tuners,radio} drivers/net/ethernet/{mellanox,intel,chelsio,qlogic}
  drivers/net/wireless/{ath,intel,marvell,mediatek,ralink,realtek} drivers/staging drivers/iio
  drivers/nvme fs/{ocfs2,gfs2,btrfs,xfs,ceph,nfsd,smb,reiserfs,jfs,f2fs,bcachefs}
)
options=()
for path in "${unwanted[@]}"; do
  options+=("--dpkgopt=path-exclude=/usr/lib/modules/*/kernel/$path/*")
  options+=("--dpkgopt=path-exclude=/lib/modules/*/kernel/$path/*")
done
for path in doc man info locale; do options+=("--dpkgopt=path-exclude=/usr/share/$path/*"); done

mmdebstrap --mode=root --architectures=arm64 --variant=minbase --skip=cleanup/apt/lists \
  --components=main,non-free-firmware \
  --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Retries "5"' \
  "${options[@]}" --dpkgopt='path-include=/usr/share/doc/*/copyright' \
  --dpkgopt=force-confold --dpkgopt=force-unsafe-io \
  --include="$(sed 's/#.*//' "$here/packages.txt" | xargs | tr ' ' ,)" \
  --setup-hook='mkdir -p "$1"/etc/apt/preferences.d' \
  --setup-hook="upload '$pins' /etc/apt/preferences.d/lock.pref" \
  --customize-hook='rm "$1"/etc/apt/preferences.d/lock.pref' \
  --essential-hook='mkdir -p "$1"/etc/initramfs-tools/conf.d "$1"/etc/initramfs-tools/hooks "$1"/boot/firmware' \
  --essential-hook="copy-in '$here'/initramfs/mien.conf /etc/initramfs-tools/conf.d" \
  --essential-hook="upload '$here'/initramfs/mien.hook /etc/initramfs-tools/hooks/mien" \
  --essential-hook='chmod 755 "$1"/etc/initramfs-tools/hooks/mien' \
  "$SUITE" "$fresh" \
  "deb $MIRROR $SUITE main non-free-firmware" \
  "deb $SECURITY $SUITE-security main non-free-firmware"
rm -rf "$root"
mv "$fresh" "$root"

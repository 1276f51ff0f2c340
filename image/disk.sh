#!/usr/bin/env bash
# Three file systems from two folders, and a partition table before them; the same bytes each time.
# usage: image/disk.sh WORK OUT.img BOOT_MIB FREE_MIB STATE_MIB      WORK holds tree/ and boot/
set -euo pipefail
work=$1 img=$2 boot_mib=$3 free_mib=$4 state_mib=$5
export E2FSPROGS_FAKE_TIME=$SOURCE_DATE_EPOCH MTOOLS_SKIP_CHECK=1
seed=6d69656e-0000-4000-8000 # "mien": file systems that are the same have the same name

rm -f "$work/boot.vfat"
truncate -s "${boot_mib}M" "$work/boot.vfat"
mkfs.vfat -F 32 -n MIEN -i 6d69656e --invariant "$work/boot.vfat" >/dev/null
(cd "$work/boot" && find . -mindepth 1 -maxdepth 1 -printf '%P\0' | sort -z |
  xargs -0 -I{} mcopy -s -m -i ../boot.vfat {} ::)

used_mib=$(du -sm --apparent-size "$work/tree" | cut -f1)
root_mib=$((used_mib + used_mib / 6 + free_mib))
make_ext4() { # label, MiB, last digits of its name, journal MiB, folder or nothing
  rm -f "$work/$1.ext4"
  truncate -s "$2M" "$work/$1.ext4"
  mke2fs -q -t ext4 -m 0 -L "$1" -U "$seed-$3" -J "size=$4" -O '^metadata_csum_seed,^orphan_file' \
    -E "hash_seed=$seed-$3,lazy_itable_init=0,lazy_journal_init=0,root_owner=0:0" \
    ${5:+-d "$5"} "$work/$1.ext4"
}
make_ext4 mien-root $root_mib 000000000001 16 "$work/tree"
make_ext4 mien-state "$state_mib" 000000000002 4

start=4 # MiB: whole erase blocks of a card
rm -f "$img"
truncate -s "$((start + boot_mib + root_mib + state_mib))M" "$img"
sfdisk --quiet --label dos "$img" <<TABLE
label-id: 0x6d69656e
start=${start}MiB, size=${boot_mib}MiB, type=c, bootable
start=$((start + boot_mib))MiB, size=${root_mib}MiB, type=83
start=$((start + boot_mib + root_mib))MiB, size=${state_mib}MiB, type=83
TABLE
at=$start
for part in boot.vfat mien-root.ext4 mien-state.ext4; do
  dd if="$work/$part" of="$img" bs=1M seek=$at conv=notrunc,sparse status=none
  at=$((at + $(stat -c %s "$work/$part") / 1048576))
done

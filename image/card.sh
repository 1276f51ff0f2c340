#!/usr/bin/env bash
# The card from the root that root.sh made: our own files on top, three partitions, one .img and
# a manifest of what is in it. No loop device, no mount.
# usage: image/card.sh ROOT OUT.img
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repo=$(dirname "$here")
pristine=$1 img=$2
python=${PYTHON:-python3}
work=$(dirname "$img")/work
tree=$work/tree
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$repo" log -1 --format=%ct)}
export TZ=UTC LC_ALL=C

BOOT_MIB=256
STATE_MIB=64 # the state directory is bounded at 20 MB
FREE_MIB=256 # room in the root for an update beside what runs

for tool in mke2fs mcopy mkfs.vfat sfdisk qemu-aarch64-static; do
  command -v $tool >/dev/null || { echo "image: $tool is missing: apt-get install" \
    "e2fsprogs mtools dosfstools fdisk qemu-user-static" >&2; exit 1; }
done

rm -rf "$work"
mkdir -p "$work"
cp -a --reflink=auto "$pristine" "$tree"

# --- the service, laid out as a virtual environment of the card's own Python -------------------
version=$(ls "$tree"/usr/bin/ | sed -n 's/^python\(3\.[0-9]*\)$/\1/p')
site=/opt/mien/lib/python$version/site-packages
# a wheel of our own, and what it asks for, of the versions that stand in constraints.txt
$python -m pip wheel --quiet --no-deps --wheel-dir "$work/wheel" "$repo"
platforms=()
for glibc in 2014 _2_17 _2_27 _2_28 _2_34; do platforms+=(--platform "manylinux${glibc}_aarch64"); done
lay() { # where, what and how
  local into=$1; shift
  $python -m pip install --quiet --root-user-action=ignore --target "$into" --only-binary=:all: \
    --no-compile "${platforms[@]}" --implementation cp --python-version "$version" \
    --constraint "$repo/constraints.txt" "$@"
}
# parts of others change seldom: they are kept, compiled
parts=$(dirname "$img")/python-$(cat "$repo/constraints.txt" "$repo/pyproject.toml" | sha256sum | cut -c1-12)
mkdir -p "$tree$site" "$tree/opt/mien/bin"
# the card never writes there: what is not compiled now would be compiled at every start
compile() { chroot "$tree" "/usr/bin/python$version" -m compileall -q --invalidation-mode unchecked-hash "$1"; }
if [ ! -f "$parts/made" ]; then
  rm -rf "$parts"
  lay "$parts/site" --report "$parts.json" "$(ls "$work"/wheel/mien-*.whl)[board]"
  rm -rf "$parts"/site/{bin,edge,mien-*.dist-info}
  cp -a "$parts/site/." "$tree$site"
  compile "$site"
  rm -rf "$parts/site"
  cp -a "$tree$site" "$parts/site"
  mv "$parts.json" "$parts/pip.json"
  touch "$parts/made"
else
  cp -a "$parts/site/." "$tree$site"
fi
cp "$parts/pip.json" "$work/python.json"
lay "$tree$site" --no-deps "$work"/wheel/mien-*.whl 2>/dev/null
rm -rf "$tree$site/bin"
compile "$site/edge"
ln -s "/usr/bin/python$version" "$tree/opt/mien/bin/python"
printf 'home = /usr/bin\ninclude-system-site-packages = true\nversion = %s\n' "$version" \
  > "$tree/opt/mien/pyvenv.cfg"
printf '%s\n' '#!/opt/mien/bin/python' 'import sys' 'from edge.__main__ import main' \
  'sys.exit(main())' > "$tree/opt/mien/bin/mien"
chmod 755 "$tree/opt/mien/bin/mien"

# --- files of the card ----------------------------------------------------------------------------
cp -a --no-preserve=ownership "$here"/files/. "$tree"/
"$here"/lay.sh "$tree" "$repo"
: > "$tree/etc/machine-id" # each card makes its own
rm -rf "$tree"/var/lib/apt/lists/* "$tree"/var/cache/apt/* "$tree"/var/log/* "$tree"/var/lib/dbus/machine-id
ln -sf /run/systemd/resolve/stub-resolv.conf "$tree/etc/resolv.conf"
mkdir -p "$tree/var/lib/mien"

# --- the boot partition -------------------------------------------------------------------------
mv "$tree/boot/firmware" "$work/boot"
mkdir "$tree/boot/firmware"
echo "console=tty0 root=LABEL=mien-root rootwait fsck.repair=yes quiet" > "$work/boot/cmdline.txt"
cp "$here"/boot/* "$work/boot/"
find "$work/boot" "$tree" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

# --- three file systems, put behind one another --------------------------------------------------
"$here"/disk.sh "$work" "$img" $BOOT_MIB $FREE_MIB $STATE_MIB
$python "$here"/manifest.py "$repo" "$work" "$img"
rm -rf "$tree"

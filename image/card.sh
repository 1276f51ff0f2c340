#!/usr/bin/env bash
# The card from the root that root.sh made: our own files on top, three partitions, one .img and
# a manifest of what is in it. No loop device, no mount.
# usage: image/card.sh ROOT OUT.img        KEY=FILE.pub: whose updates the card takes
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
# room in the root for an update beside what runs and what ran before: where pins change each has
# its own environment (225 MiB), and the update up to 130 MiB of wheels while it is laid out
FREE_MIB=640

# nobody can log in to add one later
signer=()
if [ -n "${KEY:-}" ]; then
  [ -f "$KEY" ] || { echo "image: KEY: $KEY: no such file" >&2; exit 1; }
  signer=(--update-key "$(realpath "$KEY")")
fi

for tool in mke2fs mcopy mkfs.vfat sfdisk qemu-aarch64-static; do
  command -v $tool >/dev/null || { echo "image: $tool is missing: apt-get install" \
    "e2fsprogs mtools dosfstools fdisk qemu-user-static" >&2; exit 1; }
done

rm -rf "$work"
mkdir -p "$work"
cp -a --reflink=auto "$pristine" "$tree"

# --- what the service needs from PyPI: a virtual environment of the card's own Python ------------
version=$(ls "$tree"/usr/bin/ | sed -n 's/^python\(3\.[0-9]*\)$/\1/p')
pins=$repo/install/requirements.txt
deps=$(sha256sum "$pins" | cut -c1-8)-py${version/./}-aarch64
parts=$(dirname "$img")/$deps # kept, compiled: they change seldom
here_in=$tree/opt/mien/deps/$deps
site=lib/python$version/site-packages
# the card never writes there: what is not compiled now would be compiled at every start
compile() { # the same bytes whichever processor it runs on; under emulation it takes minutes
  local options=(-m compileall -q --invalidation-mode unchecked-hash)
  if [ -n "$like" ]; then
    "$like" "${options[@]}" -s "$tree" -p / "$tree$1"
  else
    chroot "$tree" "/usr/bin/python$version" "${options[@]}" "$1"
  fi
}
magic='import importlib.util as u; print(u.MAGIC_NUMBER.hex())' like=
wanted=$(chroot "$tree" "/usr/bin/python$version" -c "$magic")
for each in "python$version" "$HOME"/.pyenv/versions/"$version".*/bin/python; do
  [ "$("$each" -c "$magic" 2>/dev/null)" != "$wanted" ] || like=$each
done
mkdir -p "$(dirname "$here_in")"
if [ ! -f "$parts/pip.json" ]; then
  rm -rf "$parts"
  $python "$here"/pins.py "$pins" "$version" >"$work/pins.txt"
  platforms=()
  for glibc in 2014 _2_17 _2_27 _2_28 _2_34; do
    platforms+=(--platform "manylinux${glibc}_aarch64")
  done
  $python -m pip install --quiet --root-user-action=ignore --target "$here_in/$site" --no-compile \
    --only-binary=:all: "${platforms[@]}" --implementation cp --python-version "$version" \
    --no-deps --require-hashes --requirement "$work/pins.txt" --report "$work/python.json"
  rm -rf "${here_in:?}/$site/bin"
  mkdir "$here_in/bin"
  ln -s "/usr/bin/python$version" "$here_in/bin/python"
  printf 'home = /usr/bin\ninclude-system-site-packages = true\nversion = %s\n' "$version" \
    >"$here_in/pyvenv.cfg"
  compile "/opt/mien/deps/$deps"
  touch "$here_in/.whole"
  cp -a "$here_in" "$parts"
  cp "$work/python.json" "$parts/pip.json"
else
  cp -a "$parts" "$here_in"
  mv "$here_in/pip.json" "$work/python.json"
fi

# --- the service, and the files of the card -----------------------------------------------------
cp -a --no-preserve=ownership "$here"/files/. "$tree"/
echo "console=tty0 root=LABEL=mien-root rootwait fsck.repair=yes quiet" >"$tree/boot/firmware/cmdline.txt"
(cd "$repo" && $python -B -m edge.appliance.install --root "$tree" --deps "$deps" --profile vehicle \
  "${signer[@]}")
find "$tree"/opt/mien/versions -name __pycache__ -prune -exec rm -r {} + # this machine's Python
chroot "$tree" /opt/mien/current/deps/bin/python -I -B -c "$(cd "$repo" &&
  $python -B -c 'from edge.appliance.versions import LAY_DOWN; print(LAY_DOWN)')" /opt/mien/current
compile /opt/mien/versions
"$here"/lay.sh "$tree" "$repo"
: >"$tree/etc/machine-id" # each card makes its own
rm -rf "$tree"/var/lib/apt/lists/* "$tree"/var/cache/apt/* "$tree"/var/log/* "$tree"/tmp/* \
  "$tree"/var/lib/dbus/machine-id
ln -sf /run/systemd/resolve/stub-resolv.conf "$tree/etc/resolv.conf"

# --- the boot partition -------------------------------------------------------------------------
mv "$tree/boot/firmware" "$work/boot"
mkdir "$tree/boot/firmware"
cp "$here"/boot/* "$work/boot/"
find "$work/boot" "$tree" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

# --- three file systems, put behind one another --------------------------------------------------
"$here"/disk.sh "$work" "$img" $BOOT_MIB $FREE_MIB $STATE_MIB
$python "$here"/manifest.py "$repo" "$work" "$img"
rm -rf "$tree"
[ -n "${KEY:-}" ] || echo "image: no KEY=FILE.pub was given: this card takes no updates"

#!/bin/sh
# On the boot partition of a fresh Raspberry Pi OS Lite, beside mien.yaml and mien-*.update: installs
# Mien when the board is first switched on with a network, and goes on trying until there is one.
# Called by cloud-init (user-data, Trixie) or from cmdline.txt (Bookworm): docs/appliance.md.
set -eu
card=$(dirname "$(readlink -f "$0")")
unit=/etc/systemd/system/mien-first-boot.service

if [ "${1:-}" != install ]; then
  # the network is not up yet, and apt takes minutes: leave it to a unit
  cat >$unit <<UNIT
[Unit]
Description=Mien, installation at first boot
Wants=network-online.target
After=network-online.target time-sync.target
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=/bin/sh "$card/mien-first-boot.sh" install
TimeoutStartSec=3600
Restart=on-failure
RestartSec=30

[Install]
WantedBy=multi-user.target
UNIT
  systemctl enable --quiet mien-first-boot.service
  if [ -f "$card/cmdline.txt" ]; then
    sed 's/ systemd\.run[^ ]*//g; s/ systemd\.unit=kernel-command-line\.target//' \
      "$card/cmdline.txt" >"$card/cmdline.new"
    sync
    mv "$card/cmdline.new" "$card/cmdline.txt"
  fi
  systemctl start --no-block mien-first-boot.service 2>/dev/null || true
  exit 0
fi

note=$card/mien-install.txt
rm -rf /var/tmp/mien.?????? # of a try that lost its power
work=$(mktemp -d /var/tmp/mien.XXXXXX)

said() { # for whoever has nothing but the card: what was in the way the last time
  status=$?
  cat "$work/said" >&3
  {
    echo "Mien is not installed yet. It tries every 30 seconds while the device is switched on."
    echo "What was in the way the last time:"
    echo
    tail -n 3 "$work/said" | sed "s|$work/||g; s|^|  |"
    echo
    echo "This file is removed once Mien is installed."
  } | sed 's/$/\r/' >"$work/note"
  if [ $status != 0 ] && ! cmp -s "$work/note" "$note"; then # cards wear
    { cp "$work/note" "$note.new" && sync && mv "$note.new" "$note"; } || true
  fi
  rm -rf "$work"
}
trap said EXIT
exec 3>&2 2>"$work/said"

update=
for file in "$card"/mien-*.update; do
  [ -f "$file" ] && update=$file
done
[ -n "$update" ] || { echo "no mien-*.update on the boot partition" >&2; exit 1; }
[ -f "$card/mien.yaml" ] || { echo "no mien.yaml on the boot partition" >&2; exit 1; }
tar -xOf "$update" payload.tar.gz | tar -xzf - -C "$work"
set --
[ -d "$work/wheels" ] && set -- --wheels "$work/wheels"
[ -f "$card/update-key.pub" ] && set -- "$@" --update-key "$card/update-key.pub"
sh "$work/install.sh" "$@"
rm -f "$note" "$note.new"
systemctl disable --quiet mien-first-boot.service
rm -f $unit "$update" "$card/mien-first-boot.sh" "$card/update-key.pub"
sync

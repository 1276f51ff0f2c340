#!/usr/bin/env bash
# Users, units and switches of the service in a root that does not run.
# usage: image/lay.sh TREE REPOSITORY
set -euo pipefail
tree=$1 repo=$2
install -D -m 644 "$repo"/systemd/mien.service "$tree"/etc/systemd/system/mien.service
printf 'u mien - "Mien" /var/lib/mien\nm mien video\n' > "$tree"/usr/lib/sysusers.d/mien.conf
systemd-sysusers --root="$tree"
systemctl --root="$tree" --quiet enable mien.service systemd-networkd.service \
  systemd-resolved.service systemd-timesyncd.service
# timers that write to the card and jobs that nobody here reads
systemctl --root="$tree" --quiet mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
  man-db.timer systemd-networkd-wait-online.service

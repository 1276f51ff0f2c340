#!/usr/bin/env bash
# Users, units and switches of the service in a root that does not run.
# usage: image/lay.sh TREE REPOSITORY
set -euo pipefail
tree=$1 repo=$2
systemd-sysusers --root="$tree" - <"$repo"/systemd/sysusers.conf
systemctl --root="$tree" --quiet enable systemd-networkd.service systemd-resolved.service \
  systemd-timesyncd.service var-lib-systemd.mount var-lib-NetworkManager.mount
# where something is mounted with a read-only root
mkdir -p "$tree"/var/lib/systemd "$tree"/var/lib/NetworkManager
# timers that write to the card, jobs that nobody here reads, and what a boot need not wait for
systemctl --root="$tree" --quiet mask apt-daily.timer apt-daily-upgrade.timer \
  dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer man-db.timer \
  systemd-networkd-wait-online.service NetworkManager-wait-online.service \
  systemd-hwdb-update.service ldconfig.service systemd-journal-catalog-update.service \
  systemd-pstore.service systemd-binfmt.service sys-kernel-debug.mount sys-kernel-tracing.mount \
  sys-kernel-config.mount sys-fs-fuse-connections.mount \
  modprobe@drm.service modprobe@configfs.service modprobe@efi_pstore.service modprobe@fuse.service \
  modprobe@dm_mod.service modprobe@loop.service dev-hugepages.mount dev-mqueue.mount getty@tty1.service
# NetworkManager calls it when there is a Wi-Fi to join
rm -f "$tree"/etc/systemd/system/multi-user.target.wants/wpa_supplicant.service
# /usr is as new as what was made from it: nothing is made again at the first boot
touch "$tree"/etc/.updated "$tree"/var/.updated

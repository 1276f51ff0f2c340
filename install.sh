#!/bin/sh
# Install Mien on Raspberry Pi OS Lite (Bookworm, Trixie) or Debian, or take it away again:
#
#   sudo ./install.sh --profile vehicle     again at any time: nothing changes, or what is newer
#   sudo ./install.sh uninstall [--packages]
#
# Profiles: vehicle, home, care, retail, research, workplace, education
# Options: --wheels DIR (pinned wheels, no network), --no-apt, --update-key FILE.pub
set -eu
from=$PWD
cd "$(dirname "$(readlink -f "$0")")"
case " $* " in *" -h "* | *" --help "*) sed -n '1d; s/^# \{0,1\}//p; /^set/q' install.sh && exit ;; esac
[ "$(id -u)" = 0 ] || { echo "install.sh: sudo ./install.sh $*" >&2; exit 1; }

apt=yes packages=no
before=
for word in "$@"; do
  shift
  case $before in --wheels | --update-key) word=$(cd "$from" && readlink -m -- "$word") ;; esac
  before=$word
  case $word in
    --no-apt) apt=no ;;
    --packages) packages=yes ;;
    *) set -- "$@" "$word" ;;
  esac
done
added=/var/lib/mien/packages
export DEBIAN_FRONTEND=noninteractive

get() { # another apt may be at work when a board is first switched on
  apt-get -y -qq -o DPkg::Lock::Timeout=300 "$@" >/dev/null
}

mend() { # whatever a try has left in which dpkg lost its power
  dpkg --configure -a >/dev/null || true
  get install --fix-broken --no-remove || true
}

if [ "${1:-install}" = uninstall ]; then
  list=$(cat $added 2>/dev/null || true)
  python3 -B -m edge.appliance.install "$@"
  # exactly what was not there before; python3 itself may be among it, so this comes last
  if [ $packages = yes ] && [ -n "$list" ]; then
    mend
    # shellcheck disable=SC2086
    get purge $list
  elif [ -n "$list" ]; then # nobody knows them any more from here on
    # shellcheck disable=SC2086
    echo "what apt brought for it stays, unless you want: sudo apt-get purge" $list
  fi
  exit 0
fi

# what is wrong with the words is said before apt takes its minutes, where there is a Python
if command -v python3 >/dev/null; then python3 -B -m edge.appliance.install --look "$@"; fi

. /etc/os-release
case "${VERSION_CODENAME:-}" in
  bookworm | trixie) ;;
  *) echo "install.sh: tried on Bookworm and Trixie, not on ${PRETTY_NAME:-this system}" >&2 ;;
esac

if [ $apt = yes ]; then
  wanted="python3 python3-venv openssh-client udev"
  missing=no
  for package in $wanted python3-picamera2 $(grep -sx python3-lgpio $added || true); do
    dpkg-query -W -f '${Status}' $package 2>/dev/null | grep -q 'ok installed' || missing=yes
  done
  if [ $missing = yes ]; then
    lists=new
    get update -o APT::Update::Error-Mode=any || {
      lists=old
      echo "install.sh: no network? going on with what is there" >&2
    }
    # the camera stack: Raspberry Pi OS has all of it, Debian a part; a USB camera needs none
    if apt-cache show python3-picamera2 >/dev/null 2>&1; then
      wanted="$wanted python3-picamera2"
    else
      case "$lists $*" in
        new* | *--wheels*) echo "install.sh: no python3-picamera2 here: USB and network cameras only" ;;
        *) echo "install.sh: apt cannot say whether there is a python3-picamera2" >&2 && exit 1 ;;
      esac
    fi
    # PyPI has no wheel of lgpio for Trixie's Python 3.13; Raspberry Pi OS has a package, Debian none
    if apt-cache show python3-lgpio >/dev/null 2>&1; then wanted="$wanted python3-lgpio"; fi
    mend
    # noted before it is there: the power may go at any moment, and the next try sees a part of it
    # shellcheck disable=SC2086
    list=$({
      cat $added 2>/dev/null || true
      apt-get install -s -qq --no-install-recommends $wanted | sed -n 's/^Inst \([^ ]*\) (.*/\1/p'
    } | sort -u)
    if [ "$list" != "$(cat $added 2>/dev/null)" ]; then
      mkdir -p /var/lib/mien
      echo "$list" >$added.new
      sync $added.new
      mv $added.new $added
    fi
    # shellcheck disable=SC2086
    get install --no-install-recommends $wanted
  fi
fi

python3 -B -m edge.appliance.install "$@"

#!/bin/sh
# Installs the Debian package into a fresh Debian, upgrades and removes it, and looks at what is there after each step.
# As root, with debootstrap; `make try-deb` runs it. TRY_ROOT names a folder for that Debian, which is kept then.
set -eu
cd "$(dirname "$0")/.."

command -v debootstrap >/dev/null || { echo "debootstrap is not installed: apt-get install debootstrap" >&2; exit 1; }
. /etc/os-release
root=${TRY_ROOT:-$(mktemp -d)}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
architecture=$(dpkg --print-architecture)
step() { echo "--- $*"; }
inside() { chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
finish() { umount "$root/proc" 2>/dev/null || true; [ -n "${TRY_ROOT:-}" ] || rm -rf "$root"; }
trap finish EXIT

step "the package, and one of an earlier release"
make --no-print-directory deb DEB_VERSION="$version~1"
make --no-print-directory deb

step "a fresh Debian: $VERSION_CODENAME"
[ -e "$root/etc/debian_version" ] || debootstrap --variant=minbase "$VERSION_CODENAME" "$root" >/dev/null
mount -t proc proc "$root/proc"
cp dist/monitor_*"_$architecture.deb" "$root/tmp/"
inside apt-get update -qq
inside apt-get install -qq -y --no-install-recommends systemd >/dev/null

step "installed"
inside apt-get install -qq -y --no-install-recommends "/tmp/monitor_$version~1_$architecture.deb" 2>&1 | tail -3
inside monitor --version
inside dpkg --verify monitor
inside systemd-analyze verify monitor.service monitor-web.service monitor-backup.service monitor-backup.timer
inside sh -c 'find /usr/lib/monitor -name "*.so*" -exec ldd {} + 2>/dev/null | grep "not found" | sort -u' | \
  grep -v 'libscipy\|libgfortran\|libquadmath' || true
inside monitor --config /etc/monitor/config.yaml config check
inside monitor --config /etc/monitor/config.yaml --state /tmp/empty doctor --offline || true

step "a history, a secret and a changed configuration"
mkdir -p "$root/var/lib/private/monitor"
tar -xf tests/golden/states/demo.tar.xz -C "$root/var/lib/private/monitor"
ln -sfn private/monitor "$root/var/lib/monitor"
echo secret > "$root/etc/monitor/secrets/slack"
sed -i 's/^contact:.*/contact: desk@example.org/' "$root/etc/monitor/config.yaml"
read_log() { inside monitor --config /etc/monitor/config.yaml --state /var/lib/monitor log --json | sha256sum; }
before=$(read_log)
inside monitor --config /etc/monitor/config.yaml --state /var/lib/monitor verify

step "upgraded"
inside apt-get install -qq -y --no-install-recommends "/tmp/monitor_${version}_$architecture.deb" 2>&1 | tail -3
inside dpkg-query -W monitor
inside dpkg --verify monitor | grep -v /etc/monitor/config.yaml || true
[ "$(read_log)" = "$before" ]
grep -q '^contact: desk@example.org' "$root/etc/monitor/config.yaml"

step "removed"
inside apt-get remove -qq -y monitor 2>&1 | tail -2
[ ! -e "$root/usr/lib/monitor" ] && [ ! -e "$root/usr/bin/monitor" ]
for kept in etc/monitor/config.yaml etc/monitor/secrets/slack var/lib/private/monitor/monitor.db; do
  [ -e "$root/$kept" ] && echo "/$kept is there"
done

step "purged"
inside apt-get purge -qq -y monitor 2>&1 | tail -3
[ ! -e "$root/etc/monitor/config.yaml" ]
for kept in etc/monitor/secrets/slack var/lib/private/monitor/monitor.db; do [ -e "$root/$kept" ] && echo "/$kept is there"; done
echo "all as it should be"

#!/bin/bash
# Makes what stands here for Amazon's own image of Amazon Linux 2023: a Debian root file system with what
# every EC2 machine has (systemd, cloud-init, the AWS CLI, a login service), and a repository of the packages
# that releases ask for. Run as root: make-base.sh FOLDER
set -euo pipefail
folder=$1
here=$(dirname "$(readlink -f "$0")")
root=$folder/root repository=$folder/repository
suite=bookworm

# From where this computer has its own packages: nothing else needs to be reachable.
repository_of() {
  apt-get indextargets --format '$(RELEASE) $(REPO_URI)' |
    awk -v release="$1" '$1 == release && !found++ { print $2 }'
}
mirror=$(repository_of "$suite")
security=$(repository_of "$suite-security")
if [ -z "$mirror" ] || [ -z "$security" ]; then
  echo "This computer's apt has no sources for $suite and $suite-security; add them to /etc/apt/sources.list.d." >&2
  exit 1
fi

# What is in the image, and what machines can install besides: by themselves, from this repository alone.
first=systemd,systemd-sysv,dbus,iproute2,procps,curl,ca-certificates,openssh-server
# Names of users that systemd makes up for a service are known on Amazon Linux, too.
image=(cloud-init awscli libnss-systemd)
offered=(nodejs ansible-core cron)

echo "debootstrap $suite from $mirror"
debootstrap --variant=minbase --include="$first" "$suite" "$root" "$mirror"

# Whatever happens, nothing stays mounted in a folder that may be removed.
trap 'umount --lazy "$root/proc" 2> /dev/null || true' EXIT
mount -t proc proc "$root/proc"
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
cp /etc/resolv.conf "$root/etc/resolv.conf"
cat > "$root/etc/apt/sources.list" <<SOURCES
deb $mirror $suite main
deb $mirror $suite-updates main
deb $security $suite-security main
SOURCES
apt() {
  DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get --yes --no-install-recommends -o APT::Sandbox::User=root "$@"
}
# cloud-init can't be given to debootstrap: it does not resolve a virtual package that it needs.
apt update
apt dist-upgrade
echo "Installing ${image[*]}"
apt install "${image[@]}"
apt clean

echo "Fetching ${offered[*]} for the machines' repository"
apt --download-only install "${offered[@]}"
mkdir "$repository"
mv "$root"/var/cache/apt/archives/*.deb "$repository"
(cd "$repository" && apt-ftparchive packages . > Packages)
rm -rf "$root"/var/lib/apt/lists/*

# From here on what a machine finds at its link-local address is all that there is.
cp -r --no-target-directory "$here/files" "$root"
chmod 755 "$root"/usr/local/bin/{aws,dnf,rpm}
rm "$root/etc/apt/sources.list" "$root/etc/resolv.conf" "$root/usr/sbin/policy-rc.d"
sed -i 's/^hosts:.*/hosts: files/' "$root/etc/nsswitch.conf"
rm -f "$root/etc/hostname" "$root"/etc/ssh/ssh_host_* "$root/var/lib/dbus/machine-id"
: > "$root/etc/machine-id"

# The login service has the name that it has on Amazon Linux, so that masking it means the same.
units=$root/usr/lib/systemd/system
sed '/^Alias=/d' "$units/ssh.service" > "$units/sshd.service"
sed '/^Alias=/d; s/ssh\.service/sshd.service/' "$units/ssh.socket" > "$units/sshd.socket"
chroot "$root" systemctl disable ssh.service
rm "$units/ssh.service" "$units/ssh.socket"
chroot "$root" systemctl enable sshd.service hostkeys.service

# As in cloud-init 22.2.2 of Amazon Linux 2023, where it does not wait for the other services. A drop-in can only
# add to an order.
sed '/^After=multi-user\.target$/d' "$units/cloud-final.service" > "$root/etc/systemd/system/cloud-final.service"
if grep multi-user "$root/etc/systemd/system/cloud-final.service"; then exit 1; fi

# What a machine without devices and without a network of its own making has no use for.
chroot "$root" systemctl mask systemd-networkd.service systemd-networkd.socket systemd-networkd-wait-online.service \
  console-getty.service getty.target getty-static.service e2scrub_reap.service apt-daily.timer apt-daily-upgrade.timer

# What Image Builder removes from a machine before it makes an image of it, so that no clone takes itself for it:
# https://docs.aws.amazon.com/imagebuilder/latest/userguide/security-best-practices.html#post-build-clean-up
set -e
shopt -s nullglob dotglob

# What was installed for the build alone, and what has come to depend on it.
if [ -e /tmp/imagebuilder_service/crontab_installed ]; then
  dnf --assumeyes remove cronie
fi
rm -rf /tmp/imagebuilder_service

# The machine's own identity. An empty file is filled anew by the first boot.
: > /etc/machine-id
rm -f /etc/hostname
rm -f /var/lib/dbus/machine-id /var/lib/systemd/random-seed /var/lib/systemd/credential.secret
rm -f /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub /root/.ssh/authorized_keys /home/*/.ssh/authorized_keys

# What cloud-init did: it does it again for each clone. The seed is not its work.
rm -rf /var/lib/cloud/instance /var/lib/cloud/instances /var/lib/cloud/sem /var/lib/cloud/data /run/cloud-init

# What was logged, and what was left lying about.
find /var/log -type f -delete
rm -rf /var/lib/amazon/toe /var/tmp/* /root/.bash_history /root/.cache

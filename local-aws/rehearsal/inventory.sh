# What a machine's software consists of, for a comparison with another machine's. Prints three parts, one after
# the other: its packages, its files (path, then type, permissions and link target), the SHA-256 of each. An entry
# ends with a zero byte, and a part with an empty entry.
set -euo pipefail
export LC_ALL=C

# A machine that still starts is not what it will be. Whether all went well is another question.
systemctl is-system-running --wait > /dev/null || true

# What is in /var is data: logs, caches, the package manager's books. /run, /proc, /sys, /dev and /tmp are in memory.
folders=(/usr /etc /opt /root /home /srv /boot)

dpkg-query --show --showformat '${Package} ${Version}\n' | tr '\n' '\0'
printf '\0'
find "${folders[@]}" -xdev -printf '%p\0%y %m %l\0'
find / -maxdepth 1 -type l -printf '%p\0%y %m %l\0'
printf '\0'
find "${folders[@]}" -xdev -type f -print0 | xargs --null sha256sum --zero
printf '\0'

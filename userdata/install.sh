# Installs a release while the machine boots. cloud-init runs it as root, once, with the assignments of
# APPLICATION, VERSION, ARTIFACT_URI, ARTIFACT_SHA256, COMMAND, PORT, HEALTH_PATH, LAUNCH_HOOK, PACKAGES and
# REGION in front, and writes its output to the console.
set -euo pipefail
umask 022
trap 'echo "Installation of $APPLICATION $VERSION failed at line $LINENO: $BASH_COMMAND" >&2' ERR

echo "Installing $APPLICATION $VERSION"

# Machines are replaced, not logged in to.
systemctl mask --now sshd.service sshd.socket

# Without a package, "dnf install" is an error. The list is one word or more.
# shellcheck disable=SC2086
if [ -n "$PACKAGES" ]; then dnf --assumeyes --setopt=retries=10 install $PACKAGES; fi

# Not in /tmp, which on Amazon Linux 2023 is in memory: https://docs.aws.amazon.com/linux/al2023/ug/filesystem-slash-tmp.html
archive=$(mktemp --tmpdir=/var/tmp)
AWS_RETRY_MODE=standard AWS_MAX_ATTEMPTS=10 aws s3 cp --region "$REGION" --only-show-errors "$ARTIFACT_URI" "$archive"
echo "$ARTIFACT_SHA256  $archive" | sha256sum --check --quiet
mkdir -p /opt/application
tar --extract --file "$archive" --directory /opt/application --no-same-owner
rm "$archive"

cat > /etc/application.env <<ENVIRONMENT
APPLICATION=$APPLICATION
VERSION=$VERSION
PORT=$PORT
COMMAND="$(tr -d '["]' <<< "$COMMAND" | tr ',' ' ')"
HEALTH_PATH=$HEALTH_PATH
LAUNCH_HOOK=$LAUNCH_HOOK
ENVIRONMENT

cat > /etc/systemd/system/application.service <<'UNIT'
<application.service>
UNIT
cat > /etc/systemd/system/announce.service <<'UNIT'
<announce.service>
UNIT
cat > /usr/local/sbin/announce <<'SCRIPT'
<announce.sh>
SCRIPT
cat > /etc/systemd/system/failures.service <<'UNIT'
<failures.service>
UNIT
cat > /usr/local/sbin/failures <<'SCRIPT'
<failures.sh>
SCRIPT
cat > /etc/systemd/system/drift.service <<'UNIT'
<drift.service>
UNIT
cat > /etc/systemd/system/drift.timer <<'UNIT'
<drift.timer>
UNIT
cat > /usr/local/sbin/drift <<'SCRIPT'
<drift.sh>
SCRIPT
chmod 755 /usr/local/sbin/{announce,failures,drift}
systemctl daemon-reload
# Not waited for: cloud-init would hold back what they wait for.
systemctl enable --now --no-block application.service announce.service failures.service drift.timer

echo "Installed $APPLICATION $VERSION"

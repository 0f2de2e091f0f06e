# What Image Builder installs on a machine before it carries out components: where there is no crontab, cronie, and a
# marker that says so, by which it is removed again before an image is made, with whatever depends on it:
# https://docs.aws.amazon.com/imagebuilder/latest/userguide/security-best-practices.html#post-build-clean-up
set -e
if ! command -v crontab > /dev/null; then
  dnf --assumeyes --setopt=retries=10 install cronie
  mkdir --parents /tmp/imagebuilder_service
  touch /tmp/imagebuilder_service/crontab_installed
fi

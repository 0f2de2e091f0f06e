#!/bin/bash
# Tells Auto Scaling that this machine's service answers. Until then it is neither in service nor known to
# the load balancer, and nobody takes it for sick because it still starts. Any answer will do: whether it
# is a healthy one is what the load balancer finds out.
set -euo pipefail

metadata() {
  curl --silent --fail --header "X-aws-ec2-metadata-token: $token" "http://169.254.169.254/latest/meta-data/$1"
}
token=$(curl --silent --fail --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 3600' http://169.254.169.254/latest/api/token)

if ! group=$(metadata tags/instance/aws:autoscaling:groupName); then
  echo 'This machine belongs to no Auto Scaling group: there is nobody to tell.'
  exit 0
fi
until curl --silent --output /dev/null "http://127.0.0.1:$PORT/"; do sleep 1; done
# A machine may be up before Auto Scaling waits for it: then the call is made again for a minute.
for _ in {1..20}; do
  if answer=$(aws autoscaling complete-lifecycle-action \
    --region "$(metadata placement/region)" \
    --auto-scaling-group-name "$group" \
    --lifecycle-hook-name "$LAUNCH_HOOK" \
    --instance-id "$(metadata instance-id)" \
    --lifecycle-action-result CONTINUE 2>&1); then
    echo "Told $group that $APPLICATION $VERSION answers."
    exit 0
  fi
  if [[ $answer != *'No active Lifecycle Action'* ]]; then
    echo "$answer" >&2
    exit 1
  fi
  sleep 3
done
echo "$group does not wait for this machine, or no more."

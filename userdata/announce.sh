#!/bin/bash
# Tells Auto Scaling that this machine's service answers. Until then it is neither in service nor known to
# the load balancer, and is not taken for unhealthy while it still starts. Any answer will do: whether it is
# a healthy one is what the load balancer finds out. Whatever is missing is asked for again, because tags lag
# and calls fail, until the launch hook's time is over.
set -euo pipefail
readonly METADATA=http://169.254.169.254/latest
# No hook lasts longer: progressDeadlineMinutes ends at 50.
readonly LONGEST_HOOK_SECONDS=3600
# As long as one run takes at the most; then it fails, and systemd begins the next one.
readonly RUN_SECONDS=300
export AWS_RETRY_MODE=standard AWS_METADATA_SERVICE_TIMEOUT=5 AWS_METADATA_SERVICE_NUM_ATTEMPTS=3

said='' pause=1 refusals=0

# The same sentence once, because the console is short.
say() {
  if [[ $1 != "$said" ]]; then echo "$1"; fi
  said=$1
}

# Item of the instance's metadata in `found`; empty where there is none (404).
metadata() {
  local response status=0
  response=$(curl --silent --max-time 5 --write-out '\n%{http_code}' \
    --header "X-aws-ec2-metadata-token: $token" "$METADATA/meta-data/$1") || status=$?
  found=${response%$'\n'*}
  case $status:${response##*$'\n'} in
    0:200) ;;
    0:404) found='' ;;
    *)
      say "The metadata service gave no $1: HTTP status ${response##*$'\n'}, exit code $status of curl."
      return 1
      ;;
  esac
}

# Fails when it has to be tried again after `pause` seconds.
announce() {
  local token group state region instance told answer
  pause=2
  token=$(curl --silent --fail --max-time 5 --request PUT \
    --header 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$METADATA/api/token") || {
    say "The metadata service gave no token: exit code $? of curl."
    return 1
  }
  # https://docs.aws.amazon.com/autoscaling/ec2/userguide/retrieving-target-lifecycle-state-through-imds.html
  metadata autoscaling/target-lifecycle-state || return 1
  state=$found
  metadata tags/instance/aws:autoscaling:groupName || return 1
  group=$found
  case $state in
    Terminated | Detached | Standby)
      say "Auto Scaling takes this machine to the state $state: it waits for no service."
      return 0
      ;;
  esac
  if ! curl --silent --output /dev/null --max-time 10 "http://127.0.0.1:$PORT/"; then
    say "$APPLICATION $VERSION does not answer yet."
    pause=1
    return 1
  fi
  if [[ -z $group && $state ]]; then
    say "Auto Scaling takes this machine to the state $state, but its tags do not name the group yet."
    return 1
  elif [[ -z $group ]]; then
    say 'This machine belongs to no Auto Scaling group so far.'
    pause=5
    return 1
  fi
  metadata instance-id || return 1
  instance=$found
  told=$STATE_DIRECTORY/$instance
  if [[ -e $told ]]; then
    say 'Auto Scaling was told before this machine was restarted.'
    return 0
  fi
  metadata placement/region || return 1
  region=$found
  if answer=$(aws autoscaling complete-lifecycle-action --cli-connect-timeout 5 --cli-read-timeout 20 \
    --region "$region" --auto-scaling-group-name "$group" --lifecycle-hook-name "$LAUNCH_HOOK" \
    --instance-id "$instance" --lifecycle-action-result CONTINUE 2>&1); then
    touch "$told"
    say "Told $group that $APPLICATION $VERSION answers."
    return 0
  fi
  # A machine may be up before Auto Scaling waits for it; after a minute it rather waits no more.
  refusals=$((refusals + 1))
  pause=$((refusals <= 20 ? 3 : 60))
  say "Auto Scaling was not told: ${answer//$'\n'/ }"
  return 1
}

for ((waited = 0; waited < RUN_SECONDS; waited += pause)); do
  if announce; then exit 0; fi
  # Of the machine's own first process: /proc/uptime is the computer's where the machine is a container.
  if (($(ps --format etimes= --pid 1) >= LONGEST_HOOK_SECONDS)); then
    echo "The launch hook's time is over. $said"
    exit 0
  fi
  sleep "$pause"
done
echo "Tried again by systemd: $said" >&2
exit 1

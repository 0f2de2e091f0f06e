#!/bin/bash
# Writes to the console what the application logged last, while it fails: it had to be started again, its health
# path answers something else than 200, or it has not answered for a minute. A failed rollout quotes it. At most
# once a minute, and at most 30 lines of 140 bytes, so that what "rollout verify" reads there (drift.sh, every ten
# minutes) stays within the 64 KB that EC2 keeps.
set -euo pipefail
export LC_ALL=C
readonly LOOK_SECONDS=10 REPORT_SECONDS=60 MOST_LINES=30 LONGEST_LINE=140

# No line begins as the application likes: "rollout verify" looks there for the machine's own words.
report() {
  local line
  printf 'application: %s; what it logged last:\n' "$1"
  while IFS= read -r line; do
    printf 'application: %s\n' "${line:0:LONGEST_LINE}"
  done < <(journalctl --unit application.service --lines "$MOST_LINES" --output cat --quiet --no-pager | tail --lines "$MOST_LINES")
}

# The service's present run, by the link that systemd keeps for the journal: it takes no bus to read it.
current_run() {
  readlink /run/systemd/units/invocation:application.service || true
}

reported_run=$(current_run) silent_seconds=0 since_report=$REPORT_SECONDS
while true; do
  run=$(current_run)
  status=$(curl --silent --output /dev/null --max-time 10 --write-out '%{http_code}' "http://127.0.0.1:$PORT$HEALTH_PATH") || true
  silent_seconds=$((status == 0 ? silent_seconds + LOOK_SECONDS : 0))
  reason=''
  if [[ $run && $reported_run && $run != "$reported_run" ]]; then
    reason='it has ended, and was started again'
  elif ((status != 0 && status != 200)); then
    reason="$HEALTH_PATH answers $status"
  elif ((silent_seconds >= REPORT_SECONDS)); then
    reason="$HEALTH_PATH has not answered for a minute"
  fi
  if [[ $reason ]] && ((since_report >= REPORT_SECONDS)); then
    report "$reason"
    reported_run=$run since_report=0
  fi
  reported_run=${reported_run:-$run}
  sleep "$LOOK_SECONDS"
  since_report=$((since_report + LOOK_SECONDS))
done

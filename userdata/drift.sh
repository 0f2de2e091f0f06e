#!/bin/bash
# Says on the console, in one line, what was changed on the root file system since the machine had booted:
# "rollout verify" reads it there. A change is known by its time, which nobody sets back by accident: a file's
# content, mode and owner by its own, a file that is gone by its folder's. What is meant to be written to is
# left out.
set -euo pipefail
export LC_ALL=C
readonly MOST_PATHS=10 LONGEST_PATH=100
trap '[[ $? == 0 ]] || echo "drift: unknown"' EXIT

# Of the first process, because this one's own view of it is read-only in any case.
writable=
if [[ -e /etc/systemd/system/seal.service ]]; then
  while read -r _ _ _ _ place options _; do
    if [[ $place == / ]]; then writable=${options%%,*}; fi
  done < /proc/1/mountinfo
  writable=${writable#ro}
fi

# By the machine's own id: an image that was made of a machine has that one's file.
baseline=$STATE_DIRECTORY/$(< /var/lib/cloud/data/instance-id)
if [[ ! -e $baseline ]]; then
  if [[ $writable ]]; then
    echo 'The boot is not over: the root file system is not read-only yet.' >&2
    exit 1
  fi
  touch "$baseline"
  echo 'drift: none'
  exit
fi

mapfile -d '' found < <(find / -ignore_readdir_race -xdev \
  \( -path /var -o -path /run -o -path /tmp -o -path /proc -o -path /sys -o -path /dev \) -prune -o \
  -newercm "$baseline" -printf '%y%D %p\0')
wait $!

# A folder is changed by what comes and goes in it: it is named only when nothing in it is.
device=$(stat --format %d /)
changed=()
declare -A names_within=()
for entry in "${found[@]}"; do
  # Another file system that is mounted somewhere has a life of its own.
  if [[ $entry == d* && ${entry%% *} != "d$device" ]]; then continue; fi
  changed+=("$entry")
  path=${entry#* }
  if [[ $path != / ]]; then names_within[${path%/*}/]=yes; fi
done

# Whatever could part the line's words, or end it, is written as in addresses.
encode() {
  local position code
  encoded=
  for ((position = 0; position < ${#1}; position++)); do
    case ${1:position:1} in
      [a-zA-Z0-9/._+@:=~-]) encoded+=${1:position:1} ;;
      *)
        printf -v code %d "'${1:position:1}"
        printf -v code '%%%02X' $((code & 255))
        encoded+=$code
        ;;
    esac
  done
}

paths=() more=0
for entry in "${changed[@]}"; do
  path=${entry#* }
  if [[ $entry == d* && ${names_within[${path%/}/]:-} ]]; then continue; fi
  if ((${#paths[@]} == MOST_PATHS)); then
    more=$((more + 1))
    continue
  fi
  encode "$path"
  # Named by a folder that it is in.
  while ((${#encoded} > LONGEST_PATH)); do encoded=${encoded%/*}; done
  paths+=("${encoded:-/}")
done

line=${paths[*]}
if [[ $writable ]]; then line="/ is writable${line:+, $line}"; fi
if ((more > 0)); then line+=" and $more more"; fi
echo "drift: ${line:-none}"

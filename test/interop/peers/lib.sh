# shellcheck shell=bash
# What the peer scripts share; sourced, never run.
#   LAB    scratch directory for logs, pid files and media (default: callgauge-peers in the temporary directory)
#   BIND   the address that peers bind: loopback (default 127.0.0.1), or 10.77.* inside a network namespace of netlab.sh
set -u
LAB=${LAB:-${TMPDIR:-/tmp}/callgauge-peers}
BIND=${BIND:-127.0.0.1}

say() { printf '%s\n' "$*" >&2; }

# own_directory DIRECTORY: makes it; refuses one that another user made, for what is in it gets run or signalled
own_directory() {
  mkdir -p "$1" && [ -O "$1" ] && return 0
  say "refused: $1 belongs to another user"
  return 1
}
own_directory "$LAB" || exit 2

case $BIND in
  127.* | ::1) ;;
  10.77.*)
    if [ -z "$(ip netns identify "$BASHPID" 2>/dev/null)" ]; then
      say "refused: BIND=$BIND outside a network namespace"
      exit 2
    fi ;;
  *) say "refused: BIND=$BIND is neither a loopback address nor one of netlab.sh"; exit 2 ;;
esac

# start_time PID: when the kernel started that process, in clock ticks since boot
start_time() { awk '{ sub(/^.*\) /, ""); print $20 }' "/proc/$1/stat" 2>/dev/null; }

# record PIDFILE PID: writes "PID START", so that a pid which the system has given to another process is never signalled
record() { printf '%s %s\n' "$2" "$(start_time "$2")" >"$1"; }

# pid_of PIDFILE
pid_of() {
  local pid _
  read -r pid _ <"$1" && printf '%s' "$pid"
}

# alive PIDFILE: does the process that was recorded still run?
alive() {
  local pid start
  [ -s "$1" ] || return 1
  read -r pid start <"$1"
  [ -n "$pid" ] && [ -n "$start" ] && [ "$(start_time "$pid")" = "$start" ]
}

# stop_pid PIDFILE [SECONDS]: TERM, a while to obey, then KILL; no error when it has ended already
stop_pid() {
  local file=$1 tenths=$((${2:-5} * 10)) pid
  if alive "$file"; then
    pid=$(pid_of "$file")
    kill -TERM "$pid" 2>/dev/null
    while [ "$tenths" -gt 0 ] && alive "$file"; do
      sleep 0.1
      tenths=$((tenths - 1))
    done
    if alive "$file"; then kill -KILL "$pid" 2>/dev/null; fi
  fi
  rm -f "$file"
}

# udp_taken PORT: is anything bound to that UDP port?
udp_taken() { [ -n "$(ss -H -lun "sport = :$1")" ]; }

# wait_udp PORT [SECONDS]: until the port is bound
wait_udp() {
  local tenths=$((${2:-10} * 10))
  while [ "$tenths" -gt 0 ]; do
    udp_taken "$1" && return 0
    sleep 0.1
    tenths=$((tenths - 1))
  done
  say "nothing bound UDP port $1"
  return 1
}

# run_bounded NAME SECONDS DIRECTORY COMMAND...: in the background, ended after SECONDS, pid in LAB/NAME.pid
run_bounded() {
  local name=$1 seconds=$2 directory=$3
  shift 3
  (cd "$directory" && exec timeout --kill-after=5 "$seconds" "$@") >"$directory/log" 2>&1 </dev/null &
  record "$LAB/$name.pid" $!
}

# read_arguments KEY=VALUE...: sets variables that the script declared, before the call, by giving them a default
read_arguments() {
  local argument key
  for argument in "$@"; do
    key=${argument%%=*}
    if [[ $argument != [a-z]*=* ]]; then
      say "arguments are key=value, found: $argument"
      exit 2
    fi
    if [ -z "${!key+x}" ]; then
      say "unknown argument: $key"
      exit 2
    fi
    printf -v "$key" '%s' "${argument#*=}"
  done
}

#!/bin/bash
# SIPp by hand: something to call, and something that calls.
#   sipp.sh uas start  [port=15090 media=26000 behaviour=echo secs=600]
#   sipp.sh uas stop   [port=15090]          prints the counters
#   sipp.sh uas status [port=15090]
#   sipp.sh uac call   target=HOST:PORT [calls=1 rate=10 duration=5000 limit=100 user=load port=15091 media=27000 secs=120]
# behaviour: echo silent audio-5s no-answer busy bad-sdp bad-sip auth (see scenarios/). duration is in ms.
here=$(dirname "$(readlink -f "$0")")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

usage() { sed -n '3,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }

role=${1:-}
verb=${2:-}
[ $# -ge 2 ] || usage
shift 2
port=15090 media=26000 behaviour=echo secs=600 target='' calls=1 rate=10 duration=5000 limit=100 user=load
if [ "$role" = uac ]; then port=15091 media=27000 secs=120; fi
read_arguments "$@"
name=sipp-$role-$port
directory=$LAB/$name
pidfile=$LAB/$name.pid

command -v sipp >/dev/null || { say 'sipp is missing: run install.sh here, or apt-get install sip-tester'; exit 1; }

# counters: those of the last line of the statistics file, by name
counters() {
  awk -F';' 'NR == 1 { for (i = 1; i <= NF; i++) name[i] = $i; next } { for (i = 1; i <= NF; i++) last[i] = $i }
    END { for (i in name) if (name[i] ~ /^(TotalCallCreated|SuccessfulCall\(C\)|FailedCall\(C\)|Retransmissions\(C\))$/)
      printf "%s %s\n", name[i], last[i] }' "$directory/stat.csv" | sort
}

# The control port (-cp) must differ between instances: SIPp binds one each.
common=(-i "$BIND" -bind_local -mi "$BIND" -mp "$media" -p "$port" -ci 127.0.0.1 -cp $((port + 20000)) -t u1 -nostdin
  -trace_err -error_file errors -trace_stat -stf stat.csv -fd 1)

prepare() {
  rm -rf "$directory"
  mkdir -p "$directory"
  node "$here/make-tone.mjs" "$directory"
  if udp_taken "$port"; then
    say "UDP port $port is taken"
    exit 1
  fi
}

start_uas() {
  local echo=()
  if alive "$pidfile"; then
    say "already running: $(pid_of "$pidfile")"
    return
  fi
  [ -r "$here/scenarios/uas-$behaviour.xml" ] || { say "unknown behaviour: $behaviour"; exit 2; }
  if [ "$behaviour" = echo ]; then echo=(-rtp_echo); fi
  prepare
  run_bounded "$name" "$secs" "$directory" sipp -sf "$here/scenarios/uas-$behaviour.xml" "${common[@]}" "${echo[@]}"
  wait_udp "$port" 5 || { cat "$directory/log" >&2; stop_pid "$pidfile"; exit 1; }
  say "sipp uas ($behaviour) on $BIND:$port, audio from port $media, pid $(pid_of "$pidfile")"
}

call() {
  local status
  [ -n "$target" ] || usage
  case $target in 127.* | localhost:* | '[::1]'*) ;; *) say "refused: $target is not on this machine"; exit 2 ;; esac
  prepare
  (cd "$directory" && timeout --kill-after=5 "$secs" sipp "$target" -sf "$here/scenarios/uac.xml" -s "$user" -m "$calls" \
    -r "$rate" -l "$limit" -d "$duration" -recv_timeout 10000 "${common[@]}") >"$directory/log" 2>&1
  status=$?
  counters
  if [ "$status" != 0 ]; then head -n 12 "$directory/errors" >&2; fi
  exit "$status"
}

case $role-$verb in
  uas-start) start_uas ;;
  uas-stop) stop_pid "$pidfile" 3 && counters ;;
  uas-status) if alive "$pidfile"; then echo "up $(pid_of "$pidfile")"; else echo down; exit 1; fi ;;
  uac-call) call ;;
  *) usage ;;
esac

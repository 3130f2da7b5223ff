#!/bin/bash
# Kamailio as a record-routing proxy, with rtpengine (in user space) as the relay of the audio.
#   kamailio.sh start  [port=15700 upstream=127.0.0.1:15790 rtp=30500-31499 control=15701 cli=15702 auth=never algorithm=MD5 secs=600]
#   kamailio.sh stop   [port=15700]
#   kamailio.sh status [port=15700]
#   kamailio.sh installed              exit 0 when all that it needs is there
#   kamailio.sh rtp    [cli=15702] command='list totals'      what rtpengine counted
# auth=always: every call is challenged (407); any user, password "secret", realm "proxy"; algorithm MD5 or SHA-256.
here=$(dirname "$(readlink -f "$0")")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

verb=${1:-}
shift || true
port=15700 upstream=127.0.0.1:15790 rtp=30500-31499 control=15701 cli=15702 auth=never algorithm=MD5 secs=600 command=''
read_arguments "$@"
name=kamailio-$port
directory=$LAB/$name
pidfile=$LAB/$name.pid
relay_name=rtpengine-$port
relay_directory=$LAB/$relay_name
relay_pidfile=$LAB/$relay_name.pid

usage() { sed -n '3,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }

configure() {
  local modules
  modules=$(dirname "$(find /usr/lib -name rtpengine.so -path '*kamailio*' | head -n 1)")
  sed -e "s#@BIND@#$BIND#; s#@PORT@#$port#; s#@UPSTREAM@#$upstream#; s#@CONTROL@#$control#; s#@AUTH@#$auth#" \
    -e "s#@ALGORITHM@#$algorithm#; s#@MODULES@#$modules#" "$here/kamailio/kamailio.cfg" >"$directory/kamailio.cfg"
  kamailio -c -f "$directory/kamailio.cfg" >"$directory/check" 2>&1 && return 0
  grep -iE 'error|critical' "$directory/check" | head >&2
  return 1
}

stop() {
  stop_pid "$pidfile" 8
  stop_pid "$relay_pidfile" 5
  rm -rf "$directory" "$relay_directory"
}

# give_up DIRECTORY: why it did not come up, from its log
give_up() {
  tail -n 10 "$1/log" >&2
  stop
  exit 1
}

start() {
  if alive "$pidfile"; then say "already running: $(pid_of "$pidfile")"; return; fi
  for taken in "$port" "$control"; do
    if udp_taken "$taken"; then say "UDP port $taken is taken"; exit 1; fi
  done
  rm -rf "$directory" "$relay_directory"
  mkdir -p "$directory" "$relay_directory"
  configure || exit 1
  # --delete-delay=0: a call leaves its books at the BYE, so that the totals are whole when the last call has ended.
  run_bounded "$relay_name" "$secs" "$relay_directory" rtpengine --config-file=none --foreground --log-stderr --log-level=4 \
    --table=-1 --interface="$BIND" --listen-ng=127.0.0.1:"$control" --listen-cli=127.0.0.1:"$cli" \
    --port-min="${rtp%-*}" --port-max="${rtp#*-}" --num-threads=2 --tos=0 --timeout=60 --silent-timeout=600 --delete-delay=0
  wait_udp "$control" || give_up "$relay_directory"
  run_bounded "$name" "$secs" "$directory" kamailio -DD -E -m 64 -M 8 -f "$directory/kamailio.cfg" -w "$directory" -Y "$directory"
  wait_udp "$port" || give_up "$directory"
  say "kamailio on $BIND:$port -> $upstream, rtp $rtp, pid $(pid_of "$pidfile")"
}

for program in kamailio rtpengine rtpengine-ctl; do
  command -v "$program" >/dev/null || { say "$program is missing: run install.sh here"; exit 1; }
done
case $verb in
  installed) ;;
  start) start ;;
  stop) stop ;;
  status) if alive "$pidfile"; then echo "up $(pid_of "$pidfile")"; else echo down; exit 1; fi ;;
  rtp)
    # shellcheck disable=SC2086 # a command of several words
    exec rtpengine-ctl -ip 127.0.0.1 -port "$cli" $command ;;
  *) usage ;;
esac

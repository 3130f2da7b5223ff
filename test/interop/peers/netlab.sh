#!/bin/bash
# Two network namespaces with an impaired link between them, by linkem: no qdisc of the kernel is needed. As root.
#   netlab.sh up     [name=cg link='-S 42 -l 1 -p 20000-29999' secs=300]     NAME-a 10.77.0.1 <-> NAME-b 10.77.0.2
#   netlab.sh down   [name=cg]                  prints what linkem did, one line of JSON for each direction
#   netlab.sh status [name=cg]
# link: arguments of linkem, see linkem.c. Run something inside with: ip netns exec NAME-a COMMAND
here=$(dirname "$(readlink -f "$0")")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

verb=${1:-}
shift || true
name=cg link='' secs=300
read_arguments "$@"
a=$name-a
b=$name-b
directory=$LAB/netlab-$name
pidfile=$LAB/netlab-$name.pid
linkem=$LAB/linkem

usage() { sed -n '3,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }

# Only namespaces that `up` made are removed: it left the folder.
down() {
  stop_pid "$pidfile" 3
  if [ -d "$directory" ]; then
    grep '^{' "$directory/log" || true
    for space in "$a" "$b"; do ip netns del "$space" 2>/dev/null; done
    rm -rf "$directory"
  fi
}

build() {
  [ "$linkem" -nt "$here/linkem.c" ] && return 0
  command -v cc >/dev/null || { say 'cc is missing: run install.sh here'; return 1; }
  # Renamed when it is whole: several may build it at once.
  cc -O2 -Wall -Wextra -o "$linkem.$$" "$here/linkem.c" && mv "$linkem.$$" "$linkem"
}

# address SPACE ADDRESS
address() { ip -n "$1" addr add "$2/24" dev link0 && ip -n "$1" link set link0 up; }

up() {
  local tenths=50
  if alive "$pidfile"; then say "already up: $(pid_of "$pidfile")"; exit 1; fi
  build || exit 1
  # What an aborted run left.
  down >/dev/null
  for space in "$a" "$b"; do
    if ip netns list | grep -qw "$space"; then say "network namespace $space exists and is not ours"; exit 1; fi
  done
  mkdir -p "$directory"
  for space in "$a" "$b"; do
    ip netns add "$space" && ip -n "$space" link set lo up || { down; exit 1; }
  done
  # shellcheck disable=SC2086 # arguments of linkem
  run_bounded "netlab-$name" "$secs" "$directory" "$linkem" -a "$a" -b "$b" -i link0 $link
  until grep -q 'linkem up' "$directory/log"; do
    tenths=$((tenths - 1))
    if [ "$tenths" = 0 ] || ! alive "$pidfile"; then
      cat "$directory/log" >&2
      down
      exit 1
    fi
    sleep 0.1
  done
  address "$a" 10.77.0.1 && address "$b" 10.77.0.2 || { down; exit 1; }
  say "$a 10.77.0.1 <-> $b 10.77.0.2, linkem $link"
}

case $verb in
  up) up ;;
  down) down ;;
  status) if alive "$pidfile"; then echo "up $(pid_of "$pidfile")"; else echo down; exit 1; fi ;;
  *) usage ;;
esac

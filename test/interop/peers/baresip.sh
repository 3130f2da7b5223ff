#!/bin/bash
# baresip without a sound card: answers and echoes, or places one call.
#   baresip.sh start  [port=15800 rtp=31500-32499 secs=600]
#       each call gets a bridge of its own: its audio is decoded, buffered, encoded again and sent back under baresip's SSRC
#   baresip.sh call   target=sip:USER@HOST:PORT [port=15802 rtp=32500-32699 duration=5 codecs=PCMU/8000/1]
#       one call with a tone; prints what baresip says at its end, RTCP statistics among it
#   baresip.sh stop   [port=15800]
#   baresip.sh status [port=15800]
# It answers calls to its own user only: sip:baresip@HOST:PORT. It takes port + 1 for TLS.
here=$(dirname "$(readlink -f "$0")")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

verb=${1:-}
shift || true
port=15800 rtp=31500-32499 secs=600 target='' duration=5 codecs=PCMU/8000/1,PCMA/8000/1,G722/16000/1,opus/48000/2
if [ "$verb" = call ]; then port=15802 rtp=32500-32699 codecs=PCMU/8000/1; fi
read_arguments "$@"
name=baresip-$port
directory=$LAB/$name
pidfile=$LAB/$name.pid

usage() { sed -n '3,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }

configure() {
  rm -rf "$directory"
  mkdir -p "$directory"
  local source=aubridge,echo player=aubridge,echo application='module_app echo.so' answer=manual
  if [ "$verb" = call ]; then
    # ausine makes 48 kHz in two channels only; baresip resamples.
    source=ausine,440 player=aubridge,nil answer=auto
    application=$'ausrc_srate 48000\nausrc_channels 2\nmodule_app menu.so'
  fi
  cat >"$directory/config" <<END
poll_method epoll
sip_listen $BIND:$port
call_max_calls 200
audio_player $player
audio_source $source
audio_alert aubridge,nil
audio_level no
audio_buffer 20-160
rtp_tos 0
rtp_ports $rtp
rtp_stats yes
jitter_buffer_delay 2-10
module_path $(dirname "$(find /usr/lib -name g711.so -path '*baresip*' | head -n 1)")
module g711.so
module g722.so
module opus.so
module ausine.so
module aubridge.so
module rtcpsummary.so
module uuid.so
module_app account.so
$application
END
  echo "<sip:baresip@$BIND:$port>;regint=0;answermode=$answer;audio_codecs=$codecs" >"$directory/accounts"
  : >"$directory/contacts"
}

start() {
  if alive "$pidfile"; then say "already running: $(pid_of "$pidfile")"; return; fi
  if udp_taken "$port"; then say "UDP port $port is taken"; exit 1; fi
  configure
  run_bounded "$name" "$secs" "$directory" baresip -4 -f "$directory" -n "$BIND"
  if ! wait_udp "$port"; then
    tail -n 20 "$directory/log" >&2
    stop_pid "$pidfile"
    exit 1
  fi
  say "baresip on $BIND:$port, rtp $rtp, pid $(pid_of "$pidfile")"
}

call() {
  [ -n "$target" ] || usage
  case $target in sip:*@127.* | sip:*@10.77.*) ;; *) say "refused: $target is not on this machine"; exit 2 ;; esac
  configure
  (cd "$directory" && timeout --kill-after=3 $((duration + 15)) baresip -4 -f "$directory" -n "$BIND" -t "$duration" \
    -e "d $target" </dev/null 2>&1) | tr -d '\r' | sed 's/\x1b\[[0-9;]*m//g'
  rm -rf "$directory"
}

case $verb in start | call) command -v baresip >/dev/null || { say 'baresip is missing: run install.sh here'; exit 1; } ;; esac
case $verb in
  start) start ;;
  call) call ;;
  stop)
    stop_pid "$pidfile" 4
    rm -rf "$directory" ;;
  status) if alive "$pidfile"; then echo "up $(pid_of "$pidfile")"; else echo down; exit 1; fi ;;
  *) usage ;;
esac

#!/bin/bash
# Asterisk 22 in a chroot of Debian unstable: the stable release has none.
#   asterisk.sh install               makes the chroot when it is missing (as root; about 35 s and 600 MB)
#   asterisk.sh installed             exit 0 when it is there
#   asterisk.sh start  [port=15600 rtp=29500-30499 peer=127.0.0.1:15690 secs=600]
#   asterisk.sh stop   [port=15600]
#   asterisk.sh status [port=15600]
#   asterisk.sh cli    [port=15600] command='core show channels'
#   asterisk.sh ca     [port=15600]
# TCP has the same port, TLS the next one, WebSockets the one after it (path /ws), UDP also [::1]; "ca" prints the authority's path.
# PEERS_CACHE keeps the chroot (default: callgauge-peers-cache in the temporary directory). Extensions and accounts are in asterisk/.
here=$(dirname "$(readlink -f "$0")")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

verb=${1:-}
shift || true
port=15600 rtp=29500-30499 peer=127.0.0.1:15690 secs=600 command=''
read_arguments "$@"
cache=${PEERS_CACHE:-${TMPDIR:-/tmp}/callgauge-peers-cache}
root=$cache/asterisk
# One folder for each instance: its path inside the chroot, and outside.
inside=/callgauge/$port
outside=$root$inside
name=asterisk-$port
pidfile=$LAB/$name.pid

usage() { sed -n '3,11s/^# \{0,1\}//p' "$0" >&2; exit 2; }

# archive: where apt gets the release of this host from; it has the other releases too
archive() {
  local codename
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  apt-get indextargets --format '$(SITE) $(CODENAME)' | awk -v codename="$codename" '$2 == codename { print $1; exit }'
}

# Built beside its place and renamed: a chroot that is there is whole.
install_root() {
  local site building=$root.building log=$cache/install.log
  [ "$(id -u)" = 0 ] || { say 'asterisk is missing: run this as root'; return 1; }
  command -v debootstrap >/dev/null || { say 'debootstrap is missing: run install.sh here'; return 1; }
  own_directory "$cache" || return 1
  exec 9>"$cache/lock"
  flock 9
  [ ! -x "$root/usr/sbin/asterisk" ] || return 0
  site=$(archive)
  [ -n "$site" ] || { say 'no package archive in the configuration of apt'; return 1; }
  rm -rf --one-file-system "$building"
  say 'installing asterisk (in a chroot)'
  if ! build "$site" "$building" >"$log" 2>&1; then
    tail -n 10 "$log" >&2
    return 1
  fi
  rm -f "$log"
  mv "$building" "$root"
}

# build SITE DIRECTORY
build() {
  debootstrap --variant=minbase --keyring=/usr/share/keyrings/debian-archive-keyring.gpg unstable "$2" "$1" || return 1
  printf '#!/bin/sh\nexit 101\n' >"$2/usr/sbin/policy-rc.d"
  chmod 755 "$2/usr/sbin/policy-rc.d"
  DEBIAN_FRONTEND=noninteractive chroot "$2" apt-get install -y -qq --no-install-recommends asterisk || return 1
  rm -rf "$2"/var/lib/apt/lists/* "$2"/var/cache/apt/* "$2/debootstrap"
  # Asterisk looks up the name of the host on some paths: nothing is asked over a network.
  printf '127.0.0.1 localhost %s a.root-servers.net\n::1 localhost\n' "$(hostname)" >"$2/etc/hosts"
  printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' >"$2/etc/resolv.conf"
}

# The files of asterisk/ with @WORDS@ filled in.
configure() {
  local modules file
  rm -rf --one-file-system "$outside"
  mkdir -p "$outside"/{etc,run,messages,spool,db}
  modules=$(cd "$root" && ls -d usr/lib/*/asterisk/modules | head -n 1)
  for file in "$here"/asterisk/*.conf; do
    sed -e "s#@INSIDE@#$inside#; s#@MODULES@#/$modules#; s#@BIND@#$BIND#; s#@PORT@#$port#; s#@PEER@#$peer#" \
      -e "s#@TLS_PORT@#$((port + 1))#; s#@WS_PORT@#$((port + 2))#" \
      -e "s#@RTP_FIRST@#${rtp%-*}#; s#@RTP_LAST@#${rtp#*-}#" "$file" >"$outside/etc/$(basename "$file")"
  done
  user_accounts >>"$outside/etc/pjsip.conf"
  make_certificates "$outside/etc"
  # It does not start without these, though they say nothing.
  for file in acl features udptl cdr cel ccss stasis manager pjproject sorcery; do echo '[general]' >"$outside/etc/$file.conf"; done
  : >"$outside/etc/acl.conf"
}

# user_accounts: 1101 to 1110, who call each other
user_accounts() {
  local user
  for user in $(seq 1101 1110); do
    printf '[%s](endpoint)\nauth = %s\naors = %s\n\n' "$user" "$user" "$user"
    printf '[%s](auth)\nusername = %s\n\n' "$user" "$user"
    printf '[%s]\ntype = aor\nmax_contacts = 1\nremove_existing = yes\nminimum_expiration = 5\n\n' "$user"
  done
}

# make_certificates DIRECTORY: an authority (ca.pem), and a certificate for $BIND and pbx.example
make_certificates() (
  cd "$1" || exit 1
  local curve=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
  printf 'subjectAltName=DNS:pbx.example,IP:%s\n' "$BIND" >server.ext
  {
    openssl req -x509 "${curve[@]}" -keyout ca.key -out ca.pem -days 2 -subj '/CN=Test CA'
    openssl req "${curve[@]}" -keyout server.key -out server.csr -subj /CN=pbx.example
    openssl x509 -req -in server.csr -out server.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile server.ext
  } 2>/dev/null
)

cli() {
  [ -S "$outside/run/asterisk.ctl" ] && chroot "$root" /usr/sbin/asterisk -C "$inside/etc/asterisk.conf" -rx "$1"
}

start() {
  local tenths=200
  [ -x "$root/usr/sbin/asterisk" ] || { say 'asterisk is missing: run install.sh here'; exit 1; }
  if alive "$pidfile"; then say "already running: $(pid_of "$pidfile")"; return; fi
  if udp_taken "$port"; then say "UDP port $port is taken"; exit 1; fi
  configure
  # shellcheck disable=SC2016 # the dollars are of the inner shell
  run_bounded "$name" "$secs" "$outside" unshare --mount --propagation private sh -c \
    'mount -t proc proc "$1/proc" && exec chroot "$1" /usr/sbin/asterisk -f -C "$2/etc/asterisk.conf"' sh "$root" "$inside"
  until cli 'core waitfullybooted' 2>/dev/null | grep -q booted && udp_taken "$port"; do
    tenths=$((tenths - 1))
    if [ "$tenths" = 0 ] || ! alive "$pidfile"; then
      tail -n 20 "$outside/log" "$outside/messages/messages" >&2
      stop_pid "$pidfile"
      exit 1
    fi
    sleep 0.1
  done
  say "asterisk on $BIND:$port, rtp $rtp, pid $(pid_of "$pidfile")"
}

case $verb in
  install) install_root ;;
  installed) [ -x "$root/usr/sbin/asterisk" ] ;;
  start) start ;;
  stop)
    stop_pid "$pidfile" 8
    rm -rf --one-file-system "$outside" ;;
  status) if alive "$pidfile"; then echo "up $(pid_of "$pidfile")"; else echo down; exit 1; fi ;;
  cli) cli "$command" ;;
  ca) echo "$outside/etc/ca.pem" ;;
  *) usage ;;
esac

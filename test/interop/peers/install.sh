#!/bin/bash
# Installs what the interop and browser suites need and this machine lacks, from Debian's packages. Does nothing when all
# are there. No daemon is started by it. Exit 1 when something is still missing afterwards.
#   install.sh [TOOL...]      default: all of sipp tshark chromium ss tcpdump cc openssl kamailio rtpengine baresip asterisk
# Asterisk is not in the stable release, so it lives in a chroot of the unstable one (asterisk.sh install).
set -u
here=$(dirname "$(readlink -f "$0")")
declare -A package=(
  [sipp]=sip-tester [tshark]=tshark [chromium]='chromium fonts-dejavu-core' [ss]=iproute2 [tcpdump]=tcpdump
  [cc]='gcc libc6-dev' [kamailio]=kamailio
  [rtpengine]='rtpengine-daemon rtpengine-utils' [baresip]=baresip-core
  [debootstrap]=debootstrap [openssl]=openssl
)

missing=() asterisk=
for tool in "${@:-sipp tshark chromium ss tcpdump cc openssl kamailio rtpengine baresip asterisk}"; do
  for name in $tool; do
    if [ "$name" = asterisk ]; then
      bash "$here/asterisk.sh" installed >/dev/null && continue
      asterisk=wanted
      name=debootstrap
    fi
    [ -n "${package[$name]:-}" ] || { echo "unknown tool: $name" >&2; exit 2; }
    if ! command -v "$name" >/dev/null; then
      read -ra packages <<<"${package[$name]}"
      missing+=("${packages[@]}")
    fi
  done
done
[ ${#missing[@]} -gt 0 ] || [ -n "$asterisk" ] || exit 0
[ "$(id -u)" = 0 ] || { echo "missing: ${missing[*]} ${asterisk:+asterisk}; run this as root" >&2; exit 1; }

log=$(mktemp)
policy=/usr/sbin/policy-rc.d policy_made=
trap 'rm -f "$log"; [ -z "$policy_made" ] || rm -f "$policy"' EXIT

if [ ${#missing[@]} -gt 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt=(apt-get -qq -o DPkg::Lock::Timeout=300)
  # A package must not start its daemon with its own configuration, on this machine's addresses.
  if [ ! -e "$policy" ]; then
    policy_made=1
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  echo "installing ${missing[*]}"
  # The lists may be absent or old on a fresh machine: refresh them first.
  "${apt[@]}" update >"$log" 2>&1 || cat "$log" >&2
  if ! "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    exit 1
  fi
fi
[ -z "$asterisk" ] || bash "$here/asterisk.sh" install

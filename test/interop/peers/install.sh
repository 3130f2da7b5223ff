#!/bin/bash
# Installs what the interop and browser suites need and this machine lacks, from Debian's packages: sip-tester (SIPp),
# tshark, chromium with a font, ss. Does nothing when all are there. Exit 1 when something is still missing afterwards.
#   install.sh [TOOL...]      default: sipp tshark chromium ss
set -u
declare -A package=([sipp]=sip-tester [tshark]=tshark [chromium]='chromium fonts-dejavu-core' [ss]=iproute2)

missing=()
for tool in "${@:-sipp tshark chromium ss}"; do
  for name in $tool; do
    [ -n "${package[$name]:-}" ] || { echo "unknown tool: $name" >&2; exit 2; }
    if ! command -v "$name" >/dev/null; then
      read -ra packages <<<"${package[$name]}"
      missing+=("${packages[@]}")
    fi
  done
done
[ ${#missing[@]} -gt 0 ] || exit 0
[ "$(id -u)" = 0 ] || { echo "missing: ${missing[*]}; install them as root: apt-get install ${missing[*]}" >&2; exit 1; }

export DEBIAN_FRONTEND=noninteractive
apt=(apt-get -qq -o DPkg::Lock::Timeout=300)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "installing ${missing[*]}"
# The lists may be absent or old on a fresh machine: refresh them first.
"${apt[@]}" update >"$log" 2>&1 || cat "$log" >&2
if ! "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  exit 1
fi

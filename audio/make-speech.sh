#!/bin/bash
# Makes speech-8k.wav and speech-16k.wav anew: two passages by espeak-ng, joined, band-limited and levelled by sox.
#   audio/make-speech.sh [DIRECTORY]      default: the directory of this script
# Needs espeak-ng and sox. The text is our own; see README.md.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
out=${1:-$here}
work=$(mktemp -d "${TMPDIR:-/tmp}/callgauge-speech.XXXXXX")
trap 'rm -rf "$work"' EXIT

for tool in espeak-ng sox; do
  command -v "$tool" >/dev/null || { echo "$tool is missing: apt-get install espeak-ng sox" >&2; exit 1; }
done

# Gain in dB, found once by measuring: active speech level (20 ms frames above -50 dBov) of -26 dBov.
gain_8k=-2.1
gain_16k=-2.15

# sentence NAME VOICE WORDS_PER_MINUTE PITCH TEXT
sentence() {
  espeak-ng -v "$2" -s "$3" -p "$4" -a 60 -w "$work/$1.raw.wav" "$5"
  # espeak-ng leaves silence of its own at both ends: cut it, so that the pauses are ours
  sox "$work/$1.raw.wav" "$work/$1.wav" silence 1 0.01 0.3% reverse silence 1 0.01 0.3% reverse
}

sentence a1 en-gb 170 45 'The young chef shared warm bread and ripe cherries with every guest.'
sentence a2 en-gb 170 45 'We usually measure voices through a noisy wire.'
sentence a3 en-gb 170 45 'Five hours later, both ships had vanished beyond the quiet bay.'
sentence b1 en-us+f3 170 55 'Joyful children watch grey geese fly over the lake.'
sentence b2 en-us+f3 170 55 'Please push the yellow box near the garage.'
sentence b3 en-us+f3 170 55 'Though the weather was rough, nothing could spoil their pleasure.'

# rate NAME HZ LOW_PASS_HZ GAIN_DB: 16-bit mono, padded to a whole number of 20 ms packets
rate() {
  sox -V1 "$work/a1.wav" "$work/gap.wav" "$work/a2.wav" "$work/gap.wav" "$work/a3.wav" "$work/turn.wav" \
    "$work/b1.wav" "$work/gap.wav" "$work/b2.wav" "$work/gap.wav" "$work/b3.wav" "$work/turn.wav" \
    -D -b 16 -c 1 "$out/speech-$1.wav" \
    highpass 100 sinc -a 70 "-$3" gain "$4" rate -v "$2" pad 0 1 trim 0 "$seconds"
}

# 1000 packets of 20 ms, with about half a second of silence at the end so that the loop has a pause too
seconds=20.00
sox -n -r 22050 -b 16 -c 1 "$work/gap.wav" trim 0 0.35
sox -n -r 22050 -b 16 -c 1 "$work/turn.wav" trim 0 0.60
rate 8k 8000 3400 "$gain_8k"
rate 16k 16000 7000 "$gain_16k"

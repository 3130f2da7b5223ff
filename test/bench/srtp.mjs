/**
 * What SRTP costs: CPU of a packet of G.711 at 20 ms that is protected, and of one that is checked and made readable, alone, by
 * suite, over many streams; beside it what one call of node:crypto for each packet would cost, and plain HMAC-SHA1.
 *   node test/bench/srtp.mjs [--streams=500] [--packets=200]
 */
import { createCipheriv, createHmac, randomBytes } from 'node:crypto';
import { flags, moduleUrl, printMachine, printTable } from './bench.mjs';

const { SRTP_SUITE_NAMES, srtpSuite } = await import(moduleUrl('lib/srtp-suite.js'));
const { SrtpSender } = await import(moduleUrl('rtp/srtp/sender.js'));
const { SrtpReceiver } = await import(moduleUrl('rtp/srtp/receiver.js'));
const { HmacSha1 } = await import(moduleUrl('rtp/srtp/hmac-sha1.js'));

const PACKET_BYTES = 172;
const ROUNDS = 5;

const cpuUs = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** CPU of one `work(stream, packet)`, µs: the median of the rounds after a first one that warms up. */
function cost({ streams, packets }, work) {
  const found = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const before = cpuUs();
    // Streams in turns, as the loop serves them: no stream's state stays in the cache of the processor.
    for (let packet = 0; packet < packets; packet++)
      for (let stream = 0; stream < streams; stream++) work(stream, round * packets + packet);
    found.push((cpuUs() - before) / (streams * packets));
  }
  return found.slice(1).toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)];
}

function packetOf(sequence) {
  const packet = new Uint8Array(PACKET_BYTES).fill(0x55);
  packet.set([0x80, 0, (sequence >>> 8) & 0xff, sequence & 0xff]);
  return packet;
}

function suiteRow(name, options) {
  const { keyBytes, saltBytes } = srtpSuite(name);
  const master = randomBytes(keyBytes + saltBytes);
  const senders = Array.from({ length: options.streams }, () => new SrtpSender(name, master));
  const packet = packetOf(0);
  const protect = cost(options, (stream, n) => {
    packet[2] = (n >>> 8) & 0xff;
    packet[3] = n & 0xff;
    senders[stream].protectRtp(packet);
  });
  const sender = new SrtpSender(name, master);
  const sent = Array.from({ length: (ROUNDS + 1) * options.packets }, (_, n) => sender.protectRtp(packetOf(n)).slice());
  const receivers = Array.from({ length: options.streams }, () => new SrtpReceiver(name, master));
  const data = new Uint8Array(2048);
  let failed = 0;
  const unprotect = cost(options, (stream, n) => {
    data.set(sent[n]);
    if (receivers[stream].openRtp(data, sent[n].length) !== 'ok') failed++;
  });
  if (failed > 0) throw new Error(`${name}: ${failed} packets were not taken`);
  return { way: name, 'protect µs': protect, 'unprotect µs': unprotect, 'both µs': protect + unprotect };
}

function partRow(way, options, work) {
  return { way, 'protect µs': cost(options, work), 'unprotect µs': Number.NaN, 'both µs': Number.NaN };
}

const options = flags({ streams: 500, packets: 200 });
const key = randomBytes(20);
const data = packetOf(0);
const tag = new Uint8Array(10);
const hmac = new HmacSha1(key);
const iv = randomBytes(16);
printMachine();
printTable(`SRTP of packets of ${PACKET_BYTES} bytes, ${options.streams} streams in turns`, [
  ...SRTP_SUITE_NAMES.map((name) => suiteRow(name, options)),
  partRow('part: HMAC-SHA1, ours', options, () => hmac.compute(data, data.length, tag, 10)),
  partRow('part: HMAC-SHA1, node:crypto', options, () => createHmac('sha1', key).update(data).digest()),
  partRow('part: AES-CTR, node:crypto, a call each', options, () =>
    createCipheriv('aes-128-ctr', key.subarray(0, 16), iv).update(data),
  ),
]);
printMachine();

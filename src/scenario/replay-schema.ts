/** Codecs that are not built in: payloads that were captured, and what an SDP and the E-model must know of them. */
import { z } from 'zod';
import * as fields from './fields.js';
import { help } from './help.js';

export const replayEntry = z
  .strictObject({
    file: fields
      .line('a path', 1024)
      .meta(
        help(
          'The payloads, relative to this file: a capture (pcap, pcapng), of which the longest RTP stream with `payloadType` is taken; one RTP stream as rtpdump writes it (RTPtools, or Wireshark: "Save RTP stream"); or with `packetBytes` the bare payloads. They are played in a loop, one packet a `ptime`.',
          'g729.pcap',
          'g729.rtpdump',
        ),
      ),
    packetBytes: fields
      .integer(1, 1400)
      .optional()
      .meta(help('The file is packets of so many bytes and nothing else. Absent: a capture or an rtpdump file.', 20)),
    rtpmap: fields.rtpMap().meta(help('As it stands in the SDP.', 'G729/8000', 'iLBC/8000', 'AMR-WB/16000')),
    payloadType: fields.payloadType().meta(help('In our offers: 96 to 127, or the static one of the codec.', 18, 97)),
    ptime: fields
      .packetTime()
      .prefault('20ms')
      .meta(help('Audio of one packet.', '20ms', '30ms')),
    fmtp: fields
      .line('format parameters', 200)
      .optional()
      .meta(help('As they stand in the SDP.', 'annexb=no', 'mode=30')),
    ie: fields
      .decimal(0, 129)
      .optional()
      .meta(
        help(
          'Equipment impairment factor for the E-model (ITU-T G.113), with `bpl`. Absent: the published one of G729, G723, GSM, GSM-EFR, iLBC or AMR; other codecs have no MOS then.',
          11,
        ),
      ),
    bpl: fields.decimal(0.1, 1000).optional().meta(help('Packet-loss robustness factor, with `ie`.', 19)),
    scale: fields
      .word(['narrowband', 'wideband'])
      .optional()
      .meta(help('Of `ie`. Absent: wideband from an RTP clock of 16,000 Hz on.')),
  })
  .meta({ title: 'replayed codec' });

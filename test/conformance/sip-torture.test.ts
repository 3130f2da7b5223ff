/**
 * The torture messages of RFC 4475, each as one datagram to a user agent that answers calls, and what it says: the status that
 * the RFC names, or one of those that it allows. `call`: the call is offered; `null`: nothing is sent.
 */
import { describe, expect, it } from 'vitest';
import { parseMessage } from '../../src/sip/message/parser.js';
import { agentOn, Network } from '../unit/sip/ua/network.js';

const SDP = [
  'v=0',
  'o=mhandley 29739 7272939 IN IP4 192.0.2.1',
  's=-',
  'c=IN IP4 192.0.2.1',
  't=0 0',
  'm=audio 49217 RTP/AVP 0 12',
  'm=video 3227 RTP/AVP 31',
  'a=rtpmap:31 LPC',
  '',
].join('\r\n');

/** Lines of a head, then a body; text above U+00FF as UTF-8. */
function wire(head: readonly string[], body = ''): string {
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`, 'utf8').toString('latin1');
}

const WSINV = wire(
  [
    'INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0',
    'TO :',
    ' sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n',
    String.raw`from   : "J Rosenberg \\\""       <sip:jdrosen@example.com>`,
    '  ;',
    '  tag = 98asjd8',
    'MaX-fOrWaRdS: 0068',
    'Call-ID: wsinv.ndaksdj@192.0.2.1',
    'Content-Length   : 150',
    'cseq: 0009',
    '  INVITE',
    'Via  : SIP  /   2.0',
    ' /UDP',
    '    192.0.2.2;branch=390skdjuw',
    's :',
    'NewFangledHeader:   newfangled value',
    ' continued newfangled value',
    'UnknownHeaderWithUnusualValue: ;;,,;;,;',
    'Content-Type: application/sdp',
    'Route:',
    ' <sip:services.example.com;lr;unknownwith=value;unknown-no-value>',
    'v:  SIP  / 2.0  / TCP     spindle.example.com   ;',
    '  branch  =   z9hG4bK9ikj8  ,',
    ' SIP  /    2.0   / UDP  192.168.255.111   ; branch=',
    ' z9hG4bK30239',
    String.raw`m:"Quoted string \"\"" <sip:jdrosen@example.com> ; newparam =`,
    '      newvalue ;',
    '  secondparam ; q = 0.33',
  ],
  SDP,
);

const UNUSUAL = "!interesting-Method0123456789_*+`.%indeed'~";
const INTMETH = wire([
  `${UNUSUAL} sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0`,
  "Via: SIP/2.0/UDP host1.example.com;rport;branch=z9hG4bK-.!%66*_+`'~",
  `To: "BEL:\\\u0007 NUL:\\\u0000 DEL:\\\u007F" <sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com>`,
  `From: token1~\` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%="\u0440\u0430\u0431\u043e\u0442\u0430\u044e\u0449\u0438\u0439";tag=_token~1'+\`*%!-.`,
  String.raw`Call-ID: intmeth.word%ZK-!.*_+'@word` + '`' + String.raw`~)(><:\/"][?}{`,
  `CSeq: 139122385 ${UNUSUAL}`,
  'Max-Forwards: 255',
  "extensionHeader-!.%*+_`'~: \uFEFF\u5927\u505C\u96FB",
  'Content-Length: 0',
]);

const ESC01 = wire(
  [
    'INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0',
    'To: sip:%75se%72@example.com',
    'From: <sip:I%20have%20spaces@example.net>;tag=938',
    'Max-Forwards: 87',
    'i: esc01.239409asdfakjkn23onasd0-3234',
    'CSeq: 234234 INVITE',
    'Via: SIP/2.0/UDP host5.example.net;branch=z9hG4bKkdjuw',
    'C: application/sdp',
    'Contact:',
    '  <sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>',
    'Content-Length: 150',
  ],
  SDP,
);

const OPTIONS = (rest: readonly string[], uri = 'sip:user@example.com'): string =>
  wire([`OPTIONS ${uri} SIP/2.0`, ...rest]);
const INVITE = (rest: readonly string[], uri = 'sip:user@example.com', body = SDP): string =>
  wire([`INVITE ${uri} SIP/2.0`, ...rest], body);

const LONG = {
  to: `"I have a user name of ${'extreme '.repeat(10)}proportion"<sip:user@example.com:6000;unknownparam1=very${'long'.repeat(20)}value;longparam${'name'.repeat(25)}=shortvalue;very${'long'.repeat(25)}ParameterNameWithNoValue>`,
  from: `sip:amazinglylongcallername${'overly'.repeat(20)}@example.net;tag=12${'982'.repeat(50)}424;unknownheaderparam${'name'.repeat(20)}=unknowheaderparam${'value'.repeat(15)};unknownValueless${'paramname'.repeat(10)}`,
  callId: `longreq.one${'really'.repeat(20)}longcallid`,
};
const LONGREQ = INVITE([
  `To: ${LONG.to}`,
  `F: ${LONG.from}`,
  `Call-ID: ${LONG.callId}`,
  'CSeq: 3882340 INVITE',
  `Unknown-${'Long'.repeat(20)}-Name: unknown-${'long'.repeat(20)}-value; unknown-${'long'.repeat(20)}-parameter-name = unknown-${'long'.repeat(20)}-parameter-value`,
  `Via: SIP/2.0/UDP sip33.example.com`,
  ...Array.from(
    { length: 33 },
    (_, index) => `v: SIP/2.0/TCP sip${32 - index}.example.com;branch=z9hG4bK${'very'.repeat(10)}long${index}`,
  ),
  'Max-Forwards: 70',
  `Contact: <sip:amazinglylongcallername${'name'.repeat(20)}@host5.example.net>`,
  'Content-Type: application/sdp',
  'l: 150',
]);

const DBLREQ =
  wire([
    'REGISTER sip:example.com SIP/2.0',
    'To: sip:j.user@example.com',
    'From: sip:j.user@example.com;tag=43251j3j324',
    'Max-Forwards: 8',
    'I: dblreq.0ha0isndaksdj99sdfafnl3lk233412',
    'Contact: sip:j.user@host.example.com',
    'CSeq: 8 REGISTER',
    'Via: SIP/2.0/UDP 192.0.2.125;branch=z9hG4bKkdjuw23492',
    'Content-Length: 0',
  ]) +
  INVITE(
    [
      't: sip:joe@example.com',
      'From: sip:caller@example.net;tag=141334',
      'Max-Forwards: 8',
      'Call-ID: dblreq.0ha0isnda977644900765@192.0.2.15',
      'CSeq: 8 INVITE',
      'Via: SIP/2.0/UDP 192.0.2.15;branch=z9hG4bKkdjuw380234',
      'Content-Type: application/sdp',
      'Content-Length: 150',
    ],
    'sip:joe@example.com',
  );

const MULTIPART = [
  '--7a9cbec02ceef655',
  'Content-Type: text/plain',
  'Content-Transfer-Encoding: binary',
  '',
  'Hello',
  '--7a9cbec02ceef655',
  'Content-Type: application/octet-stream',
  'Content-Transfer-Encoding: binary',
  '',
  '0\u0082\u0001R\u0006\u0009*\u0086H\u0086\u00F7\u000D\u0001\u0007\u0002',
  '--7a9cbec02ceef655--',
].join('\r\n');
const MPART01 = `MESSAGE sip:kumiko@example.org SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK-d87543-4dade06d0bdb11ee-1--d87543-;rport\r\nMax-Forwards: 70\r\nRoute: <sip:127.0.0.1:5080>\r\nTo: "Kumiko" <sip:kumiko@example.org>\r\nFrom: "fluffy" <sip:fluffy@example.com>;tag=2fb0dcc9\r\nCall-ID: 3d9485ad0c49859b@Zmx1ZmZ5LW1hYy0xNi5sb2NhbA..\r\nCSeq: 1 MESSAGE\r\nContent-Transfer-Encoding: binary\r\nContent-Type: multipart/mixed;boundary=7a9cbec02ceef655\r\nDate: Sat, 15 Oct 2005 04:44:56 GMT\r\nContent-Length: ${MULTIPART.length}\r\n\r\n${MULTIPART}`;

/** Statuses that say: this method is not served here. */
const NOT_SERVED: readonly (number | 'call' | null)[] = [405, 501];
type Expected = number | readonly (number | 'call' | null)[] | 'call' | null;

const VALID: readonly (readonly [string, string, Expected])[] = [
  // Its To has a tag, and there is no such dialog.
  ['3.1.1.1 wsinv', WSINV, 481],
  ['3.1.1.2 intmeth', INTMETH, NOT_SERVED],
  ['3.1.1.3 esc01', ESC01, 'call'],
  [
    '3.1.1.4 escnull',
    wire([
      'REGISTER sip:example.com SIP/2.0',
      'To: sip:null-%00-null@example.com',
      'From: sip:null-%00-null@example.com;tag=839923423',
      'Max-Forwards: 70',
      'Call-ID: escnull.39203ndfvkjdasfkq3w4otrq0adsfdfnavd',
      'CSeq: 14398234 REGISTER',
      'Via: SIP/2.0/UDP host5.example.com;branch=z9hG4bKkdjuw',
      'Contact: <sip:%00@host5.example.com>',
      'Contact: <sip:%00%00@host5.example.com>',
      'L:0',
    ]),
    NOT_SERVED,
  ],
  [
    '3.1.1.5 esc02',
    wire([
      'RE%47IST%45R sip:registrar.example.com SIP/2.0',
      'To: "%Z%45" <sip:resource@example.com>',
      'From: "%Z%45" <sip:resource@example.com>;tag=f232jadfj23',
      'Call-ID: esc02.asdfnqwo34rq23i34jrjasdcnl23nrlknsdf',
      'Via: SIP/2.0/UDP host.example.com;branch=z9hG4bK209%fzsnel234',
      'CSeq: 29344 RE%47IST%45R',
      'Max-Forwards: 70',
      'Contact: <sip:alias1@host1.example.com>',
      'C%6Fntact: <sip:alias2@host2.example.com>',
      'Contact: <sip:alias3@host3.example.com>',
      'l: 0',
    ]),
    NOT_SERVED,
  ],
  [
    '3.1.1.6 lwsdisp',
    OPTIONS([
      'To: sip:user@example.com',
      'From: caller<sip:caller@example.com>;tag=323',
      'Max-Forwards: 70',
      'Call-ID: lwsdisp.1234abcd@funky.example.com',
      'CSeq: 60 OPTIONS',
      'Via: SIP/2.0/UDP funky.example.com;branch=z9hG4bKkdjuw',
      'l: 0',
    ]),
    200,
  ],
  ['3.1.1.7 longreq', LONGREQ, 'call'],
  ['3.1.1.8 dblreq', DBLREQ, NOT_SERVED],
  [
    '3.1.1.9 semiuri',
    OPTIONS(
      [
        'To: sip:j_user@example.com',
        'From: sip:caller@example.org;tag=33242',
        'Max-Forwards: 3',
        'Call-ID: semiuri.0ha0isndaksdj',
        'CSeq: 8 OPTIONS',
        'Accept: application/sdp, application/pkcs7-mime,',
        '        multipart/mixed, multipart/signed,',
        '        message/sip, message/sipfrag',
        'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKkdjuw',
        'l: 0',
      ],
      'sip:user;par=u%40example.net@example.com',
    ),
    200,
  ],
  [
    '3.1.1.10 transports',
    OPTIONS([
      'To: sip:user@example.com',
      'From: <sip:caller@example.com>;tag=323',
      'Max-Forwards: 70',
      'Call-ID:  transports.kijh4akdnaqjkwendsasfdj',
      'Accept: application/sdp',
      'CSeq: 60 OPTIONS',
      'Via: SIP/2.0/UDP t1.example.com;branch=z9hG4bKkdjuw',
      'Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKklasjdfy',
      'Via: SIP/2.0/TLS t3.example.com;branch=z9hG4bK2980unddj',
      'Via: SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en',
      'Via: SIP/2.0/TCP t5.example.com;branch=z9hG4bK0a9idfnee',
      'l: 0',
    ]),
    200,
  ],
  ['3.1.1.11 mpart01', MPART01, NOT_SERVED],
  [
    '3.1.1.12 unreason',
    wire(
      [
        'SIP/2.0 200 = 2**3 * 5**2 \u043d\u043e \u0441\u0442\u043e \u0434\u0435\u0432\u044f\u043d\u043e\u0441\u0442\u043e \u0434\u0435\u0432\u044f\u0442\u044c - \u043f\u0440\u043e\u0441\u0442\u043e\u0435',
        'Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923',
        'Call-ID: unreason.1234ksdfak3j2erwedfsASdf',
        'CSeq: 35 INVITE',
        'From: sip:user@example.com;tag=11141343',
        'To: sip:user@example.edu;tag=2229',
        'Content-Length: 150',
        'Content-Type: application/sdp',
        'Contact: <sip:user@host198.example.com>',
      ],
      SDP,
    ),
    null,
  ],
  [
    '3.1.1.13 noreason',
    wire([
      'SIP/2.0 100 ',
      'Via: SIP/2.0/UDP 192.0.2.105;branch=z9hG4bK2398ndaoe',
      'Call-ID: noreason.asndj203insdf99223ndf',
      'CSeq: 35 INVITE',
      'From: <sip:user@example.com>;tag=39ansfi3',
      'To: <sip:user@example.edu>;tag=902jndnke3',
      'Content-Length: 0',
      'Contact: <sip:user@host105.example.com>',
    ]),
    null,
  ],
];

/** What an INVITE to a test of one header has besides. */
const REST = (name: string, method = 'INVITE'): string[] => [
  'To: sip:j.user@example.com',
  'From: sip:caller@example.net;tag=134161461246',
  'Max-Forwards: 7',
  `Call-ID: ${name}.0ha0isndaksdjasdf3234nas`,
  `CSeq: 8 ${method}`,
  'Via: SIP/2.0/UDP 192.0.2.15;branch=z9hG4bKkdjuw',
  ...(method === 'INVITE' ? ['Contact: <sip:caller@host5.example.net>', 'Content-Type: application/sdp'] : []),
];
const LENGTH = 'Content-Length: 150';

const INVALID: readonly (readonly [string, string, Expected])[] = [
  [
    '3.1.2.1 badinv01',
    INVITE([
      'To: sip:j.user@example.com',
      'From: sip:caller@example.net;tag=134161461246',
      'Max-Forwards: 7',
      'Call-ID: badinv01.0ha0isndaksdjasdf3234nas',
      'CSeq: 8 INVITE',
      'Via: SIP/2.0/UDP 192.0.2.15;;,;,,',
      'Contact: "Joe" <sip:joe@example.org>;;;;',
      LENGTH,
      'Content-Type: application/sdp',
    ]),
    // Parameters without a name in Via and Contact: what is needed of both can be read all the same.
    [400, 'call'],
  ],
  ['3.1.2.2 clerr', INVITE([...REST('clerr'), 'Content-Length: 9999']), 400],
  ['3.1.2.3 ncl', INVITE([...REST('ncl'), 'Content-Length: -999']), 400],
  [
    '3.1.2.4 scalar02',
    wire([
      'REGISTER sip:example.com SIP/2.0',
      'Via: SIP/2.0/UDP host129.example.com;branch=z9hG4bK342sdfoi3',
      'To: <sip:user@example.com>',
      'From: <sip:user@example.com>;tag=239232jh3',
      'CSeq: 36893488147419103232 REGISTER',
      'Call-ID: scalar02.23o0pd9vanlq3wnrlnewofjas9ui32',
      'Max-Forwards: 300',
      `Expires: 1${'0'.repeat(100)}`,
      'Contact: <sip:user@host129.example.com>;expires=280297596632815',
      'Content-Length: 0',
    ]),
    // The number of CSeq cannot be read, and an answer repeats it.
    [400, null],
  ],
  [
    '3.1.2.5 scalarlg',
    wire([
      'SIP/2.0 503 Service Unavailable',
      'Via: SIP/2.0/UDP host129.example.com;branch=z9hG4bKzzxdiwo34sw;received=192.0.2.129',
      'To: <sip:user@example.com>',
      'From: <sip:other@example.net>;tag=2easdjfejw',
      'CSeq: 9292394834772304023312 OPTIONS',
      'Call-ID: scalarlg.noase0of0234hn2qofoaf0232aewf2394r',
      'Retry-After: 949302838503028349304023988',
      'Warning: 1812 overture "In Progress"',
      'Content-Length: 0',
    ]),
    null,
  ],
  [
    '3.1.2.6 quotbal',
    INVITE([...REST('quotbal').slice(1), 'To: "Mr. J. User <sip:j.user@example.com>', LENGTH]),
    [400, null],
  ], // an answer repeats To, which cannot be read
  ['3.1.2.7 ltgtruri', INVITE([...REST('ltgtruri'), LENGTH], '<sip:user@example.com>'), [400, 416]],
  ['3.1.2.8 lwsruri', INVITE([...REST('lwsruri'), LENGTH], 'sip:user@example.com; lr'), [400, null]],
  ['3.1.2.9 lwsstart', INVITE([...REST('lwsstart'), LENGTH], ' sip:user@example.com '), [400, null]],
  [
    '3.1.2.10 trws',
    wire(['OPTIONS sip:remote-target@example.com SIP/2.0  ', ...REST('trws', 'OPTIONS'), 'Content-Length: 0']),
    [400, null],
  ],
  [
    '3.1.2.11 escruri',
    INVITE([...REST('escruri'), LENGTH], 'sip:user@example.com?Route=%3Csip:example.com%3E'),
    // §19.1.1: headers have no meaning in a Request-URI, and are no command to us if they are not refused.
    [400, 'call'],
  ],
  ['3.1.2.12 baddate', INVITE([...REST('baddate'), 'Date: Fri, 01 Jan 2010 16:00:00 EST', LENGTH]), [400, 'call']],
  [
    '3.1.2.13 regbadct',
    wire([
      'REGISTER sip:example.com SIP/2.0',
      ...REST('regbadct', 'REGISTER'),
      'Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E',
      'l: 0',
    ]),
    [400, ...NOT_SERVED],
  ],
  [
    '3.1.2.14 badaspec',
    OPTIONS(
      [
        'Via: SIP/2.0/UDP host4.example.com:5060;branch=z9hG4bKkdju43234',
        'Max-Forwards: 70',
        'From: "Bell, Alexander" <sip:a.g.bell@example.com>;tag=433423',
        'To: "Watson, Thomas" < sip:t.watson@example.org >',
        'Call-ID: badaspec.sdf0234n2nds0a099u23h3hnnw009cdkne3',
        'Accept: application/sdp',
        'CSeq: 3923239 OPTIONS',
        'l: 0',
      ],
      'sip:user@example.org',
    ),
    [200, 400],
  ],
  [
    '3.1.2.15 baddn',
    OPTIONS(
      [
        'Via:     SIP/2.0/UDP c.example.com:5060;branch=z9hG4bKkdjuw',
        'Max-Forwards:      70',
        'From:    Bell, Alexander <sip:a.g.bell@example.com>;tag=43',
        'To:      Watson, Thomas <sip:t.watson@example.org>',
        'Call-ID: baddn.31415@c.example.com',
        'Accept: application/sdp',
        'CSeq:    3923239 OPTIONS',
        'l: 0',
      ],
      'sip:t.watson@example.org',
    ),
    [200, 400],
  ],
  [
    '3.1.2.16 badvers',
    wire(['OPTIONS sip:t.watson@example.org SIP/7.0', ...REST('badvers', 'OPTIONS'), 'l: 0']),
    // An answer in a version that we do not know is none; the RFC would have a 505.
    [505, null],
  ],
  ['3.1.2.17 mismatch01', OPTIONS([...REST('mismatch01', 'INVITE').slice(0, 6), 'l: 0']), 400],
  [
    '3.1.2.18 mismatch02',
    wire(['NEWMETHOD sip:user@example.com SIP/2.0', ...REST('mismatch02').slice(0, 6), 'l: 0']),
    [400, 501],
  ],
  [
    '3.1.2.19 bigcode',
    wire([
      'SIP/2.0 4294967301 better not break the receiver',
      'Via: SIP/2.0/UDP 192.0.2.105;branch=z9hG4bK2398ndaoe',
      'Call-ID: bigcode.asdof3uj203asdnf3429uasdhfas3ehjasdfas9i',
      'CSeq: 353494 INVITE',
      'From: <sip:user@example.com>;tag=39ansfi3',
      'To: <sip:user@example.edu>;tag=902jndnke3',
      'Content-Length: 0',
      'Contact: <sip:user@host105.example.com>',
    ]),
    null,
  ],
];

const SEMANTIC: readonly (readonly [string, string, Expected])[] = [
  [
    '3.2.1 badbranch',
    OPTIONS([
      'To: sip:user@example.com',
      'From: sip:caller@example.org;tag=33242',
      'Max-Forwards: 3',
      'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK',
      'Accept: application/sdp',
      'Call-ID: badbranch.sadonfo23i420jv0as0derf3j3n',
      'CSeq: 8 OPTIONS',
      'l: 0',
    ]),
    200,
  ],
  [
    '3.3.1 insuf',
    INVITE([
      'CSeq: 193942 INVITE',
      'Via: SIP/2.0/UDP 192.0.2.95;branch=z9hG4bKkdj.insuf',
      'Content-Type: application/sdp',
      LENGTH,
    ]),
    // Nothing that names the dialog can be repeated in an answer.
    [400, null],
  ],
  [
    '3.3.2 unkscm',
    OPTIONS([...REST('unkscm', 'OPTIONS'), 'Content-Length: 0'], 'nobodyKnowsThisScheme:totallyopaquecontent'),
    416,
  ],
  ['3.3.3 novelsc', OPTIONS([...REST('novelsc', 'OPTIONS'), 'l: 0'], 'soap.beep://192.0.2.103:3002'), 416],
  [
    '3.3.4 unksm2',
    wire([
      'REGISTER sip:example.com SIP/2.0',
      'To: isbn:2983792873',
      'From: <http://www.example.com>;tag=3234233',
      'Call-ID: unksm2.daksdj@hyphenated-host.example.com',
      'CSeq: 234902 REGISTER',
      'Max-Forwards: 70',
      'Via: SIP/2.0/UDP 192.0.2.21:5060;branch=z9hG4bKkdjuw',
      'Contact: <name:John_Smith>',
      'l: 0',
    ]),
    [400, ...NOT_SERVED],
  ],
  [
    '3.3.5 bext01',
    OPTIONS([
      ...REST('bext01', 'OPTIONS'),
      'Require: nothingSupportsThis, nothingSupportsThisEither',
      'Proxy-Require: noProxiesSupportThis, norDoAnyProxiesSupportThis',
      'Content-Length: 0',
    ]),
    420,
  ],
  [
    '3.3.6 invut',
    INVITE(
      [...REST('invut').slice(0, 7), 'Content-Type: application/unknownformat', 'l: 40'],
      'sip:user@example.com',
      '<audio>\r\n <pcmu port="443"/>\r\n</audio>\r\n',
    ),
    415,
  ],
  [
    '3.3.7 regaut01',
    wire([
      'REGISTER sip:example.com SIP/2.0',
      ...REST('regaut01', 'REGISTER'),
      'Authorization: NoOneKnowsThisScheme opaque-data=here',
      'Content-Length:0',
    ]),
    NOT_SERVED,
  ],
  [
    '3.3.8 multi01',
    INVITE([
      'CSeq: 5 INVITE',
      'Via: SIP/2.0/UDP 192.0.2.25;branch=z9hG4bKkdjuw',
      'Max-Forwards: 70',
      'CSeq: 59 INVITE',
      'Call-ID: multi01.98asdh@192.0.2.1',
      'Call-ID: multi01.98asdh@192.0.2.2',
      'From: sip:caller@example.com;tag=3413415',
      'To: sip:user@example.com',
      'To: sip:other@example.net',
      'From: sip:caller@example.net;tag=2923420123',
      'Content-Type: application/sdp',
      'l: 155',
      'Contact: <sip:caller@host36.example.net>',
      'Max-Forwards: 5',
    ]),
    // To cannot be read, and an answer repeats it.
    [400, null],
  ],
  ['3.3.9 mcl01', OPTIONS([...REST('mcl01', 'OPTIONS'), 'Content-Length: 13', 'Content-Length: 5']), 400],
  [
    '3.3.10 bcast',
    wire(
      [
        'SIP/2.0 200 OK',
        'Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923',
        'Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23',
        'Call-ID: bcast.0384840201234ksdfak3j2erwedfsASdf',
        'CSeq: 35 INVITE',
        'From: sip:user@example.com;tag=11141343',
        'To: sip:user@example.edu;tag=2229',
        LENGTH,
        'Content-Type: application/sdp',
        'Contact: <sip:user@host28.example.com>',
      ],
      SDP,
    ),
    null,
  ],
  [
    '3.3.11 zeromf',
    OPTIONS([
      'To: sip:user@example.com',
      'From: sip:caller@example.net;tag=3ghsd41',
      'Call-ID: zeromf.jfasdlfnm2o2l43r5u0asdfas',
      'CSeq: 39234321 OPTIONS',
      'Via: SIP/2.0/UDP host1.example.com;branch=z9hG4bKkdjuw2349i',
      'Max-Forwards: 0',
      'Content-Length: 0',
    ]),
    200,
  ],
  ...['sip:+19725552222@gw1.example.net;unknownparam', '<sip:+19725552222@gw1.example.net;unknownparam>'].map(
    (contact, index) =>
      [
        `3.3.${12 + index} cparam0${1 + index}`,
        wire([
          'REGISTER sip:example.com SIP/2.0',
          ...REST(`cparam0${1 + index}`, 'REGISTER'),
          `Contact: ${contact}`,
          'l: 0',
        ]),
        NOT_SERVED,
      ] as const,
  ),
  [
    '3.3.14 regescrt',
    wire([
      'REGISTER sip:example.com SIP/2.0',
      ...REST('regescrt', 'REGISTER'),
      'Contact: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>',
      'L:0',
    ]),
    NOT_SERVED,
  ],
  ['3.3.15 sdp01', INVITE([...REST('sdp01'), 'Accept: text/nobodyKnowsThis', LENGTH]), [406, 'call']],
  [
    '3.4.1 inv2543',
    INVITE(
      [
        'Via: SIP/2.0/UDP iftgw.example.com',
        'From: <sip:+13035551111@ift.client.example.net;user=phone>',
        'Record-Route: <sip:UserB@example.com;maddr=ss1.example.com>',
        'To: sip:+16505552222@ss1.example.net;user=phone',
        'Call-ID: inv2543.1717@ift.client.example.com',
        'CSeq: 56 INVITE',
        'Content-Type: application/sdp',
      ],
      'sip:UserB@example.com',
    ),
    // RFC 2543 knew neither branch nor, in a request, a tag or Contact.
    ['call', 400],
  ],
];

/** The status of what is sent back, or `call`. */
function answerTo(datagram: string): { said: number | 'call' | null; answer: string | null } {
  const network = new Network();
  const { agent } = agentOn(network, '10.0.0.1', 1);
  let isOffered = false;
  agent.onInvite = (call) => {
    isOffered = true;
    call.reject(603);
  };
  const peer = network.node('192.0.2.9');
  let answer: string | null = null;
  peer.onMessage = (data) => {
    answer ??= Buffer.from(data).toString('latin1');
  };
  network.nodes.set('192.0.2.9:5070', peer); // the port in the Via of mpart01
  peer.send(datagram, '10.0.0.1', 5060);
  network.wheel.advance(200);
  const status = answer === null ? null : Number(/^SIP\/2\.0 (\d{3}) /.exec(answer)?.[1]);
  return { said: isOffered ? 'call' : status, answer };
}

describe('the torture messages of RFC 4475', () => {
  it.each([...VALID, ...INVALID, ...SEMANTIC])('%s', (_, datagram, expected) => {
    expect(Array.isArray(expected) ? expected : [expected]).toContain(answerTo(datagram).said);
  });

  it('are 49', () => {
    expect(new Set([...VALID, ...INVALID, ...SEMANTIC].map(([name]) => name)).size).toBe(49);
  });

  it('a short tortuous INVITE is read rightly', () => {
    const message = parseMessage(Buffer.from(WSINV, 'latin1'));
    expect(message.cseq).toMatchObject({ number: 9, method: 'INVITE' });
    expect(message.callId).toBe('wsinv.ndaksdj@192.0.2.1');
    expect(message.to.tag).toBe('1918181833n');
    expect(message.from.tag).toBe('98asjd8');
    expect(message.topVia).toMatchObject({ transport: 'UDP', host: '192.0.2.2', branch: '390skdjuw' });
    expect(message.headers('Via')).toHaveLength(3);
    expect(message.contentType).toBe('application/sdp');
    expect(message.body).toBe(SDP);
    expect(message.header('NewFangledHeader')).toMatch(/^newfangled value\s+continued newfangled value$/);
    expect(message.header('UnknownHeaderWithUnusualValue')).toBe(';;,,;;,;');
  });

  it('of two messages in a datagram the first is read, and its body is empty', () => {
    const { said, answer } = answerTo(DBLREQ);
    expect(NOT_SERVED).toContain(said);
    expect(answer).toContain('CSeq: 8 REGISTER');
    expect(parseMessage(Buffer.from(DBLREQ, 'latin1')).body).toBe('');
  });

  it('what is not supported is named in the answer', () => {
    const extension = answerTo(SEMANTIC.find(([name]) => name.endsWith('bext01'))?.[1] ?? '').answer;
    expect(extension).toMatch(/\r\nUnsupported: nothingSupportsThis, nothingSupportsThisEither\r\n/);
    const type = answerTo(SEMANTIC.find(([name]) => name.endsWith('invut'))?.[1] ?? '').answer;
    expect(type).toMatch(/\r\nAccept: application\/sdp\r\n/);
  });
});

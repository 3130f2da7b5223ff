/* A link between two network namespaces with loss, delay, jitter, duplicates and reordering, for tests: a TUN device in
 * each namespace, and this process between them. The generator is seeded and draws the same count of numbers for each
 * packet, so packet number n of a direction has the same fate in every run.
 *
 *   linkem -a SPACE -b SPACE [-i DEVICE] [-S seed] [-p FIRST-LAST] [-x a|b|ab] [-d delay] [-j jitter] [-l loss]
 *          [-g ENTER,LEAVE] [-n EVERY,FIRST] [-u duplicates] [-R] [-w FROM,TO]
 *   -p  touch only UDP with an even source or destination port in FIRST-LAST and no RTCP on it (RFC 5761), so RTP; default: all
 *   -x  directions to touch: a is from a to b; default ab
 *   -d  delay, ms          -j  jitter, ms: uniform in +-j; order is kept unless -R
 *   -l  loss, per cent     -u  packets sent twice, per cent
 *   -g  bursts (Gilbert): per cent chance of each packet to enter and to leave the state in which all are lost
 *   -n  loses exactly packets FIRST, FIRST+EVERY, ... of those touched, counted from 0
 *   -w  only packets FROM .. TO-1 of each flow suffer all this, counted from 0 by destination port; the others pass
 * On TERM or INT it prints one line of JSON for each direction: touched, delivered (distinct), lost, duplicated, overflowed,
 * reordered (delivered after a packet of their flow that was sent later), and its flows in the order of their first packet,
 * told apart by destination port. lossesAfter: for each lost packet, how many of its flow had been delivered before it; with
 * 0 before it a receiver cannot know of it, and with all of them neither. jitterMs: mean over the flow's delivered packets of
 * the interarrival jitter (RFC 3550 A.8) that the chosen delays alone cause, 0 at the first. Exact while order is kept. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { PORTS = 65536, QUEUE_LIMIT = 10000, DRAIN = 64, WARM_UP = 16, UDP = 17 };

struct packet {
  int64_t at; /* ns of CLOCK_MONOTONIC at which it leaves */
  uint64_t number;
  int length, port, copy, touched, lost;
  int64_t delay; /* ns on the link */
  unsigned char *bytes;
};

/* One flow, by destination port. */
struct flow {
  uint64_t highest; /* number + 1 of the latest packet delivered, 0: none */
  uint32_t delivered, seen;
  int known;
  int64_t delay; /* of the latest packet delivered */
  double jitter, jitter_sum; /* ns */
};

struct loss {
  int port;
  uint32_t after;
};

struct direction {
  int from, to, on, bad;
  uint64_t state, number, touched, delivered, lost, duplicated, reordered, overflowed;
  int64_t last; /* when the latest packet leaves */
  struct packet *heap;
  int size, capacity;
  struct flow flows[PORTS];
  int order[PORTS], known; /* ports of the flows, by their first packet */
  struct loss *losses;
  uint64_t loss_capacity;
};

static struct direction directions[2];
static double delay_ms, jitter_ms, loss, enter, leave, duplicates;
static int every, first, reorder, first_port, last_port, window_from, window_to;
static volatile sig_atomic_t stopped;

static void on_signal(int number) {
  (void)number;
  stopped = 1;
}

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* xorshift64, in [0, 1) */
static double draw(struct direction *d) {
  d->state ^= d->state << 13;
  d->state ^= d->state >> 7;
  d->state ^= d->state << 17;
  return (d->state >> 11) * (1.0 / 9007199254740992.0);
}

static int before(const struct packet *a, const struct packet *b) {
  return a->at != b->at ? a->at < b->at : a->number < b->number;
}

static void push(struct direction *d, struct packet packet, const unsigned char *bytes) {
  if (d->size == d->capacity) {
    d->capacity = d->capacity ? d->capacity * 2 : 256;
    d->heap = realloc(d->heap, sizeof packet * d->capacity);
  }
  packet.bytes = malloc(packet.length + 1);
  if (!d->heap || !packet.bytes) abort();
  memcpy(packet.bytes, bytes, packet.length);
  int i = d->size++;
  while (i && before(&packet, &d->heap[(i - 1) / 2])) {
    d->heap[i] = d->heap[(i - 1) / 2];
    i = (i - 1) / 2;
  }
  d->heap[i] = packet;
}

static void drop_top(struct direction *d) {
  struct packet packet = d->heap[--d->size];
  free(d->heap[0].bytes);
  int i = 0, child;
  while ((child = 2 * i + 1) < d->size) {
    if (child + 1 < d->size && before(&d->heap[child + 1], &d->heap[child])) child++;
    if (!before(&d->heap[child], &packet)) break;
    d->heap[i] = d->heap[child];
    i = child;
  }
  if (d->size) d->heap[i] = packet;
}

/* Destination port of a UDP packet over IPv4 that is no later fragment; -1: something else. *source gets the other. */
static int ports(const unsigned char *b, int length, int *source) {
  if (length < 28 || b[0] >> 4 != 4 || b[9] != UDP || ((b[6] & 0x1f) << 8 | b[7])) return -1;
  int header = (b[0] & 15) * 4;
  if (length < header + 4) return -1;
  *source = b[header] << 8 | b[header + 1];
  return b[header + 2] << 8 | b[header + 3];
}

/* RTCP that shares a port with RTP: told by the octet in which RTP has marker and payload type. */
static int is_rtcp(const unsigned char *b, int length) {
  int second = (b[0] & 15) * 4 + 9;
  return length > second && b[second] >= 192 && b[second] <= 223;
}

static int in_range(int port) { return port % 2 == 0 && port >= first_port && port <= last_port; }

static int is_lost(struct direction *d, uint64_t number, double random, double burst) {
  int lost = every && number % every == (uint64_t)first;
  if (random * 100 < loss) lost = 1;
  if (enter > 0) {
    d->bad = d->bad ? burst * 100 >= leave : burst * 100 < enter;
    if (d->bad) lost = 1;
  }
  return lost;
}

static void take(struct direction *d, const unsigned char *bytes, int length) {
  int source = 0, port = ports(bytes, length, &source);
  int is_rtp = port >= 0 && (in_range(source) || in_range(port)) && !is_rtcp(bytes, length);
  int touched = d->on && (!last_port || is_rtp);
  struct packet packet = {.at = now(), .number = d->number++, .length = length, .port = port < 0 ? 0 : port, .touched = touched};
  if (!touched) {
    push(d, packet, bytes);
    return;
  }
  uint64_t number = d->touched++;
  double random = draw(d), burst = draw(d), jitter = draw(d), twice = draw(d);
  int position = d->flows[packet.port].seen++;
  int suffers = !window_to || (position >= window_from && position < window_to);
  if (is_lost(d, number, random, burst) && suffers) {
    /* It waits for its turn like the others: whether a later one was delivered shows only then. */
    packet.lost = 1;
    packet.length = 0;
    if (packet.at < d->last) packet.at = d->last;
    push(d, packet, bytes);
    return;
  }
  if (d->size >= QUEUE_LIMIT) {
    d->overflowed++;
    return;
  }
  double ms = suffers ? delay_ms + jitter_ms * (2 * jitter - 1) : 0;
  int64_t came = packet.at;
  packet.at += ms > 0 ? (int64_t)(ms * 1e6) : 0;
  if (!reorder) {
    if (packet.at < d->last) packet.at = d->last;
    d->last = packet.at;
  }
  packet.delay = packet.at - came;
  push(d, packet, bytes);
  if (suffers && twice * 100 < duplicates) {
    d->duplicated++;
    packet.copy = 1;
    push(d, packet, bytes);
  }
}

static void note_loss(struct direction *d, int port) {
  if (d->lost == d->loss_capacity) {
    d->loss_capacity = d->loss_capacity ? d->loss_capacity * 2 : 256;
    d->losses = realloc(d->losses, sizeof *d->losses * d->loss_capacity);
    if (!d->losses) abort();
  }
  d->losses[d->lost++] = (struct loss){port, d->flows[port].delivered};
}

/* J += (|D| - J) / 16, before the packet is counted. */
static void note_jitter(struct flow *flow, int64_t delay) {
  if (flow->delivered) {
    double difference = delay > flow->delay ? delay - flow->delay : flow->delay - delay;
    flow->jitter += (difference - flow->jitter) / 16;
    flow->jitter_sum += flow->jitter;
  }
  flow->delay = delay;
}

static void count(struct direction *d, const struct packet *packet) {
  struct flow *flow = &d->flows[packet->port];
  if (packet->copy || !packet->touched) return;
  if (!flow->known) {
    flow->known = 1;
    d->order[d->known++] = packet->port;
  }
  if (packet->lost) {
    note_loss(d, packet->port);
    return;
  }
  note_jitter(flow, packet->delay);
  d->delivered++;
  flow->delivered++;
  if (packet->number + 1 < flow->highest) {
    d->reordered++;
    return;
  }
  flow->highest = packet->number + 1;
}

static void deliver(struct direction *d, int64_t until) {
  while (d->size && d->heap[0].at <= until) {
    if (d->heap[0].lost || write(d->to, d->heap[0].bytes, d->heap[0].length) >= 0) count(d, &d->heap[0]);
    drop_top(d);
  }
}

static int open_tun(const char *space, const char *device) {
  char path[256];
  snprintf(path, sizeof path, "/run/netns/%s", space);
  int namespace = open(path, O_RDONLY | O_CLOEXEC);
  if (namespace < 0 || setns(namespace, CLONE_NEWNET)) {
    perror(path);
    exit(2);
  }
  close(namespace);
  int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  struct ifreq request;
  memset(&request, 0, sizeof request);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  snprintf(request.ifr_name, IFNAMSIZ, "%s", device);
  if (tun < 0 || ioctl(tun, TUNSETIFF, &request)) {
    perror("/dev/net/tun");
    exit(2);
  }
  return tun;
}

static void seed(struct direction *d, uint64_t value, int index) {
  d->state = value * 0x9E3779B97F4A7C15ULL + index * 0xD1B54A32D192ED03ULL;
  if (!d->state) d->state = 1;
  for (int i = 0; i < WARM_UP; i++) draw(d);
}

/* Until something is due or comes in. */
static void wait_for(int timer) {
  int64_t next = INT64_MAX;
  for (int i = 0; i < 2; i++)
    if (directions[i].size && directions[i].heap[0].at < next) next = directions[i].heap[0].at;
  struct itimerspec due = {0};
  if (next != INT64_MAX) {
    due.it_value.tv_sec = next / 1000000000;
    due.it_value.tv_nsec = next % 1000000000;
  }
  timerfd_settime(timer, TFD_TIMER_ABSTIME, &due, 0);
  struct pollfd polled[3] = {{directions[0].from, POLLIN, 0}, {directions[1].from, POLLIN, 0}, {timer, POLLIN, 0}};
  if (poll(polled, 3, -1) < 0) return;
  uint64_t expirations;
  if (polled[2].revents && read(timer, &expirations, sizeof expirations) < 0 && errno != EAGAIN) perror("timerfd");
}

static void receive(struct direction *d) {
  unsigned char buffer[65536];
  for (int i = 0; i < DRAIN; i++) {
    int length = read(d->from, buffer, sizeof buffer);
    if (length <= 0) return;
    take(d, buffer, length);
  }
}

static void report(const struct direction *d, const char *name) {
  printf("{\"direction\":\"%s\",\"touched\":%lu,\"delivered\":%lu,\"lost\":%lu,\"duplicated\":%lu,\"reordered\":%lu,"
         "\"overflowed\":%lu,\"flows\":[",
         name, d->touched, d->delivered, d->lost, d->duplicated, d->reordered, d->overflowed);
  for (int i = 0; i < d->known; i++) {
    int port = d->order[i], listed = 0;
    const struct flow *flow = &d->flows[port];
    printf("%s{\"port\":%d,\"delivered\":%u,\"jitterMs\":%.6f,\"lossesAfter\":[", i ? "," : "", port, flow->delivered,
           flow->delivered ? flow->jitter_sum / flow->delivered / 1e6 : 0);
    for (uint64_t k = 0; k < d->lost; k++)
      if (d->losses[k].port == port) printf("%s%u", listed++ ? "," : "", d->losses[k].after);
    printf("]}");
  }
  printf("]}\n");
}

int main(int argc, char **argv) {
  const char *a = 0, *b = 0, *touched = "ab", *device = "linkem0";
  uint64_t start = 1;
  int option;
  while ((option = getopt(argc, argv, "a:b:i:S:p:x:d:j:l:g:n:u:w:R")) > 0) switch (option) {
      case 'a': a = optarg; break;
      case 'b': b = optarg; break;
      case 'i': device = optarg; break;
      case 'S': start = strtoull(optarg, 0, 0); break;
      case 'p': if (sscanf(optarg, "%d-%d", &first_port, &last_port) != 2) return 2; break;
      case 'x': touched = optarg; break;
      case 'd': delay_ms = atof(optarg); break;
      case 'j': jitter_ms = atof(optarg); break;
      case 'l': loss = atof(optarg); break;
      case 'g': if (sscanf(optarg, "%lf,%lf", &enter, &leave) != 2) return 2; break;
      case 'n': if (sscanf(optarg, "%d,%d", &every, &first) != 2) return 2; break;
      case 'u': duplicates = atof(optarg); break;
      case 'w': if (sscanf(optarg, "%d,%d", &window_from, &window_to) != 2) return 2; break;
      case 'R': reorder = 1; break;
      default: return 2;
    }
  if (!a || !b || optind != argc) {
    fprintf(stderr, "linkem -a SPACE -b SPACE ...\n");
    return 2;
  }
  int tun_a = open_tun(a, device), tun_b = open_tun(b, device);
  directions[0].from = directions[1].to = tun_a;
  directions[1].from = directions[0].to = tun_b;
  for (int i = 0; i < 2; i++) {
    directions[i].on = strchr(touched, i ? 'b' : 'a') != 0;
    seed(&directions[i], start, i);
  }
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGTERM, &action, 0);
  sigaction(SIGINT, &action, 0);
  prctl(PR_SET_TIMERSLACK, 1000UL);
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  fprintf(stderr, "linkem up\n");
  while (!stopped) {
    for (int i = 0; i < 2; i++) deliver(&directions[i], now());
    wait_for(timer);
    for (int i = 0; i < 2; i++) receive(&directions[i]);
  }
  report(&directions[0], "a>b");
  report(&directions[1], "b>a");
  return 0;
}

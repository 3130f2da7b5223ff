/*
 * The floor: two-way streams by bare system calls, with nothing measured. Every millisecond a twentieth of the streams send one packet
 * of 172 bytes and take what waits, as a media worker does. Test equipment of media.mjs.
 *   floor STREAMS SECONDS REFLECTOR_PORT   → one line of JSON; CPU is of the seconds after the first two
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PACKET = 172, PHASES = 20, BATCH = 4, WARM_MS = 2000 };

static long long now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static double cpu_seconds(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static struct mmsghdr messages[BATCH];
static struct iovec vectors[BATCH];
static struct sockaddr_in sources[BATCH];
static char data[BATCH][2048], control[BATCH][128];

static int take(int fd) {
  int taken = 0, count;
  do {
    for (int i = 0; i < BATCH; i++) {
      messages[i].msg_hdr.msg_namelen = sizeof sources[i];
      messages[i].msg_hdr.msg_controllen = sizeof control[i];
    }
    count = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
    taken += count > 0 ? count : 0;
  } while (count == BATCH);
  return taken;
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  int streams = atoi(argv[1]), seconds = atoi(argv[2]), on = 1;
  int *fds = calloc(streams, sizeof *fds);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[3])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  char packet[PACKET];
  memset(packet, 0x55, sizeof packet);
  for (int i = 0; i < BATCH; i++) {
    vectors[i] = (struct iovec){data[i], sizeof data[i]};
    messages[i].msg_hdr = (struct msghdr){.msg_name = &sources[i], .msg_iov = &vectors[i], .msg_iovlen = 1, .msg_control = control[i]};
  }
  for (int i = 0; i < streams; i++) {
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    fds[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (fds[i] < 0 || bind(fds[i], (struct sockaddr *)&own, sizeof own) != 0) return 1;
    setsockopt(fds[i], SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    setsockopt(fds[i], SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
  }
  long long start = now_ns(), sent = 0, received = 0;
  double from = 0;
  for (int tick = 0; tick < WARM_MS + seconds * 1000; tick++) {
    if (tick == WARM_MS) {
      sent = received = 0;
      from = cpu_seconds();
    }
    long long due = start + tick * 1000000LL;
    struct timespec at = {due / 1000000000LL, due % 1000000000LL};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
    for (int i = tick % PHASES; i < streams; i += PHASES) {
      sent += sendto(fds[i], packet, sizeof packet, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof to) == sizeof packet;
      received += take(fds[i]);
    }
  }
  printf("{\"sent\":%lld,\"received\":%lld,\"cpuSeconds\":%.6f,\"seconds\":%d}\n", sent, received, cpu_seconds() - from, seconds);
  return 0;
}

#include "witness.h"
#include "state.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <sys/socket.h>

static char said[4096];
static bool told;

static void add(const char *format, va_list words) {
  size_t length = strlen(said);
  if (length) length += snprintf(said + length, sizeof said - length, "; ");
  if (length < sizeof said) vsnprintf(said + length, sizeof said - length, format, words);
}

void differs(const char *format, ...) {
  va_list words;
  va_start(words, format);
  add(format, words);
  va_end(words);
}

void lacking(const char *format, ...) {
  va_list words;
  said[0] = 0;
  va_start(words, format);
  add(format, words);
  va_end(words);
  write_state(told ? "answer" : "ready", "lacking: %s", said);
  _exit(0);
}

void failed(const char *what, int line) {
  differs("line %d: %s: %s", line, what, strerror(errno));
  if (!told) write_state("ready", "failed: %s", said);
  answer();
}

void answer(void) {
  write_state("answer", "%s", said[0] ? said : "ok");
  _exit(0);
}

void say_ready(void) {
  told = true;
  write_state("ready", "%d", getpid());
}

void await_move(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, GO);
  while (sigwaitinfo(&set, NULL) != GO) continue; /* the dump interrupts it */
}

void ready(void) {
  say_ready();
  await_move();
}

void same_number(const char *what, long long got, long long expected) {
  check(got == expected, "%s: %lld, was %lld", what, got, expected);
}

void same_text(const char *what, const char *got, const char *expected) {
  check(!strcmp(got, expected), "%s: '%s', was '%s'", what, got, expected);
}

char *slurp(const char *path) {
  enum { MOST = 65536 };
  char *text = calloc(1, MOST);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  for (size_t length = 0; fd >= 0;) {
    ssize_t more = read(fd, text + length, MOST - 1 - length);
    if (more <= 0) break;
    length += more;
  }
  if (fd >= 0) close(fd);
  return text;
}

void spill(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
  close(fd);
}

char *field(const char *path, const char *key) {
  char *text = slurp(path), wanted[64];
  snprintf(wanted, sizeof wanted, "%s:", key);
  for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
    if (strncmp(line, wanted, strlen(wanted))) continue;
    line += strlen(wanted);
    return line + strspn(line, " \t");
  }
  return text + strlen(text);
}

void fill(void *memory, size_t length, unsigned seed) {
  uint8_t *bytes = memory;
  for (size_t i = 0; i < length; i++) bytes[i] = (uint8_t)((i * 2654435761u + seed * 40503u) >> 11);
}

bool filled(const void *memory, size_t length, unsigned seed) {
  const uint8_t *bytes = memory;
  for (size_t i = 0; i < length; i++)
    if (bytes[i] != (uint8_t)((i * 2654435761u + seed * 40503u) >> 11)) return false;
  return true;
}

pid_t idle_child(void) {
  pid_t pid = fork();
  must(pid >= 0);
  if (!pid)
    for (;;) pause();
  return pid;
}

int events_of(int fd, int asked) {
  struct pollfd one = {.fd = fd, .events = asked};
  must(poll(&one, 1, 0) >= 0);
  return one.revents;
}

void comes(const char *what, int fd, int asked) {
  for (double until = seconds_of(CLOCK_MONOTONIC) + 10; !(events_of(fd, asked) & asked); sleep_ms(5)) {
    if (seconds_of(CLOCK_MONOTONIC) < until) continue;
    differs("%s does not come", what);
    answer();
  }
}

double seconds_of(clockid_t clock) {
  struct timespec now;
  must(!clock_gettime(clock, &now));
  return now.tv_sec + now.tv_nsec / 1e9;
}

void sleep_ms(long milliseconds) {
  struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  while (nanosleep(&time, &time) && errno == EINTR) continue;
}

struct tcp tcp_pair(void) {
  struct tcp pair;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  must((pair.listener = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
  must(!bind(pair.listener, (void *)&address, length) && !listen(pair.listener, 8));
  must(!getsockname(pair.listener, (void *)&address, &length));
  pair.port = ntohs(address.sin_port);
  must((pair.client = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
  must(!connect(pair.client, (void *)&address, length));
  must((pair.server = accept(pair.listener, NULL, NULL)) >= 0);
  return pair;
}

/* All witnesses in one program, as busybox has its applets: the name that it is called by is the kind. Called `witness`:
   start KIND…   starts them; a line of each that cannot be set up, or `ready`
   ask KIND…     tells them that the guest was moved; a line of each: `ok`, or what is not as it was
   end           kills everything in the guest but its init */
#include "witness.h"
#include "state.h"

struct kind {
  const char *name;
  int (*main)(int, char **);
};
extern const struct kind kinds[];

#define PATIENCE 60 /* s; a busy machine may need most of it */

static void start(const char *kind) {
  pid_t pid = fork();
  if (pid) return;
  sigset_t go;
  char path[256];
  sigemptyset(&go);
  sigaddset(&go, GO);
  sigprocmask(SIG_BLOCK, &go, NULL);
  umask(022);
  setsid();
  int null = open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; fd++) dup2(null, fd);
  for (int fd = 3; fd < 1024; fd++) close(fd);
  if (chdir("/")) _exit(8);
  snprintf(path, sizeof path, "/witness/bin/%s", kind);
  execl(path, path, (char *)NULL);
  _exit(8);
}

/* Whether it has not ended: a witness that ended without a word would never be heard of. */
static bool lives(const char *kind) {
  const char *text = read_state(kind, "ready");
  pid_t pid = text ? atoi(text) : 0;
  return pid <= 0 || !kill(pid, 0);
}

static void wait_for(const char *kind, const char *what, double until) {
  char *text;
  while (!(text = read_state(kind, what)) && seconds_of(CLOCK_MONOTONIC) < until) {
    if (!lives(kind) && !read_state(kind, what)) break;
    waitpid(-1, NULL, WNOHANG);
    sleep_ms(10);
  }
  if (!text) text = read_state(kind, what);
  const char *words = text ? text : lives(kind) ? "does not answer" : "has ended without a word";
  printf("%s: %s\n", kind, text && !strcmp(what, "ready") && atoi(text) > 0 ? "ready" : words);
}

static void ask(const char *kind) {
  const char *text = read_state(kind, "ready");
  if (text && atoi(text) > 0) kill(atoi(text), GO);
}

int main(int count, char **words) {
  const char *name = strrchr(words[0], '/');
  name = name ? name + 1 : words[0];
  for (const struct kind *kind = kinds; kind->name; kind++)
    if (!strcmp(kind->name, name)) {
      kind_name = name;
      kind->main(count, words);
      answer();
    }
  bool asking = count > 1 && !strcmp(words[1], "ask");
  umask(0);
  mkdir(STATE, 0777);
  if (count == 2 && !strcmp(words[1], "end")) return kill(-1, SIGKILL) && errno != ESRCH;
  for (int i = 2; i < count; i++) asking ? ask(words[i]) : start(words[i]);
  double until = seconds_of(CLOCK_MONOTONIC) + PATIENCE;
  for (int i = 2; i < count; i++) wait_for(words[i], asking ? "answer" : "ready", until);
  return 0;
}

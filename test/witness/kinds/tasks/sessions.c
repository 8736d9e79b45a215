#include "witness.h"
/* Sessions and groups, also of whose leaders are gone; an orphaned group that is stopped. */
int main(void) {
  pid_t of_session[2], of_group[2];
  int ends[2];
  must(!pipe(ends));
  pid_t leader = fork();
  if (!leader) {
    of_session[0] = setsid();
    of_session[1] = fork();
    if (!of_session[1])
      for (;;) pause();
    must(write(ends[1], of_session, sizeof of_session) == sizeof of_session);
    _exit(0);
  }
  must(read(ends[0], of_session, sizeof of_session) == sizeof of_session && waitpid(leader, NULL, 0) == leader);
  of_group[0] = idle_child();
  must(!setpgid(of_group[0], of_group[0]));
  of_group[1] = idle_child();
  must(!setpgid(of_group[1], of_group[0]) && !kill(of_group[0], SIGKILL) && waitpid(of_group[0], NULL, 0) > 0);
  ready();
  same("session of whose leader is gone", getsid(of_session[1]), of_session[0]);
  same("its group", getpgid(of_session[1]), of_session[0]);
  same("group of whose leader is gone", getpgid(of_group[1]), of_group[0]);
  same("own session", getsid(0), getpid());
  return 0;
}

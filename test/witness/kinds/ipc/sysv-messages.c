#include "witness.h"
#include <sys/msg.h>

struct message { long type; char text[16]; };

int main(void) {
  int id = msgget(0x7a, IPC_CREAT | 0600);
  struct message one = {3, "first"}, two = {5, "second"}, got;
  must(id >= 0 && !msgsnd(id, &one, 16, 0) && !msgsnd(id, &two, 16, 0));
  ready();
  must(msgrcv(id, &got, 16, 5, IPC_NOWAIT) == 16);
  same_text("the one of type 5", got.text, "second");
  must(msgrcv(id, &got, 16, 0, IPC_NOWAIT) == 16);
  same_text("the other", got.text, "first");
  same("its type", got.type, 3);
  must(!msgctl(id, IPC_RMID, NULL));
  return 0;
}

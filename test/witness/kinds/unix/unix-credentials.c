#include "witness.h"
#include <sys/socket.h>
#include <sys/un.h>

/* A log socket that nobody drains: datagrams with the sender's credentials, some of a sender that has ended. */
int main(void) {
  struct sockaddr_un address = {AF_UNIX, "/tmp/unix-credentials"};
  int server = socket(AF_UNIX, SOCK_DGRAM, 0), on = 1;
  must(!bind(server, (void *)&address, sizeof address));
  must(!setsockopt(server, SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
  pid_t gone = fork();
  if (!gone) {
    int client = socket(AF_UNIX, SOCK_DGRAM, 0);
    _exit(sendto(client, "of one gone", 11, 0, (void *)&address, sizeof address) == 11 ? 0 : 1);
  }
  int status;
  must(waitpid(gone, &status, 0) == gone && !status);
  int client = socket(AF_UNIX, SOCK_DGRAM, 0);
  must(!connect(client, (void *)&address, sizeof address) && write(client, "queued", 6) == 6);
  ready();
  static const char *const texts[] = {"of one gone", "queued", "new"};
  must(write(client, "new", 3) == 3);
  for (int i = 0; i < 3; i++) {
    char text[32] = "";
    union { char bytes[256]; struct cmsghdr header; } control = {0};
    struct iovec data = {text, 31};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    must(recvmsg(server, &message, MSG_DONTWAIT) >= 0);
    same_text("a datagram", text, texts[i]);
    struct ucred who = {0};
    for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part))
      if (part->cmsg_type == SCM_CREDENTIALS) memcpy(&who, CMSG_DATA(part), sizeof who);
    if (i) same("its sender", who.pid, getpid());
    same("its user", who.uid, getuid());
  }
  return 0;
}

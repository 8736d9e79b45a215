#include "witness.h"
#include <sys/eventfd.h>
#include <sys/socket.h>

/* A descriptor on its way (SCM_RIGHTS), of which nobody has another. */
int main(void) {
  int pair[2], sent = eventfd(23, 0);
  union { char bytes[CMSG_SPACE(sizeof(int))]; struct cmsghdr header; } control = {.header = {
    .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
  struct iovec data = {"d", 1};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  memcpy(CMSG_DATA(&control.header), &sent, sizeof sent);
  must(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair) && sendmsg(pair[0], &message, 0) == 1);
  close(sent);
  ready();
  char text;
  uint64_t value = 0;
  int got;
  data.iov_base = &text;
  memset(&control, 0, sizeof control);
  must(recvmsg(pair[1], &message, 0) == 1);
  check(control.header.cmsg_type == SCM_RIGHTS, "no descriptor came");
  memcpy(&got, CMSG_DATA(&control.header), sizeof got);
  must(read(got, &value, 8) == 8);
  same("its counter", value, 23);
  return 0;
}

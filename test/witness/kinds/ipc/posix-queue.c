#include "witness.h"
#include <mqueue.h>

int main(void) {
  struct mq_attr attributes = {.mq_maxmsg = 4, .mq_msgsize = 16};
  mqd_t queue = mq_open("/witness", O_RDWR | O_CREAT, 0600, &attributes);
  if (queue < 0) lacking("mq_open: %s", strerror(errno));
  must(!mq_send(queue, "message", 8, 1));
  ready();
  must(!mq_unlink("/witness"));
  return 0;
}

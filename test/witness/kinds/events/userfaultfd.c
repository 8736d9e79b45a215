#include "witness.h"
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>

int main(void) {
  int file = syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
  if (file < 0) lacking("userfaultfd: %s", strerror(errno));
  struct uffdio_api api = {.api = UFFD_API};
  must(!ioctl(file, UFFDIO_API, &api));
  ready();
  return 0;
}

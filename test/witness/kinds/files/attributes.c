#include "witness.h"
#include <sys/xattr.h>

/* Extended attributes, access control lists, modes and times of files that nobody has open. */
int main(void) {
  spill("/tmp/attributes", "x");
  char value[64] = "";
  /* user::rw- user:1234:r-- group::r-- mask::r-- other::--- */
  static const unsigned char list[] = {2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 4, 0, 0xd2, 4, 0, 0,
    4, 0, 4, 0, 255, 255, 255, 255, 16, 0, 4, 0, 255, 255, 255, 255, 32, 0, 0, 0, 255, 255, 255, 255};
  bool has_user = !setxattr("/tmp/attributes", "user.witness", "value", 5, 0);
  bool has_list = !setxattr("/tmp/attributes", "system.posix_acl_access", list, sizeof list, 0);
  if (!has_user && !has_list) lacking("extended attributes: %s", strerror(errno));
  struct timespec times[2] = {{1000000000, 5}, {1100000000, 123456789}};
  must(!chown("/tmp/attributes", 11, 22) && !utimensat(AT_FDCWD, "/tmp/attributes", times, 0));
  ready();
  struct stat about;
  if (has_user) {
    same("length of the attribute", getxattr("/tmp/attributes", "user.witness", value, 63), 5);
    same_text("attribute", value, "value");
  }
  if (has_list) {
    must(getxattr("/tmp/attributes", "system.posix_acl_access", value, 64) == sizeof list);
    check(!memcmp(value, list, sizeof list), "access control list");
  }
  must(!stat("/tmp/attributes", &about));
  same("owner", about.st_uid, 11);
  same("time", about.st_mtim.tv_sec, 1100000000);
  same("its nanoseconds", about.st_mtim.tv_nsec, 123456789);
  return 0;
}

#include "witness.h"
#include <linux/keyctl.h>

/* A key of the session, with its content. */
int main(void) {
  long ring = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "witness");
  long key = syscall(SYS_add_key, "user", "witness:key", "secret", 6, KEY_SPEC_SESSION_KEYRING);
  if (ring < 0 || key < 0) lacking("keys: %s", strerror(errno));
  ready();
  char text[16] = "";
  check(syscall(SYS_keyctl, KEYCTL_READ, key, text, 15) == 6 && !strcmp(text, "secret"), "the key is gone");
  return 0;
}

#include "witness.h"
#include <linux/capability.h>
#include <sys/prctl.h>

/* Fewer than all, some of them ambient; securebits and no_new_privs. */
int main(void) {
  static const char *const keys[] = {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs"};
  char before[6][32];
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2];
  must(!prctl(PR_CAPBSET_DROP, CAP_SYS_TIME, 0, 0, 0));
  must(!prctl(PR_SET_SECUREBITS, 1 << 4 /* SECBIT_KEEP_CAPS */ | 1 /* SECBIT_NOROOT */));
  must(!syscall(SYS_capget, &header, data));
  data[0].effective &= ~(1u << CAP_SYS_CHROOT);
  data[0].permitted &= ~(1u << CAP_MKNOD);
  data[0].effective &= ~(1u << CAP_MKNOD);
  data[0].inheritable = 1u << CAP_NET_BIND_SERVICE;
  must(!syscall(SYS_capset, &header, data));
  must(!prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE, 0, 0));
  must(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  for (int i = 0; i < 6; i++) strcpy(before[i], field("/proc/self/status", keys[i]));
  ready();
  for (int i = 0; i < 6; i++) same_text(keys[i], field("/proc/self/status", keys[i]), before[i]);
  same("securebits", prctl(PR_GET_SECUREBITS), 1 << 4 | 1);
  return 0;
}

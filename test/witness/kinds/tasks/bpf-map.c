#include "witness.h"
#include <linux/bpf.h>

int main(void) {
  union bpf_attr attributes = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 4};
  int file = syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes);
  if (file < 0) lacking("bpf: %s", strerror(errno));
  ready();
  return 0;
}

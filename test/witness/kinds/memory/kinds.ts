import { carried, lost, refused, withheld } from '../../kind.js';

export const memory = {
  memfd: carried('content, offset, seals'),
  'memfd-secret': refused(/secret memory/, 'CRIU cannot read memfd_secret'),
  'shared-anonymous': carried('what each of two processes writes, the other sees'),
  'file-mappings': carried('shared, private with pages of its own, of a deleted file'),
  advice: carried('what madvise has set: not in a fork, not in a dump, huge pages, order of reading'),
  protections: carried('neither read nor written, executed, growing down'),
  'guard-pages': carried('MADV_GUARD_INSTALL'),
  mlock: carried('locked memory'),
  mlockall: lost('MCL_FUTURE: what is mapped later is not locked any more', 'mlockall'),
  mseal: withheld(/Function not implemented/, 'CRIU does not seal again'),
  hugetlb: carried('a huge page'),
  avx: carried('wide registers of a process that computes'),
  rseq: carried('the area where the kernel writes the processor'),
  membarrier: carried('its registration'),
  names: carried('PR_SET_VMA_ANON_NAME'),
  pkeys: carried('keys that protect memory'),
};

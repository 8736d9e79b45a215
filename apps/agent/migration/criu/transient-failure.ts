/**
 * What may be gone a moment later: a pid, name or mount that something ending still has, memory or processes that are
 * short, a signal from outside. All else lies in the images, the kernel or CRIU, and fails again: formats, missing features,
 * files that are not there, rights.
 */
const TRANSIENT = [
  /Resource temporarily unavailable|Cannot allocate memory|Device or resource busy|Text file busy|Interrupted system call/,
  /No buffer space available|Too many open files|File exists|Address already in use|Connection timed out/,
  /Pid \d+ do(es)? not match expected|killed by signal 9\b|Unable to open an userfaultfd descriptor/,
];

/** Whether a restore with this cause (errors of CRIU's log, the first first) may succeed with the same images. */
export function isTransient(cause: string): boolean {
  const [first = ''] = cause.split('; ');
  return !first || TRANSIENT.some((pattern) => pattern.test(first)); // without a word: ended from outside
}

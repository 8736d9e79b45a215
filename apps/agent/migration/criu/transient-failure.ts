/**
 * Failures that may be over a moment later: a pid, name or mount still taken by something that is ending; memory or processes
 * short; a signal from outside. Everything else (formats, missing features or files, rights) fails again.
 */
const TRANSIENT = [
  /Resource temporarily unavailable|Cannot allocate memory|Device or resource busy|Text file busy|Interrupted system call/,
  /No buffer space available|Too many open files|File exists|Address already in use|Connection timed out/,
  /Pid \d+ do(es)? not match expected|killed by signal 9\b|Unable to open an userfaultfd descriptor/,
];

/** Whether a restore that failed with this cause (errors of CRIU's log, the first first) may succeed with the same images. */
export function isTransient(cause: string): boolean {
  const [first = ''] = cause.split('; ');
  return !first || TRANSIENT.some((pattern) => pattern.test(first)); // no error at all: something killed CRIU
}

#include "witness.h"
/* Monotonic and boot time go on from where they were, and the time of day is right. */
int main(void) {
  double monotonic = seconds_of(CLOCK_MONOTONIC), boot = seconds_of(CLOCK_BOOTTIME), day = seconds_of(CLOCK_REALTIME);
  double cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
  ready();
  double passed = seconds_of(CLOCK_REALTIME) - day;
  double of_monotonic = seconds_of(CLOCK_MONOTONIC) - monotonic, of_boot = seconds_of(CLOCK_BOOTTIME) - boot;
  check(of_monotonic >= 0 && of_monotonic - passed < 2 && passed - of_monotonic < 2,
        "monotonic: %.3f s passed, %.3f s of the day", of_monotonic, passed);
  check(of_boot >= 0 && of_boot - passed < 2 && passed - of_boot < 2, "boottime: %.3f s passed, %.3f s of the day", of_boot,
        passed);
  (void)cpu;
  return 0;
}

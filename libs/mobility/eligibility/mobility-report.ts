/** Whether a kind of move can be made now; if not, reasons on which an operator can act. */
export interface Verdict {
  possible: boolean;
  reasons: string[];
}

export interface MobilityReport {
  live: Verdict;
  cold: Verdict;
  /** systemd, sysvinit, openrc, busybox, other; null where the instance does not run or its host did not answer. */
  init: string | null;
  /** Memory in use in bytes, page cache included; null in the cases of `init`. */
  memoryBytes: number | null;
  /** One page of the other compute hosts by name: whether each could take the instance, and why not. */
  targets: { host: string; live: Verdict; cold: Verdict }[];
}

/** `targets` are for administrators. */
export type ShownMobility = Omit<MobilityReport, 'targets'> & Partial<Pick<MobilityReport, 'targets'>>;

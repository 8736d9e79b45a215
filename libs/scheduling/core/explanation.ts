/** What one host was found to be: weighed, or rejected by a filter for a reason an operator can read. */
export type HostVerdict =
  | { hostId: string; host: string; rejectedBy: null; weight: number }
  | { hostId: string; host: string; rejectedBy: string; reason: string };

/** Why a placement came out as it did; part of its result and kept with the operation. */
export interface Explanation {
  /** Hosts looked at. */
  considered: number;
  /** How many hosts each filter removed. */
  removed: Record<string, number>;
  /** Each host, best first, then the rejected ones. Cut at MAX_VERDICTS. */
  hosts: HostVerdict[];
}

/** Verdicts kept in one explanation; what is cut stands in the counts. */
export const MAX_VERDICTS = 200;

/** One line per host, for a fault's details or a log. */
export function explainLines(explanation: Explanation): string[] {
  return explanation.hosts.map((verdict) =>
    verdict.rejectedBy === null
      ? `${verdict.host}: fits, weight ${verdict.weight.toFixed(3)}`
      : `${verdict.host}: ${verdict.rejectedBy}: ${verdict.reason}`,
  );
}

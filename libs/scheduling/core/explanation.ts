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
/** Of them, with an operation: it is kept for long, and the fleet may be large. Characters of one reason. */
const KEPT_VERDICTS = 30;
const KEPT_REASON = 200;

/** As an operation keeps it: the best, and some of the rejected ones. */
export function bounded(explanation: Explanation): Explanation {
  const fitting = explanation.hosts.filter(({ rejectedBy }) => rejectedBy === null);
  const rejected = explanation.hosts.filter(({ rejectedBy }) => rejectedBy !== null);
  const kept = Math.min(fitting.length, Math.max(KEPT_VERDICTS / 2, KEPT_VERDICTS - rejected.length));
  const hosts = [...fitting.slice(0, kept), ...rejected.slice(0, KEPT_VERDICTS - kept)];
  return { ...explanation, hosts: hosts.map(shortened) };
}

const shortened = (verdict: HostVerdict): HostVerdict =>
  verdict.rejectedBy === null ? verdict : { ...verdict, reason: verdict.reason.slice(0, KEPT_REASON) };

/** One line per host, for a fault's details or a log. */
export function explainLines(explanation: Explanation): string[] {
  return explanation.hosts.map((verdict) =>
    verdict.rejectedBy === null
      ? `${verdict.host}: fits, weight ${verdict.weight.toFixed(3)}`
      : `${verdict.host}: ${verdict.rejectedBy}: ${verdict.reason}`,
  );
}

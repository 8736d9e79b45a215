/** The verdict on one host: its weight, or the filter that rejects it with a reason for operators. */
export type HostVerdict =
  | { hostId: string; host: string; rejectedBy: null; weight: number }
  | { hostId: string; host: string; rejectedBy: string; reason: string };

/** Why a placement came out as it did. It is part of the placement's result and kept with the operation. */
export interface Explanation {
  /** How many hosts were looked at. */
  considered: number;
  /** How many hosts each filter removed. */
  removed: Record<string, number>;
  /** The verdicts, best host first, rejected hosts last; at most MAX_VERDICTS. */
  hosts: HostVerdict[];
}

/** Upper bound of the verdicts in an explanation; the counts cover all hosts. */
export const MAX_VERDICTS = 200;
/** Bounds of what an operation keeps, which lasts long: verdicts, and characters of a reason. */
const KEPT_VERDICTS = 30;
const KEPT_REASON = 200;

/** The explanation as an operation keeps it: the best hosts, and some of the rejected ones. */
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

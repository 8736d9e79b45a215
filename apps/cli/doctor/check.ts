/** What a check of a host has found. */
export interface Finding {
  what: string;
  present: boolean;
  /** What the check saw. */
  seen: string;
  /** What an operator can do where it is missing. */
  advice: string;
  /** True: a host works without it. */
  optional: boolean;
}

/** One line per finding, with advice where something is missing. */
export function renderFindings(findings: readonly Finding[]): string {
  return findings
    .map(({ what, present, seen, advice, optional }) => {
      const mark = present ? 'ok     ' : optional ? 'without' : 'MISSING';
      return `${mark} ${what.padEnd(20)} ${seen}${present ? '' : `\n        -> ${advice}`}`;
    })
    .join('\n');
}

/** Whether the host can carry instances. */
export const isFit = (findings: readonly Finding[]): boolean => findings.every((one) => one.present || one.optional);

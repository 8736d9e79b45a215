/** What one check of a host found. */
export interface Finding {
  what: string;
  present: boolean;
  /** What was seen. */
  seen: string;
  /** What to do where it is missing. */
  advice: string;
  /** A host works without it. */
  optional: boolean;
}

/** One line for each finding; advice where something is missing. */
export function renderFindings(findings: readonly Finding[]): string {
  return findings
    .map(({ what, present, seen, advice, optional }) => {
      const mark = present ? 'ok     ' : optional ? 'without' : 'MISSING';
      return `${mark} ${what.padEnd(20)} ${seen}${present ? '' : `\n        -> ${advice}`}`;
    })
    .join('\n');
}

/** Whether a host can carry instances. */
export const isFit = (findings: readonly Finding[]): boolean => findings.every((one) => one.present || one.optional);

import { UUID } from '#libs/common/names';

/** What a host has seen: which database it was (`desired_state_log`), and the snapshot (pg_snapshot as text). */
export interface Revision {
  incarnation: string;
  snapshot: string;
}

const SNAPSHOT = /^\d{1,20}:\d{1,20}:(\d{1,20}(,\d{1,20})*)?$/;

export const renderRevision = ({ incarnation, snapshot }: Revision): string => `${incarnation}/${snapshot}`;

/** Undefined for what is none: whoever has it gets the whole. */
export function parseRevision(text: string): Revision | undefined {
  const [incarnation = '', snapshot = '', ...rest] = text.split('/');
  if (rest.length || !UUID.test(incarnation) || !SNAPSHOT.test(snapshot)) return undefined;
  return { incarnation, snapshot };
}

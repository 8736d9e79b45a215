import { UUID } from '#libs/common/names';

/**
 * What a reader has seen: which database (`desired_state_log.incarnation`) and which transactions (pg_snapshot as
 * text).
 */
export interface Revision {
  incarnation: string;
  snapshot: string;
}

const SNAPSHOT = /^\d{1,20}:\d{1,20}:(\d{1,20}(,\d{1,20})*)?$/;

/** The revision as agents keep and send it; `parseRevision` reads it. */
export const renderRevision = ({ incarnation, snapshot }: Revision): string => `${incarnation}/${snapshot}`;

/** Undefined where the text is no revision; the host that sent it gets its whole document. */
export function parseRevision(text: string): Revision | undefined {
  const [incarnation = '', snapshot = '', ...rest] = text.split('/');
  if (rest.length || !UUID.test(incarnation) || !SNAPSHOT.test(snapshot)) return undefined;
  return { incarnation, snapshot };
}

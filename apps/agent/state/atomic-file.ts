import { open, rename } from 'node:fs/promises';
import { onReserve } from './disk-reserve.js';

/** Replaces `path` as a whole: after a crash there is the old content or the new one. Durable when it returns. */
export const writeAtomically = (path: string, content: string, mode = 0o600): Promise<void> =>
  onReserve(() => replace(path, content, mode, true));

/** The same, for what may be the old content again after a power cut. */
export const replaceFile = (path: string, content: string, mode = 0o600): Promise<void> =>
  onReserve(() => replace(path, content, mode, false));

async function replace(path: string, content: string, mode: number, durable: boolean): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w', mode);
  try {
    await file.writeFile(content);
    if (durable) await file.datasync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

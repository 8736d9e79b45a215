import { open, rename } from 'node:fs/promises';
import { onReserve } from './disk-reserve.js';

/** Replaces `path` as a whole: after a crash it has the old content or the new. Durable when it resolves. */
export const writeAtomically = (path: string, content: string, mode = 0o600): Promise<void> =>
  onReserve(() => replace(path, content, mode, true));

/** As `writeAtomically`, but after a power cut the old content may be back. */
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

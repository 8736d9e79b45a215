import { open, rename } from 'node:fs/promises';

/** Replaces `path` as a whole: after a crash there is the old content or the new one. Durable when it returns. */
export async function writeAtomically(path: string, content: string, mode = 0o600): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w', mode);
  try {
    await file.writeFile(content);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

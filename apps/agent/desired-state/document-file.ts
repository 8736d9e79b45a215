import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '#libs/common/errors';
import type { Logger } from '#libs/common/logger';
import { replaceFile } from '../state/atomic-file.js';
import type { DesiredDocument, DocumentContent } from './document.js';

/** Milliseconds within which changes are written together. The control plane sends again what a crash loses of them. */
const WRITE_MS = 500;

/** The document on disk, by which a host goes that starts without the control plane. */
export class DocumentFile {
  private readonly path: string;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    stateDirectory: string,
    private readonly logger: Logger,
  ) {
    this.path = join(stateDirectory, 'desired-state.json');
  }

  /**
   * Reads the file into an empty document. Where it cannot be read the document stays empty, and the control plane
   * sends all of it.
   */
  async readInto(document: DesiredDocument): Promise<void> {
    try {
      const { revision, resources } = JSON.parse(await readFile(this.path, 'utf8')) as DocumentContent;
      document.apply(revision, resources, [], true);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.logger.warn({ reason: messageOf(error) }, 'desired state on disk cannot be read: the whole is asked for');
    }
  }

  /** Writes the document within WRITE_MS. */
  keep(document: DesiredDocument): void {
    this.timer ??= setTimeout(() => void this.write(document), WRITE_MS).unref();
  }

  /** Writes the document now. */
  async write(document: DesiredDocument): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const text = JSON.stringify(document.content());
    this.writing = this.writing
      .then(() => replaceFile(this.path, text))
      .catch((error: unknown) => this.logger.error({ err: error }, 'desired state not written'));
    await this.writing;
  }
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DesiredAddress,
  DesiredNetwork,
  DesiredPeer,
  DesiredPort,
  DesiredResource,
  DesiredRouter,
  DesiredRouterInterface,
  DesiredSubnet,
} from '#generated/lxstack/agent/v1/desired_state';
import {
  AddressPair,
  GroupMember,
  GuestChanging,
  HostRoute,
  PortFilter,
  SecurityGroup,
  SecurityGroupRule,
} from '#generated/lxstack/agent/v1/types';
import { messageOf } from '#libs/common/errors';
import type { Logger } from '#libs/common/logger';
import { replaceFile } from '../state/atomic-file.js';
import type { DesiredDocument, DocumentContent } from './document.js';

/** The fields of all resources: an agent that knew others has not kept all that these have. */
const FORMAT = [
  ...[DesiredNetwork, DesiredSubnet, DesiredPort, DesiredPeer, DesiredRouter, DesiredRouterInterface, DesiredAddress],
  ...[HostRoute, GuestChanging, PortFilter, AddressPair, SecurityGroup, SecurityGroupRule, GroupMember],
]
  .map((kind) => Object.keys(kind.fromPartial({})).join())
  .join(' ');

type Written = DocumentContent & { format?: string };

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
      const { format, revision, resources } = JSON.parse(await readFile(this.path, 'utf8')) as Written;
      // What an agent wrote that knew other fields is gone by until the whole has come.
      const known = format === FORMAT ? revision : '';
      document.apply(
        known,
        resources.map((one) => DesiredResource.fromPartial(one)),
        [],
        true,
      );
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
    const text = JSON.stringify({ format: FORMAT, ...document.content() } satisfies Written);
    this.writing = this.writing
      .then(() => replaceFile(this.path, text))
      .catch((error: unknown) => this.logger.error({ err: error }, 'desired state not written'));
    await this.writing;
  }
}

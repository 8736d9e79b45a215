import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { messageOf } from '#libs/common/errors';
import { faultPoint } from '#libs/common/fault-point';
import type { Logger } from '#libs/common/logger';
import { imagePlaceOf } from '../../images/id-maps.js';
import { exitOf } from '../../process/child-exit.js';
import type { DiskStreams, Since } from '../../storage/disk-streams.js';
import { passesSuffice } from './disk-passes.js';
import type { DiskPass } from './disk-passes.js';
import type { CopiesOffer } from '../wire/messages.js';
import { FrameType } from '../wire/wire-frames.js';
import type { Manifest } from './changed-files.js';
import type { TargetLink } from '../source/target-link.js';
import type { Throttle } from '../wire/throttle.js';
import { walk } from './tree-walk.js';

interface Sending {
  streams: DiskStreams;
  spec: InstanceSpec;
  target: TargetLink;
  throttle: Throttle;
  logger: Logger;
  onBytes: (bytes: number) => void;
}

/**
 * Source: sends the bulk of a disk while the instance runs, as btrfs streams of read-only snapshots, each relative to the one
 * before, until little is left. Later changes go as a tree (disk-sender.ts) into the root made of the last snapshot: so the
 * target can start its restore before the freeze, and no btrfs commit falls into the freeze.
 */
export class BtrfsCopySender {
  bytes = 0;

  constructor(private readonly sending: Sending) {}

  /** Resolves with what the target's root then contains; undefined when the target can take no stream and the tree must carry all. */
  async send(mayRepeat: () => boolean): Promise<Manifest | undefined> {
    const { streams, spec, target } = this.sending;
    let since: Since = await this.firstParent();
    const passes: DiskPass[] = [];
    let last: { copy: string; begun: number };
    do {
      const pass = passes.length + 1;
      last = { begun: Date.now(), copy: await streams.snapshot(spec.id, pass) };
      const before = this.bytes;
      let problem = await this.stream(pass, since);
      if (problem) mayRepeat(); // throws when the move was called off: then that is why the stream failed
      if (problem && passes.length === 0 && since) {
        this.fellBack('the whole of it, without its image as parent', problem);
        problem = await this.stream(pass, (since = undefined));
      }
      if (problem) {
        this.fellBack('as a tree', problem);
        await streams.discardCopies(spec.id);
        return undefined;
      }
      passes.push({ paths: 0, bytes: this.bytes - before });
      since = { pass };
    } while (mayRepeat() && !passesSuffice(passes));
    await target.tell({ say: 'adopt', pass: passes.length });
    const shown = await walk(last.copy, () => last.begun);
    await target.expect('adopted');
    await streams.discardCopies(spec.id);
    return shown;
  }

  private async firstParent(): Promise<Since> {
    const { streams, spec, target } = this.sending;
    const image = imagePlaceOf(spec);
    return target.copies === 'from-image' && (await streams.knowsImage(image)) ? { image } : undefined;
  }

  /** Sends one stream. Resolves with '' or with the target's reason for refusing it. */
  private async stream(pass: number, since: Since): Promise<string> {
    const { streams, spec, target, throttle, onBytes } = this.sending;
    await target.tell({ say: 'copy' });
    const child = streams.send(spec.id, pass, since);
    const ended = exitOf(child);
    try {
      for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
        await throttle.take(chunk.length);
        await target.channel.sendAll(FrameType.disk, chunk);
        onBytes((this.bytes += chunk.length));
      }
    } finally {
      child.kill('SIGKILL'); // btrfs removes no snapshot while it is being sent
      await ended.catch(() => undefined);
    }
    await faultPoint('source.disk');
    await target.tell({ say: 'copy-end' });
    const { problem } = await target.expect('copied');
    const mine = await ended.then(() => '', messageOf);
    return mine || problem;
  }

  private fellBack(how: string, why: string): void {
    this.sending.logger.info({ instanceId: this.sending.spec.id, how, why }, 'the disk goes in another way');
  }
}

/** Target: receives the streams. */
export class BtrfsCopyReceiver {
  private current: { child: ChildProcess; ended: Promise<void> } | undefined;

  constructor(
    private readonly streams: DiskStreams,
    private readonly spec: InstanceSpec,
  ) {}

  async offer(): Promise<CopiesOffer> {
    return (await this.streams.knowsImage(imagePlaceOf(this.spec))) ? 'from-image' : 'whole';
  }

  get receiving(): boolean {
    return this.current !== undefined;
  }

  begin(): void {
    const child = this.streams.receive(this.spec.id);
    child.stdin!.on('error', () => undefined); // its exit status tells
    this.current = { child, ended: exitOf(child) };
  }

  /** After a failure the rest of the stream is dropped; `end` tells the source why. */
  async write(data: Buffer): Promise<void> {
    const { child, ended } = this.current!;
    if (!child.stdin!.writable || child.stdin!.write(data)) return;
    const failed = () => undefined; // `end` tells it; the pipe's own error says no more
    await Promise.race([once(child.stdin!, 'drain').catch(failed), ended.catch(failed)]);
  }

  /** Resolves with '' or with the reason of the failure. After a failure no snapshot is left, and the source begins anew. */
  async end(): Promise<string> {
    const { child, ended } = this.current!;
    child.stdin!.end();
    const problem = await ended.then(() => '', messageOf);
    this.current = undefined;
    if (problem) await this.streams.discardCopies(this.spec.id);
    return problem;
  }

  adopt(pass: number): Promise<void> {
    return this.streams.adopt(this.spec.id, pass, this.spec.limits?.diskBytes ?? 0);
  }

  async close(): Promise<void> {
    this.current?.child.kill('SIGKILL');
    await this.current?.ended.catch(() => undefined);
  }
}

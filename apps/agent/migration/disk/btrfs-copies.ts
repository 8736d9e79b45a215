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
import type { Manifest } from './manifest.js';
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
 * Source: the bulk of a disk while the instance runs, as streams of read-only copies, each what it has more than the one
 * before it, until that is little. What comes after the last copy goes as a tree: into the same root, so that the target's
 * restore can be armed before the freeze, and without the file system's commits in it.
 */
export class BtrfsCopySender {
  bytes = 0;

  constructor(private readonly sending: Sending) {}

  /** What the target's root shows then; undefined where it can take none: the whole goes as a tree. */
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
      if (problem) mayRepeat(); // called off, it has failed for that
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

  /** Why the target could not take it; empty where it has. */
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
      child.kill('SIGKILL'); // a copy that is being sent cannot be removed
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

/** Target end. */
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

  /** What comes after it has failed is dropped: the source hears of it at the end. */
  async write(data: Buffer): Promise<void> {
    const { child, ended } = this.current!;
    if (!child.stdin!.writable || child.stdin!.write(data)) return;
    const failed = () => undefined; // also of `once`: the pipe's error when it has stopped reading
    await Promise.race([once(child.stdin!, 'drain').catch(failed), ended.catch(failed)]);
  }

  /** Why it was not received; empty where it was. Then no copy is left: the source begins anew, or sends none any more. */
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

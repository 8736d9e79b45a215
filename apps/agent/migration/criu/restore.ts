import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InstanceSpec, Nic } from '#generated/lxstack/agent/v1/types';
import { sleep } from '#libs/common/clock';
import { hostVethName } from '../../network/interface-names.js';
import { removeStaleCgroups } from '../../runtime/lxc/stale-cgroups.js';
import { earlierCheckpointEnded, killRestore, orEmpty, runningPid, startCheckpoint } from './checkpoint-process.js';
import { favour, settle } from './cpu-share.js';
import { criuVerdict } from './criu-log.js';
import type { CriuVerdict } from './criu-log.js';
import { mapsLater } from '../memory/memory-mode.js';
import type { MemoryMode } from '#libs/agent-protocol/memory-modes';
import type { MovableInstances } from '../movable-instances.js';
import { partFollowers } from './fixups/mount-images.js';
import { moveEnvironment } from '../move-directory.js';
import { setNeighbours } from '../guest-network/neighbours.js';
import { keepForRestore, putRest } from '../guest-network/guest-network.js';
import type { GuestNetwork } from '../guest-network/guest-network.js';
import { nicLines } from '../guest-network/nic-lines.js';
import { ScriptLink } from './script-link.js';
import { hasMoveFile, markMove, moveFile } from '../move-files.js';

const UNDO_WAIT_MS = 5_000;
const MADE_BY_RESTORE = ['initPid', 'nicsLog', 'lazyPid', 'lazyEnded', 'lazyAsked', 'lazyHeld', 'lxcLog'] as const;

/** CRIU's restore at the target: before its first image it waits for `restore`, in `pre-resume` for the word. */
export class Restore {
  /** performance.now() at which it was let go; 0: not yet. */
  begun = 0;

  private constructor(
    private readonly directory: string,
    private readonly link: ScriptLink | undefined,
    /** Of the instance, relative to each hierarchy's root. */
    private readonly cgroup: string,
    /** Exit status of lxc-checkpoint. */
    readonly ended: Promise<number>,
  ) {}

  /** Started, and stands before its first image. */
  static async arm(
    directory: string,
    spec: InstanceSpec,
    instances: MovableInstances,
    memoryMode: MemoryMode,
  ): Promise<Restore> {
    await removeStaleCgroups(instances.cgroupDirectories(spec.id));
    await writeFile(moveFile(directory, 'nics'), nicLines(spec.nics, process.pid));
    const link = await ScriptLink.create(directory);
    const veths = spec.nics.map((nic) => hostVethName(nic.portId));
    const args = ['-r', '-n', spec.id, '-P', instances.lxcPath, '-D', moveFile(directory, 'images')];
    const ended = startCheckpoint(directory, args, {
      ...moveEnvironment(directory, 'target', veths),
      ...(mapsLater(memoryMode) ? { LXSTACK_MOVE_LAZY: spec.id } : {}),
    });
    const restore = new Restore(directory, link, instances.cgroupDirectories(spec.id)[1]!, ended);
    const failed = ended.then(async () => {
      throw new Error(`restore did not start: ${(await restore.verdict()).excerpt.join(' | ')}`);
    });
    await Promise.race([link.when('ready'), failed]);
    return restore;
  }

  /** The one that an agent before this one had started; whether it succeeds is seen by what runs when it has ended. */
  static reopen(directory: string, instanceId: string, instances: MovableInstances): Restore {
    const waits = hasMoveFile(directory, 'awaitingCommit') && hasMoveFile(directory, 'answers');
    const ended = earlierCheckpointEnded(directory).then(async () =>
      (await runningPid(instances, instanceId)) ? 0 : 255,
    );
    const cgroup = instances.cgroupDirectories(instanceId)[1]!;
    return new Restore(directory, waits ? ScriptLink.reopen(directory) : undefined, cgroup, ended);
  }

  /** False where the restore has ended instead. */
  async go(network: GuestNetwork, nics: readonly Nic[]): Promise<boolean> {
    const link = this.link!;
    this.begun = performance.now();
    partFollowers(moveFile(this.directory, 'images'));
    await keepForRestore(this.directory, network);
    link.answer('restore');
    const introduced = link.when('namespaces').then(() => {
      favour(this.directory, this.cgroup); // there from now on, like its namespaces
      return this.introduce(network, nics);
    });
    introduced.catch(() => undefined); // awaited below
    const restored = await Promise.race([link.when('restored').then(() => true), this.ended.then(() => false)]);
    if (!restored) return false;
    settle(this.directory);
    await introduced;
    markMove(this.directory, 'awaitingCommit');
    return true;
  }

  /** Beside the rest of the restore, once the NICs are there: a device without a carrier forgets its neighbours. */
  private async introduce(network: GuestNetwork, nics: readonly Nic[]): Promise<void> {
    const pid = Number(readFileSync(moveFile(this.directory, 'initPid'), 'utf8'));
    await Promise.all([setNeighbours(pid, network.neighbours, nics), putRest(pid, network)]);
  }

  /** From now on the script lets it run, also without us. */
  commit(): void {
    this.link?.answer('commit');
  }

  /** What was restored is killed by the script. Resolves when nothing of it is left. */
  async abort(): Promise<void> {
    if (this.link) {
      this.link.answer('abort');
      await Promise.race([this.ended.catch(() => undefined), sleep(UNDO_WAIT_MS)]);
    }
    await killRestore(this.directory);
  }

  /** After it has ended: only the images stay, for another one. */
  async clear(): Promise<void> {
    this.close();
    const images = moveFile(this.directory, 'images');
    const made = [
      ...MADE_BY_RESTORE.map((file) => moveFile(this.directory, file)),
      join(images, 'lazy-pages.socket'),
      join(images, 'restore.log'),
    ];
    await Promise.all(made.map((path) => rm(path, { force: true })));
  }

  close(): void {
    this.link?.close();
    settle(this.directory); // where an agent before this one did not
  }

  /** Why it has failed. Of the script that makes the NICs CRIU knows only that it did not succeed. */
  async verdict(): Promise<CriuVerdict> {
    const verdict = await criuVerdict(this.directory, 'restore.log');
    const nics = (await orEmpty(moveFile(this.directory, 'nicsLog'))).trim().replaceAll('\n', ', ');
    return nics ? { ...verdict, cause: `NICs: ${nics}; ${verdict.cause}` } : verdict;
  }

  /** Milliseconds of its parts. */
  timings(): Record<string, number> {
    const at = (event: Parameters<ScriptLink['time']>[0]) => this.link?.time(event) ?? 0;
    return {
      restoreNamespaces: at('namespaces') - this.begun,
      restoreSockets: at('sockets') - at('namespaces'),
      restoreResume: at('restored') - at('sockets'),
    };
  }
}

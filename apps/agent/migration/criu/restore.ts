import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InstanceSpec, Nic } from '#generated/lxstack/agent/v1/types';
import { sleep } from '#libs/common/clock';
import { hostVethName } from '../../network/interface-names.js';
import { removeStaleCgroups } from '../../runtime/lxc/stale-cgroups.js';
import { earlierCheckpointEnded, killRestore, orEmpty, runningPid, startCheckpoint } from './checkpoint-process.js';
import type { ArmedScript } from './armed-script.js';
import { raiseCpuShare, restoreCpuShare } from './cpu-share.js';
import { criuVerdict } from './criu-log.js';
import type { CriuVerdict } from './criu-log.js';
import { mapsPagesLater } from '../memory/memory-mode.js';
import type { MemoryMode } from '#libs/agent-protocol/memory-modes';
import type { MovableInstances } from '../movable-instances.js';
import { giveCgroups } from './fixups/cgroup-owners.js';
import { openExecutables } from './fixups/executables.js';
import { separateFollowers } from './fixups/mount-images.js';
import { armPressure, armTriggers, pressureFiles } from './fixups/pressure-triggers.js';
import type { PressureTrigger } from './fixups/pressure-triggers.js';
import { armPutting, putKept } from '../kept/kept-objects.js';
import { moveEnvironment } from '../move-directory.js';
import { setNeighbours } from '../guest-network/neighbours.js';
import { keepForRestore, putRest } from '../guest-network/guest-network.js';
import type { GuestNetwork } from '../guest-network/guest-network.js';
import type { BesideImages } from '../wire/messages.js';
import { nicLines } from '../guest-network/nic-lines.js';
import { ScriptLink } from './script-link.js';
import { hasMoveFile, markMove, moveFile } from '../move-files.js';

const UNDO_WAIT_MS = 5_000;
const MADE_BY_RESTORE = ['initPid', 'nicsLog', 'lazyPid', 'lazyEnded', 'lazyAsked', 'lazyHeld', 'lxcLog'] as const;

/** CRIU's restore at the target. It waits twice: before its first image for `restore`, at `pre-resume` for commit or abort. */
export class Restore {
  /** performance.now() when it was told to begin; 0 before. */
  begun = 0;
  /** What of `kept` could not be put back. */
  notPut: string[] = [];
  /** Processes that wait to work on the restored instance; none after a restart of the agent, when all is restored. */
  private scripts: { putting: ArmedScript; pressure: ArmedScript } | undefined;

  private constructor(
    private readonly directory: string,
    private readonly link: ScriptLink | undefined,
    /** The instance's cgroup, relative to each hierarchy's root. */
    private readonly cgroup: string,
    /** Exit status of lxc-checkpoint. */
    readonly ended: Promise<number>,
  ) {}

  /** Starts it; resolves when it waits for its first image. */
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
      ...(mapsPagesLater(memoryMode) ? { LXSTACK_MOVE_LAZY: spec.id } : {}),
    });
    const restore = new Restore(directory, link, instances.cgroupDirectories(spec.id)[1]!, ended);
    const failed = ended.then(async () => {
      throw new Error(`restore did not start: ${(await restore.verdict()).excerpt.join(' | ')}`);
    });
    await Promise.race([link.when('ready'), failed]);
    restore.scripts = { putting: armPutting(), pressure: armPressure() };
    return restore;
  }

  /** Takes over the restore that an earlier agent started. Whether it succeeds shows when it ends: the instance runs or not. */
  static reopen(directory: string, instanceId: string, instances: MovableInstances): Restore {
    const waits = hasMoveFile(directory, 'awaitingCommit') && hasMoveFile(directory, 'answers');
    const ended = earlierCheckpointEnded(directory).then(async () =>
      (await runningPid(instances, instanceId)) ? 0 : 255,
    );
    const cgroup = instances.cgroupDirectories(instanceId)[1]!;
    return new Restore(directory, waits ? ScriptLink.reopen(directory) : undefined, cgroup, ended);
  }

  /** Lets it begin; resolves when the instance is restored and stopped, with false when the restore has ended instead. */
  async go(beside: BesideImages, nics: readonly Nic[]): Promise<boolean> {
    const { network } = beside;
    const link = this.link!;
    this.begun = performance.now();
    separateFollowers(moveFile(this.directory, 'images'));
    openExecutables(moveFile(this.directory, 'images'));
    await keepForRestore(this.directory, network, nics);
    link.answer('restore');
    const introduced = link.when('namespaces').then(() => {
      // The cgroups exist from now on, and no file is open: a task may have one of theirs open for writing.
      giveCgroups(this.cgroup);
      raiseCpuShare(this.directory, this.cgroup);
      return this.restoreNetworkSettings(network, nics);
    });
    const armed = this.armTriggers(beside.pressure ?? []);
    const put = this.putKept(beside.kept ?? []);
    for (const work of [introduced, armed, put]) work.catch(() => undefined); // awaited below
    const restored = await Promise.race([link.when('restored').then(() => true), this.ended.then(() => false)]);
    if (!restored) return false;
    restoreCpuShare(this.directory);
    await Promise.all([introduced, armed, put]);
    markMove(this.directory, 'awaitingCommit');
    return true;
  }

  /** While CRIU restores on, as soon as the NICs have a carrier: neighbours, sysctls and nftables. */
  private async restoreNetworkSettings(network: GuestNetwork, nics: readonly Nic[]): Promise<void> {
    const pid = this.initPid();
    await Promise.all([setNeighbours(pid, network.neighbours, nics), putRest(pid, network)]);
  }

  /** From `post-restore` on: all files are open again, and no task of the instance runs. */
  private async armTriggers(before: readonly PressureTrigger[]): Promise<void> {
    const files = await pressureFiles(moveFile(this.directory, 'images'));
    await this.link!.when('sockets');
    await armTriggers(this.scripts!.pressure, this.initPid(), files, before);
  }

  private async putKept(orders: readonly string[]): Promise<void> {
    await this.link!.when('sockets');
    this.notPut = await putKept(this.scripts!.putting, this.initPid(), orders);
  }

  /** The instance's init, as the action script has told. */
  private initPid(): number {
    return Number(readFileSync(moveFile(this.directory, 'initPid'), 'utf8'));
  }

  /** Tells the script to let the instance run; it does so even if this agent dies. */
  commit(): void {
    this.link?.answer('commit');
  }

  /** Tells the script to kill what was restored; resolves when no process is left. */
  async abort(): Promise<void> {
    if (this.link) {
      this.link.answer('abort');
      await Promise.race([this.ended.catch(() => undefined), sleep(UNDO_WAIT_MS)]);
    }
    await killRestore(this.directory);
  }

  /** After a failed restore: removes what it left, except the images, for another try. */
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
    for (const script of Object.values(this.scripts ?? {})) script.disarm();
    restoreCpuShare(this.directory); // an earlier agent may not have done it
  }

  /** Why it has failed. CRIU's log does not say why the NICs could not be made: the script's own log does. */
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

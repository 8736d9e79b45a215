import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../../process/run.js';
import { ArmedScript } from '../armed-script.js';
import { openFlags } from '../../checks/held-files.js';
import type { HeldFiles } from '../../checks/held-files.js';
import { orGone } from '../../checks/tasks.js';
import { MoveFailure } from '../../move-failure.js';
import { scriptsDirectory } from '../../move-directory.js';
import { isPressureFile, isWritable, mayHavePressureFiles, pressureFilesIn } from './pressure-files.js';
import type { Descriptor, PressureFile } from './pressure-files.js';

/** A pressure file as it was before the freeze. */
export interface PressureTrigger extends Descriptor {
  /** Whether a trigger was written to it. */
  set: boolean;
  /** The trigger, where the process was told which to write; '' where the kernel alone knows. */
  trigger: string;
}

const SCRIPT = 'pressure';

/** A trigger as psi_write() of the kernel reads it: "some 200000 2000000". */
const TRIGGER = /^(some|full) \d{1,10} \d{1,10}$/;

/**
 * Before the freeze: what is known of pressure files that may have a trigger (PSI). The kernel tells whether there is one, not
 * which. systemd tells its services in their environment (sd_event_add_memory_pressure(3)). Changes nothing.
 */
export async function readTriggers(initPid: number, held: readonly HeldFiles[]): Promise<PressureTrigger[]> {
  const found: PressureTrigger[] = [];
  for (const { task, files } of held)
    for (const { fd, link } of files.filter((file) => isPressureFile(file.link))) {
      const info = await orGone(readFile(`/proc/${task.pid}/fdinfo/${fd}`, 'utf8'));
      if (!isWritable(openFlags(info))) continue;
      const environment = await orGone(readFile(`/proc/${task.pid}/environ`, 'utf8'));
      const trigger = toldTrigger(environment, link);
      found.push({ pid: await pidInside(task.pid), fd: Number(fd), set: true, trigger });
    }
  if (!found.length) return [];
  const answers = await inPidNamespace(
    initPid,
    found.map(({ pid, fd }) => `look ${pid} ${fd}`),
  );
  return found.map((one, index) => ({ ...one, set: answers[index] === 'set' }));
}

/** The trigger that systemd gave a service for this file; '' for another file, or none. */
export function toldTrigger(environment: string, path: string): string {
  const variables = new Map(environment.split('\0').map((line) => line.split(/=(.*)/s, 2) as [string, string]));
  if (variables.get('MEMORY_PRESSURE_WATCH') !== path) return '';
  const text = Buffer.from(variables.get('MEMORY_PRESSURE_WRITE') ?? '', 'base64').toString('latin1');
  const trigger = text.replace(/[\0\n]+$/, '');
  return TRIGGER.test(trigger) ? trigger : '';
}

/** At the target, from its images: what is to be armed. Empty for most instances. */
export async function pressureFiles(images: string): Promise<PressureFile[]> {
  const files = await readFile(join(images, 'files.img'));
  if (!mayHavePressureFiles(files)) return [];
  const names = (await readdir(images)).filter((name) => /^(ids|fdinfo)-\d+\.img$/.test(name));
  const read = async (name: string) => [name, await readFile(join(images, name))] as const;
  return pressureFilesIn(new Map([['files.img', files], ...(await Promise.all(names.map(read)))]));
}

/** Before the freeze, for `armTriggers`. */
export const armPressure = (): ArmedScript => new ArmedScript(SCRIPT, [process.arch, 'wait']);

/**
 * While the restored tasks stand still: writes the triggers again by `script`, from `armPressure`. One that is not known becomes systemd's usual one. Throws
 * MoveFailure, for a descriptor without its trigger is ready for ever and its process would spin.
 */
export async function armTriggers(
  script: ArmedScript,
  initPid: number,
  files: readonly PressureFile[],
  before: readonly PressureTrigger[],
): Promise<void> {
  const orders = files.flatMap((file) => ordersFor(file, before));
  if (!orders.length) return;
  const answers = await script.run(initPid, orders);
  const failed = orders.findIndex((_, index) => answers[index] !== 'ok');
  if (failed >= 0)
    throw new MoveFailure('restore', `a pressure trigger was not set (${orders[failed]}): ${answers[failed]}`);
}

function ordersFor(file: PressureFile, before: readonly PressureTrigger[]): string[] {
  const known = before.find(({ pid, fd }) => pid === file.pid && fd === file.fd);
  if (known && !known.set) return [];
  return [
    `arm ${file.pid} ${file.fd} ${known?.trigger ?? ''}`.trimEnd(),
    ...file.watchedBy.map(({ pid, epoll, fd, events, data }) => `watch ${pid} ${epoll} ${fd} ${events} ${data}`),
  ];
}

/** Answers of the script `pressure`, one a line. */
async function inPidNamespace(initPid: number, orders: readonly string[]): Promise<string[]> {
  const script = join(scriptsDirectory, SCRIPT);
  const args = [`--pid=/proc/${initPid}/ns/pid`, script, process.arch];
  return (await run('nsenter', args, `${orders.join('\n')}\n`)).split('\n');
}

async function pidInside(pid: number): Promise<number> {
  const status = await orGone(readFile(`/proc/${pid}/status`, 'utf8'));
  return Number(/^NSpid:.*\s(\d+)$/m.exec(status)?.[1] ?? 0);
}

import { entriesOf, field, fieldsOf } from '../image-fields.js';

/** CRIU: images/fdinfo.proto, regfile.proto, eventpoll.proto, core.proto (task_kobj_ids_entry). */
const FILE = { id: 2, reg: 3, epoll: 9 };
const REG = { flags: 2, name: 6 };
const EPOLL = { target: 4 };
const TARGET = { fd: 2, events: 3, data: 4 };
const DESCRIPTOR = { id: 1, fd: 4 };
const IDS = { files: 2 };

const WRITABLE = 3; // O_WRONLY or O_RDWR

/** Of the kernel's pressure stall information, the instance's whole or a cgroup's, by the path. */
export const isPressureFile = (path: string): boolean =>
  /\/pressure\/(memory|cpu|io|irq)$|\/(memory|cpu|io|irq)\.pressure$/.test(path);

/** Whether a file opened with these flags may have been given a trigger. */
export const isWritable = (flags: number): boolean => (flags & WRITABLE) !== 0;

/** An open file of a process, by its pid in the instance. */
export interface Descriptor {
  pid: number;
  fd: number;
}

/** A pressure file that may have a trigger, with each epoll that watches it; `data` is what the epoll answers with. */
export interface PressureFile extends Descriptor {
  watchedBy: { pid: number; epoll: number; fd: number; events: number; data: bigint }[];
}

/**
 * Finds them in a dump's images, by name: `files.img`, `fdinfo-N.img`, `ids-PID.img`. Throws where no process holds one, only
 * a message that waits in a socket.
 */
export function pressureFilesIn(images: ReadonlyMap<string, Buffer>): PressureFile[] {
  const { files, epolls } = openFilesIn(images.get('files.img')!);
  if (!files.size) return [];
  const tables = tablesIn(images);
  const found = new Map<number, PressureFile>();
  for (const { pid, ids } of tables)
    for (const [fd, id] of ids) if (files.has(id) && !found.has(id)) found.set(id, { pid, fd, watchedBy: [] });
  if (found.size < files.size) throw new Error('a pressure file waits in a unix socket for its receiver');
  const seen = new Set<string>();
  for (const { pid, ids } of tables)
    for (const [epoll, id] of ids)
      for (const target of epolls.get(id) ?? []) {
        const file = found.get(ids.get(target.fd) ?? -1);
        if (!file || seen.has(`${id} ${target.fd}`)) continue;
        seen.add(`${id} ${target.fd}`);
        file.watchedBy.push({ pid, epoll, ...target });
      }
  return [...found.values()];
}

/** Whether `files.img` may name one: most have none. */
export const mayHavePressureFiles = (files: Buffer): boolean => files.includes('pressure');

interface Target {
  fd: number;
  events: number;
  data: bigint;
}

function openFilesIn(image: Buffer): { files: Set<number>; epolls: Map<number, Target[]> } {
  const files = new Set<number>();
  const epolls = new Map<number, Target[]>();
  for (const entry of entriesOf(image)) {
    const id = field(entry, FILE.id)!.value;
    const reg = field(entry, FILE.reg);
    if (reg && mayHaveTrigger(entry.subarray(reg.at, reg.end))) files.add(id);
    const epoll = field(entry, FILE.epoll);
    if (epoll) epolls.set(id, targetsOf(entry.subarray(epoll.at, epoll.end)));
  }
  return { files, epolls };
}

function mayHaveTrigger(reg: Buffer): boolean {
  const name = field(reg, REG.name)!;
  return isPressureFile(reg.toString('utf8', name.at, name.end)) && isWritable(field(reg, REG.flags)!.value);
}

function targetsOf(epoll: Buffer): Target[] {
  const targets = fieldsOf(epoll).filter(({ number }) => number === EPOLL.target);
  return targets.map(({ at, end }) => {
    const message = epoll.subarray(at, end);
    const value = (number: number) => field(message, number)!.value;
    const data = field(message, TARGET.data)!;
    return { fd: value(TARGET.fd), events: value(TARGET.events), data: exactly(message.subarray(data.at, data.end)) };
  });
}

/** Each process with its table of descriptors: number -> id of the open file. */
function tablesIn(images: ReadonlyMap<string, Buffer>): { pid: number; ids: Map<number, number> }[] {
  const tables = [];
  for (const [name, image] of images) {
    const pid = /^ids-(\d+)\.img$/.exec(name)?.[1];
    if (pid === undefined) continue;
    const [entry] = entriesOf(image);
    const table = images.get(`fdinfo-${field(entry!, IDS.files)!.value}.img`);
    const ids = new Map<number, number>();
    for (const one of table ? entriesOf(table) : [])
      ids.set(field(one, DESCRIPTOR.fd)!.value, field(one, DESCRIPTOR.id)!.value);
    tables.push({ pid: Number(pid), ids });
  }
  return tables;
}

/** The value of a varint, all 64 bits of it. */
const exactly = (varint: Buffer): bigint =>
  varint.reduce((value, byte, index) => value | (BigInt(byte & 0x7f) << BigInt(7 * index)), 0n);

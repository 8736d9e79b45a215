import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { HEADER } from '../image-fields.js';
import { pressureFilesIn } from './pressure-files.js';
import { toldTrigger } from './pressure-triggers.js';

const [READ, WRITE] = [0, 2];
const POINTER = 0x55fcbf56aa10n + (1n << 63n);

test('pressure files that may have a trigger are found with who holds them, and the epolls that watch them', () => {
  const images = new Map([
    ['files.img', image(file(1, '/proc/pressure/memory', WRITE), file(2, '/proc/pressure/cpu', READ), epoll(3, 30))],
    ['ids-1.img', image(ids(7))],
    ['ids-12.img', image(ids(8))],
    ['fdinfo-7.img', image(descriptor(1, 30), descriptor(3, 4))],
    ['fdinfo-8.img', image(descriptor(1, 5), descriptor(2, 6))],
  ]);
  const watchedBy = [{ pid: 1, epoll: 4, fd: 30, events: 0x8000001a, data: POINTER }];
  assert.deepEqual(pressureFilesIn(images), [{ pid: 1, fd: 30, watchedBy }]);
});

test("a cgroup's pressure file counts, a switch of it and a file that is only called so do not", () => {
  const paths = ['/sys/fs/cgroup/a.service/io.pressure', '/sys/fs/cgroup/cgroup.pressure', '/srv/memory.pressure.log'];
  const images = new Map([
    ['files.img', image(...paths.map((path, index) => file(index, path, WRITE)))],
    ['ids-1.img', image(ids(7))],
    ['fdinfo-7.img', image(...paths.map((_, index) => descriptor(index, 10 + index)))],
  ]);
  assert.deepEqual(pressureFilesIn(images), [{ pid: 1, fd: 10, watchedBy: [] }]);
});

test('one that only a message in a socket holds is an error: nobody could arm it', () => {
  const images = new Map([['files.img', image(file(1, '/proc/pressure/memory', WRITE))]]);
  assert.throws(() => pressureFilesIn(images), /waits in a unix socket/);
});

test('a trigger is known where systemd told the service which to write to this file', () => {
  const written = Buffer.from('some 150000 4000000\0').toString('base64');
  const environment = (watch: string, write = written) =>
    ['HOME=/', `MEMORY_PRESSURE_WATCH=${watch}`, `MEMORY_PRESSURE_WRITE=${write}`, ''].join('\0');
  const path = '/sys/fs/cgroup/a.service/memory.pressure';
  assert.equal(toldTrigger(environment(path), path), 'some 150000 4000000');
  assert.equal(toldTrigger(environment('/dev/null'), path), '');
  assert.equal(toldTrigger(environment(path, 'c29tZQ=='), path), '');
  assert.equal(toldTrigger('', path), '');
});

function image(...entries: Uint8Array[]): Buffer {
  const sized = entries.flatMap((entry) => {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(entry.length);
    return [size, entry];
  });
  return Buffer.concat([Buffer.alloc(HEADER), ...sized]);
}

/** A field of a number, or of a text or message. */
function put(writer: BinaryWriter, number: number, value: number | bigint | string | Uint8Array): BinaryWriter {
  if (typeof value === 'number') return writer.uint32(number << 3).uint32(value);
  if (typeof value === 'bigint') return writer.uint32(number << 3).uint64(value);
  writer.uint32((number << 3) | 2);
  return typeof value === 'string' ? writer.string(value) : writer.bytes(value);
}

function message(fields: Record<number, number | bigint | string | Uint8Array>): Uint8Array {
  const writer = new BinaryWriter();
  for (const [number, value] of Object.entries(fields)) put(writer, Number(number), value);
  return writer.finish();
}

const file = (id: number, name: string, flags: number) =>
  message({ 1: 1, 2: id, 3: message({ 1: id, 2: flags, 3: 0, 6: name }) });
const epoll = (id: number, fd: number) =>
  message({ 1: 7, 2: id, 9: message({ 1: id, 2: 2, 4: message({ 1: id, 2: fd, 3: 0x8000001a, 4: POINTER }) }) });
const ids = (files: number) => message({ 1: 2, 2: files, 3: 2 });
const descriptor = (id: number, fd: number) => message({ 1: id, 2: 0, 3: 1, 4: fd });

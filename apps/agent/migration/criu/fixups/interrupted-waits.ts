import { entriesOf, field, fieldsOf } from '../image-fields.js';
import type { Field } from '../image-fields.js';

/** CRIU: images/core.proto, images/core-x86.proto. */
const CORE = { machine: 1, x86: 2, task: 3, thread: 5 };
const X86_64 = 1;
const REGISTERS = 2;
const REGISTER = { ax: 11, si: 14, call: 16, ip: 17, cs: 18 };
const PENDING = { [CORE.task]: 10, [CORE.thread]: 9 };
/** Of a task of 64 bits; numbers of calls are others in one of 32. */
const USER_CS = 0x33;
const POLL = 7;
const FUTEX = 202;
const FUTEX_WAIT_BITSET = 9;
const FUTEX_FLAGS = 0x180;
const SYSCALL_LENGTH = 2n;
const MINUS_EINTR = 2n ** 64n - 4n;

/**
 * Changes a `core-*.img` in place. What the kernel would go on with by a restart block, which no image can hold, CRIU ends with
 * EINTR. Two of these are called again instead, with the arguments that are still in the registers: a futex with a point in
 * time, which is the same wait; and poll(2), which never ends so without a signal and whose time begins anew. Where a signal is
 * pending it is left: that one may be what ends the wait. Returns whether it was changed.
 */
export function restartWait(image: Buffer): boolean {
  let changed = false;
  for (const entry of entriesOf(image)) {
    const core = fieldsOf(entry);
    const info = core.find(({ number }) => number === CORE.x86);
    if (core.find(({ number }) => number === CORE.machine)?.value !== X86_64 || !info) continue;
    if (core.some((one) => hasPending(entry, one))) continue;
    const thread = entry.subarray(info.at, info.end);
    const found = field(thread, REGISTERS);
    if (found) changed = callAgain(thread.subarray(found.at, found.end)) || changed;
  }
  return changed;
}

function hasPending(entry: Buffer, { number, at, end }: Field): boolean {
  if (!(number in PENDING)) return false;
  const queue = field(entry.subarray(at, end), PENDING[number]!);
  return queue !== undefined && queue.value > 0;
}

function callAgain(registers: Buffer): boolean {
  const all = new Map(fieldsOf(registers).map((one) => [one.number, one]));
  const [ax, si, call, ip, cs] = Object.values(REGISTER).map((number) => all.get(number));
  if (!ax || !si || !call || !ip || cs?.value !== USER_CS || readNumber(registers, ax) !== MINUS_EINTR) return false;
  const waits = call.value === POLL || (call.value === FUTEX && (si.value & ~FUTEX_FLAGS) === FUTEX_WAIT_BITSET);
  if (!waits) return false;
  writeNumber(registers, ax, BigInt(call.value));
  writeNumber(registers, ip, readNumber(registers, ip) - SYSCALL_LENGTH);
  return true;
}

function readNumber(message: Buffer, { at, end }: Field): bigint {
  return message.subarray(at, end).reduceRight((value, byte) => (value << 7n) | BigInt(byte & 0x7f), 0n);
}

/** A smaller or equal number in the place of another; what is left over are bits that are zero. */
function writeNumber(message: Buffer, { at, end }: Field, value: bigint): void {
  for (let [i, rest] = [at, value]; i < end; i++, rest >>= 7n)
    message[i] = Number(rest & 0x7fn) | (i < end - 1 ? 0x80 : 0);
}

/** Where a program, its data and its second thread's stack lie in memory. */
const BASE = 0x400000;
const [HEADERS, DATA, MEMORY] = [64 + 56, 0x8000, 0x10000];
/** CLONE_VM, _FS, _FILES, _SIGHAND, _THREAD, _SYSVSEM. */
const THREAD = 0x50f00;

const word = (value: number) => [value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255];

/** exit(0), of the thread alone. */
const exitThread = [0xb8, ...word(60), 0x31, 0xff, 0x0f, 0x05];
/** pause(), again and again. */
const wait = [0xb8, ...word(34), 0x0f, 0x05, 0xeb, 0xf7];

/** timer_create(2) on CLOCK_MONOTONIC with SIGEV_THREAD_ID for the caller's own thread. */
const threadTimer = [
  ...[0xb8, ...word(186), 0x0f, 0x05], // eax = gettid()
  ...[0xbb, ...word(BASE + DATA)], // mov ebx, the sigevent
  ...[0xc7, 0x43, 8, ...word(34), 0xc7, 0x43, 12, ...word(4)], // its signal; SIGEV_THREAD_ID
  ...[0x89, 0x43, 16], // its thread: eax
  ...[0xb8, ...word(222), 0xbf, ...word(1), 0x48, 0x89, 0xde], // timer_create(CLOCK_MONOTONIC, the sigevent,
  ...[0x48, 0x8d, 0x93, ...word(0x80), 0x0f, 0x05], // behind it)
];

/** A program for x86-64 (ELF, in base64) of two threads, by the machine code of each. */
function program(first: number[], second: number[]): string {
  const code = Buffer.from([
    ...[0xb8, ...word(56)], // mov eax, clone
    ...[0xbf, ...word(THREAD)], // mov edi, flags
    ...[0x48, 0xc7, 0xc6, ...word(BASE + MEMORY - 16)], // mov rsi, stack
    ...[0x31, 0xd2, 0x45, 0x31, 0xd2, 0x45, 0x31, 0xc0], // xor edx, edx; xor r10d, r10d; xor r8d, r8d
    ...[0x0f, 0x05, 0x85, 0xc0, 0x74, first.length], // syscall; test eax, eax; jz second
    ...first,
    ...second,
  ]);
  const elf = Buffer.alloc(HEADERS + code.length);
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]).copy(elf);
  elf.writeUInt16LE(2, 16); // ET_EXEC
  elf.writeUInt16LE(62, 18); // EM_X86_64
  elf.writeUInt32LE(1, 20);
  elf.writeBigUInt64LE(BigInt(BASE + HEADERS), 24); // entry
  elf.writeBigUInt64LE(64n, 32); // program headers
  elf.writeUInt16LE(64, 52);
  elf.writeUInt16LE(56, 54);
  elf.writeUInt16LE(1, 56);
  elf.writeUInt32LE(1, 64); // PT_LOAD
  elf.writeUInt32LE(7, 68); // read, write, execute
  elf.writeBigUInt64LE(BigInt(BASE), 80);
  elf.writeBigUInt64LE(BigInt(BASE), 88);
  elf.writeBigUInt64LE(BigInt(elf.length), 96);
  elf.writeBigUInt64LE(BigInt(MEMORY), 104);
  elf.writeBigUInt64LE(4096n, 112);
  code.copy(elf, HEADERS);
  return elf.toString('base64');
}

/*
 * A guest has no compiler, and no language that it has can do these.
 */

/** Its first thread ends while its second waits for signals. */
export const endedLeader = program(exitThread, wait);

/** Its second thread makes a timer that signals it, and ends; the timer stays. */
export const timerOfEndedThread = program(wait, [...threadTimer, ...exitThread]);

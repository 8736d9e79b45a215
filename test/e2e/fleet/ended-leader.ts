/** Addresses of the program and of its second thread's stack. */
const BASE = 0x400000;
const [HEADERS, MEMORY] = [64 + 56, 0x10000];
/** CLONE_VM, _FS, _FILES, _SIGHAND, _THREAD, _SYSVSEM. */
const THREAD = 0x50f00;

/**
 * A program for x86-64 (ELF, in base64) whose first thread ends while its second waits for signals. A guest has no
 * compiler, and none of its languages can do this.
 */
export const endedLeader = program().toString('base64');

function program(): Buffer {
  const word = (value: number) => [value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255];
  const code = Buffer.from([
    ...[0xb8, ...word(56)], // mov eax, clone
    ...[0xbf, ...word(THREAD)], // mov edi, flags
    ...[0x48, 0xc7, 0xc6, ...word(BASE + MEMORY - 16)], // mov rsi, stack
    ...[0x31, 0xd2, 0x45, 0x31, 0xd2, 0x45, 0x31, 0xc0], // xor edx, edx; xor r10d, r10d; xor r8d, r8d
    ...[0x0f, 0x05, 0x85, 0xc0, 0x74, 0x09], // syscall; test eax, eax; jz second
    ...[0xb8, ...word(60), 0x31, 0xff, 0x0f, 0x05], // first: exit(0), of this thread alone
    ...[0xb8, ...word(34), 0x0f, 0x05, 0xeb, 0xf7], // second: pause(), again and again
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
  return elf;
}

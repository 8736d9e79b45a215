/** Traits of hosts, by the names that Placement has for them (os-traits) or demands of custom ones. */

const PREFIX = 'CUSTOM_LXSTACK_';
const X86 = 'HW_CPU_X86_';

/** A capability of hosts as a trait has to be called: `disk-limit` is CUSTOM_LXSTACK_DISK_LIMIT. */
export const traitOf = (capability: string): string => PREFIX + inCapitals(capability);

/** The capability that a trait is called after; undefined where it is none of ours. */
export function capabilityOfTrait(trait: string): string | undefined {
  if (!trait.startsWith(PREFIX) || trait === PREFIX) return undefined;
  return trait.slice(PREFIX.length).toLowerCase().replaceAll('_', '-');
}

/** os-traits: HW_ARCH_*. `architecture`: by its canonical name. */
export const traitOfArchitecture = (architecture: string): string => `HW_ARCH_${inCapitals(architecture)}`;

/** os-traits, hw/cpu/x86: traits that are not called as the flag in /proc/cpuinfo is. */
const FLAGS: Readonly<Record<string, string>> = {
  AESNI: 'aes',
  AMD_SEV: 'sev',
  AMD_SVM: 'svm',
  BMI: 'bmi1',
  CLMUL: 'pclmulqdq',
  FMA3: 'fma',
  AVX512BITALG: 'avx512_bitalg',
  AVX512GFNI: 'gfni',
  AVX512VAES: 'vaes',
  AVX512VBMI2: 'avx512_vbmi2',
  AVX512VNNI: 'avx512_vnni',
  AVX512VPCLMULQDQ: 'vpclmulqdq',
  AVX512VPOPCNTDQ: 'avx512_vpopcntdq',
  INTEL_PDPE1GB: 'pdpe1gb',
  INTEL_VMX: 'vmx',
  SHA: 'sha_ni',
  SSE3: 'pni',
  SSE41: 'sse4_1',
  SSE42: 'sse4_2',
  TSX: 'rtm',
};

/** The flag of /proc/cpuinfo that a trait HW_CPU_X86_* stands for; undefined for other traits. */
export function cpuFlagOfTrait(trait: string): string | undefined {
  if (!trait.startsWith(X86) || trait === X86) return undefined;
  const name = trait.slice(X86.length);
  return FLAGS[name] ?? name.toLowerCase();
}

const NAMES = new Map(Object.entries(FLAGS).map(([name, flag]) => [flag, name]));

/** The trait of an x86 processor that has this flag. */
export const traitOfCpuFlag = (flag: string): string => X86 + (NAMES.get(flag) ?? inCapitals(flag));

const inCapitals = (name: string): string => name.toUpperCase().replace(/[^A-Z0-9]/g, '_');

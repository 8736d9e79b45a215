import type { Host } from '#libs/fleet/hosts/host.entity';

/**
 * x86 flags of instructions that a program may find and use. The other flags of /proc/cpuinfo concern the kernel only:
 * virtualization, power, timers, mitigations.
 */
const INSTRUCTIONS =
  /^(3dnow|abm$|adx$|aes$|amx_|apx|avx|bmi[12]$|cldemote$|clflush|clwb$|clzero$|cmov$|cx(8|16)$|enqcmd$|f16c$|fma|fpu$|fsgsbase$|fxsr|gfni$|hle$|lahf_lm$|lm$|lwp$|misalignsse$|mmx|movbe$|movdir|mwaitx$|ospke$|pclmulqdq$|pku$|pni$|popcnt$|prefetchw|rdpid$|rdpru$|rdrand$|rdseed$|rdtscp$|rtm$|serialize$|sha|sm[34]$|sse|ssse3$|syscall$|tbm$|tsc$|tsxldtrk$|user_shstk$|vaes$|vpclmulqdq$|waitpkg$|xgetbv1$|xop$|xsave)/;

/** CPU flags that a process on this host may use; empty where the agent has not published them. */
export function usableCpuFeatures({ facts }: Pick<Host, 'facts'>): string[] {
  const told = Array.isArray(facts.cpuFeatures) ? facts.cpuFeatures.map(String) : [];
  return String(facts.architecture ?? '').startsWith('x86') ? told.filter((flag) => INSTRUCTIONS.test(flag)) : told;
}

/** Number of flags named in one reason. */
const TOLD = 12;

/** Flags that a process on the source may use and would miss on the target. */
function missingCpuFeatures(source: Pick<Host, 'facts'>, target: Pick<Host, 'facts'>): string[] {
  const there = new Set(Array.isArray(target.facts.cpuFeatures) ? target.facts.cpuFeatures.map(String) : []);
  return usableCpuFeatures(source).filter((flag) => !there.has(flag));
}

/**
 * For each host id, the hosts that lack flags a process there may use, with those flags. Hosts with equal processors
 * share one answer.
 */
export function lackingCpu(hosts: readonly Pick<Host, 'id' | 'facts'>[]): Map<string, Map<string, string[]>> {
  const kinds = Map.groupBy(hosts, ({ facts }) => JSON.stringify([facts.architecture, facts.cpuFeatures]));
  const answers = new Map<string, Map<string, string[]>>();
  for (const [source, ...alike] of kinds.values()) {
    const lacking = new Map<string, string[]>();
    for (const [target, ...same] of kinds.values()) {
      const missing = missingCpuFeatures(source, target);
      if (missing.length) for (const { id } of [target, ...same]) lacking.set(id, missing);
    }
    for (const { id } of [source, ...alike]) answers.set(id, lacking);
  }
  return answers;
}

/** Reasons why a process of the source would miss instructions on the target. */
export function blocksCpu(source: Pick<Host, 'name' | 'facts'>, target: Pick<Host, 'name' | 'facts'>): string[] {
  const missing = missingCpuFeatures(source, target);
  return missing.length
    ? [`The processor of host ${target.name} lacks what programs on ${source.name} may use: ${missingWords(missing)}.`]
    : [];
}

/** For example `avx2, avx512f and 3 more`. */
export function missingWords(missing: readonly string[]): string {
  const more = missing.length - TOLD;
  return `${missing.slice(0, TOLD).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

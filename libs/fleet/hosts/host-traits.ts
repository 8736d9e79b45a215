import { canonicalArchitecture } from '#libs/common/architecture';
import { traitOf, traitOfArchitecture, traitOfCpuFlag } from '#libs/common/traits';
import type { Host } from './host.entity.js';

/** The host's traits, as Nova's computes report theirs to Placement: processor, architecture, what the agent can. */
export function traitsOf({ capabilities, facts }: Pick<Host, 'capabilities' | 'facts'>): string[] {
  const architecture = canonicalArchitecture(String(facts.architecture ?? ''));
  const flags = Array.isArray(facts.cpuFeatures) && architecture === 'x86_64' ? facts.cpuFeatures : [];
  return [
    ...capabilities.filter(({ present }) => present).map(({ name }) => traitOf(name)),
    ...(architecture ? [traitOfArchitecture(architecture)] : []),
    ...flags.map(traitOfCpuFlag),
  ].sort();
}

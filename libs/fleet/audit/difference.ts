import { kernelDifferenceKinds } from '#libs/agent-protocol/kernel-differences';

/** Everything that an audit may find, by what is wrong. Programs go by the kind; the message is for people and may change. */
export const differenceKinds = {
  'host-sums': 'What a host counts as used is not the sum of its allocations.',
  allocation: 'An allocation is on another host than its instance, or its instance or move is over.',
  'allocation-missing': 'An instance is on a host and has no allocation there.',
  'port-host': 'A port is said to be on another host than its instance.',
  'task-stranded': 'An instance says that a task is running, and no operation is.',
  'migration-stranded': 'A move says that it goes on, and its operation has ended.',
  'operation-stale': 'An operation should run, and nobody has run it for a while.',
  'migration-left': 'A host still has something of a move that is over.',
  'host-silent': 'A host that is up does not answer, or does not compare its networks.',
  'instance-left': 'A host has an instance that it does not own.',
  'instance-missing': 'A host does not have an instance that it should have.',
  'instance-epoch': 'A host has an instance under another epoch than Postgres says.',
  'instance-state': 'An instance is in another power state on its host than Postgres says.',
  'document-behind': 'A host was told something else of a network, its subnets, ports or peers than Postgres says.',
  ...kernelDifferenceKinds,
  kernel:
    'A network in a host’s kernel is not as its document says; the host’s agent is of another release and has only words.',
} as const;

export type DifferenceKind = keyof typeof differenceKinds;

/** One thing that is not as it should be. */
export interface Difference {
  kind: DifferenceKind;
  message: string;
  /** Where it was found, by name; absent where it is Postgres alone. */
  host?: string;
  networkId?: string;
}

/** A kind as another release's agent names it. */
export const knownKind = (kind: string): DifferenceKind =>
  Object.hasOwn(kernelDifferenceKinds, kind) ? (kind as DifferenceKind) : 'kernel';

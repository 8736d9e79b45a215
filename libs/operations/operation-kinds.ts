/** A kind of operation as LXD's operations show it. */
export interface OperationKind {
  /** LXD: `description`. */
  description: string;
  /** Whoever asked for the operation may stop it, up to its point of no return. */
  mayCancel: boolean;
}

const kind = (description: string, mayCancel = false): OperationKind => ({ description, mayCancel });

/** Every kind that users may see. Other kinds are the control plane's own and cannot be stopped. */
const KINDS: Readonly<Record<string, OperationKind>> = {
  'instance.create': kind('Creating instance', true),
  'instance.delete': kind('Deleting instance'),
  'instance.start': kind('Starting instance'),
  'instance.stop': kind('Stopping instance'),
  'instance.reboot': kind('Restarting instance'),
  'instance.pause': kind('Freezing instance'),
  'instance.unpause': kind('Unfreezing instance'),
  'instance.rebuild': kind('Rebuilding instance'),
  'instance.reset-state': kind('Setting the state of instance'),
  'instance.live-migrate': kind('Migrating instance', true),
  'instance.migrate': kind('Migrating instance', true),
  'instance.resize': kind('Resizing instance', true),
  'instance.confirm-resize': kind('Confirming resize'),
  'instance.revert-resize': kind('Reverting resize'),
  'instance.evacuate': kind('Evacuating instance'),
  'moves.batch': kind('Moving instances', true),
  'port.bind': kind('Plugging port'),
  'port.unbind': kind('Unplugging port'),
};

/** The entry of this kind; an empty description for the control plane's own kinds. */
export function kindOf(name: string): OperationKind {
  return Object.hasOwn(KINDS, name) ? KINDS[name] : { description: '', mayCancel: false };
}

import { ConflictError, InvalidInputError } from '#libs/common/errors';
import type { EvacuationBar } from './evacuation-bar.js';

/** The instance's host holds its lease, so the host can stop it itself (Nova: ComputeServiceInUse, 400). */
export class HostInUseError extends InvalidInputError {
  constructor(host: string) {
    super('host', 'a host that is down');
    this.message = `Compute service of ${host} is still in use.`;
    this.publicMessage = 'Compute service is still in use.';
  }
}

type Closed = Extract<EvacuationBar, { state: 'fencing' | 'unfenced' }>;

/** The instance may still run where it was; the message says what to do and how long to wait (409). */
export class EvacuationBarredError extends ConflictError {
  constructor(instanceId: string, host: string, bar: Closed) {
    super(wordsOf(instanceId, host, bar));
    this.publicMessage = `Instance ${instanceId} may still run where it was.`;
  }
}

function wordsOf(instanceId: string, host: string, bar: Closed): string {
  const orForce = `make sure that ${host} is dead and force its compute service down`;
  switch (bar.state) {
    case 'fencing':
      return `Instance ${instanceId} may still run: host ${host} will have ended it at ${bar.opensAt.toISOString()}. Try again then, or ${orForce}.`;
    case 'unfenced':
      return `Instance ${instanceId} may still run: host ${host} has not promised to end it without a lease (metadata HA_Enabled=True asks for that). To evacuate it, ${orForce}.`;
  }
}

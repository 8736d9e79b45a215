import type { EntityManager } from 'typeorm';
import type { InstanceRequest } from '#generated/lxstack/agent/v1/agent';
import type { InstanceStatus } from '#generated/lxstack/agent/v1/types';
import type { TaskState } from '#libs/compute/instances/instance.entity';
import { deleteIfEphemeral } from '#libs/compute/instances/actions/ephemeral';
import type { PowerInput, RebootInput } from '#libs/compute/instances/actions/instance-operations';
import type { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import type { Operations } from '#libs/operations/operations.service';
import type { StepRun, Workflow } from '#libs/operations/workflow';
import { callOf } from '../../host/host-calls.js';
import type { HostAgent, HostCalls } from '../../host/host-calls.js';
import { faultOf } from '../fault.js';
import type { InstanceSpecs } from '../instance-specs.js';

type Request = Pick<InstanceRequest, 'call' | 'instanceId'>;

/** One power action: the call to the agent, and the state of the instance after it. */
interface PowerAction<Input extends PowerInput> {
  kind: string;
  taskStates: TaskState[];
  /** It begins anew: with the configuration that the image, flavor and server have by now. */
  configures?: true;
  ask(agent: HostAgent, request: Request, input: Input, signal: AbortSignal): Promise<InstanceStatus>;
  done(services: PowerServices, tx: EntityManager, instanceId: string): Promise<void>;
}

/** Seconds an instance is given to shut down by itself (Nova: shutdown_timeout). */
const shutdownSeconds = 60;

const start: PowerAction<PowerInput> = {
  kind: 'instance.start',
  taskStates: ['powering-on'],
  configures: true,
  ask: (agent, request, _input, signal) => agent.call('startInstance', request, signal),
  done: ({ transitions }, tx, id) => transitions.markStarted(tx, id),
};

const stop: PowerAction<PowerInput> = {
  kind: 'instance.stop',
  taskStates: ['powering-off'],
  ask: (agent, request, _input, signal) =>
    agent.call('stopInstance', { ...request, timeoutSeconds: shutdownSeconds }, signal),
  done: async ({ transitions, operations }, tx, id) => {
    await transitions.markStopped(tx, id);
    await deleteIfEphemeral(tx, operations, id);
  },
};

const reboot: PowerAction<RebootInput> = {
  kind: 'instance.reboot',
  taskStates: ['rebooting', 'reboot_started_hard'],
  configures: true,
  ask: (agent, request, { hard }, signal) =>
    agent.call('rebootInstance', { ...request, hard, timeoutSeconds: hard ? 0 : shutdownSeconds }, signal),
  done: ({ transitions }, tx, id) => transitions.markRebooted(tx, id),
};

const pause: PowerAction<PowerInput> = {
  kind: 'instance.pause',
  taskStates: ['pausing'],
  ask: (agent, request, _input, signal) => agent.call('pauseInstance', request, signal),
  done: ({ transitions }, tx, id) => transitions.markPaused(tx, id),
};

const unpause: PowerAction<PowerInput> = {
  kind: 'instance.unpause',
  taskStates: ['unpausing'],
  ask: (agent, request, _input, signal) => agent.call('unpauseInstance', request, signal),
  done: ({ transitions }, tx, id) => transitions.markUnpaused(tx, id),
};

interface PowerServices {
  hosts: HostCalls;
  specs: InstanceSpecs;
  transitions: InstanceTransitions;
  operations: Operations;
}

/** Start, stop, reboot, pause and unpause, one step each. When it fails, the instance keeps its state and gets a fault. */
export function powerWorkflows(services: PowerServices): Workflow<PowerInput, object>[] {
  const ofReboot = powerWorkflow(reboot, services) as Workflow<PowerInput, object>;
  return [ofReboot, ...[start, stop, pause, unpause].map((action) => powerWorkflow(action, services))];
}

function powerWorkflow<Input extends PowerInput>(
  action: PowerAction<Input>,
  services: PowerServices,
): Workflow<Input, object> {
  const { hosts, specs, transitions } = services;
  const run = async (run: StepRun<Input, object>) => {
    const instance = await specs.instance(run.operation.resourceId);
    const agent = await hosts.agent(instance.hostId);
    const request = { call: callOf(run, action.kind, instance.epoch), instanceId: instance.id };
    const spec = action.configures && (await specs.current(instance));
    if (spec) await agent.call('updateInstance', { call: callOf(run, 'update', instance.epoch), spec }, run.signal);
    await action.ask(agent, request, run.input, run.signal);
    await run.commit((tx) => action.done(services, tx, instance.id));
  };
  return {
    kind: action.kind,
    queue: 'instance',
    steps: [{ name: action.kind.slice('instance.'.length), run }],
    async failed({ operation }, error, tx) {
      for (const task of action.taskStates) await transitions.clearTask(tx, operation.resourceId, task);
      await transitions.setFault(tx, operation.resourceId, faultOf(error));
    },
  };
}

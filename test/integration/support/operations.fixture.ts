import { sleep } from '#libs/common/clock';
import { UnavailableError } from '#libs/common/errors';
import type { DataSource } from 'typeorm';
import { Events } from '#libs/operations/events';
import { Operations } from '#libs/operations/operations.service';
import { OperationQueues } from '#libs/operations/queues';
import { RedisConnections } from '#libs/operations/redis';
import { WorkflowRunner } from '#libs/operations/workflow-runner';
import type { RunnerSettings } from '#libs/operations/workflow-runner';
import type { Workflow } from '#libs/operations/workflow';

/** Input of the trial workflow: how each of its three steps ends. */
export interface TrialInput {
  mark: string;
  /** Milliseconds that the second step takes. */
  workMs?: number;
  /** How often the second step fails with an error that may pass. */
  passingFailures?: number;
  /** The step that fails for good. */
  failAt?: 'one' | 'two' | 'three';
  host?: string;
}

interface TrialContext {
  tries?: number;
}

/** Three steps that write to the table `trial_log` what they do. With `forward`, `two` is the point of no return. */
export function trialWorkflow(kind = 'trial', forward = false): Workflow<TrialInput, TrialContext> {
  const note = (mark: string, what: string) =>
    ['INSERT INTO trial_log (mark, what) VALUES ($1, $2)', [mark, what]] as const;
  const failing = (input: TrialInput, step: string) => {
    if (input.failAt === step) throw new Error(`${step} cannot be done`);
  };
  return {
    kind,
    queue: 'instance',
    steps: [
      {
        name: 'one',
        run: ({ input }) => Promise.resolve(failing(input, 'one')),
        undo: (run) => run.commit(async (tx) => void (await tx.query(...note(run.input.mark, 'undo one')))),
      },
      {
        name: 'two',
        pointOfNoReturn: forward,
        async run(run) {
          if (run.input.workMs) await sleep(run.input.workMs, run.signal);
          run.context.tries = (run.context.tries ?? 0) + 1;
          if (run.context.tries <= (run.input.passingFailures ?? 0)) throw new UnavailableError('not now');
          failing(run.input, 'two');
          await run.commit(async (tx) => void (await tx.query(...note(run.input.mark, 'two'))));
        },
        undo: (run) => run.commit(async (tx) => void (await tx.query(...note(run.input.mark, 'undo two')))),
      },
      {
        name: 'three',
        async run(run) {
          if (forward && run.operation.attempts < 2) throw new Error('three fails at first');
          failing(run.input, 'three');
          await run.commit(async (tx) => void (await tx.query(...note(run.input.mark, 'three'))));
        },
      },
    ],
    async failed(run, error, tx) {
      await tx.query(...note(run.input.mark, `failed: ${error.message}`));
    },
  };
}

export interface TrialProcess {
  operations: Operations;
  runner: WorkflowRunner;
  redis: RedisConnections;
  queues: OperationQueues;
  stop(): Promise<void>;
}

/** The parts of an api and of a worker in one process. */
export function trialProcess(dataSource: DataSource, redisUrl: string): TrialProcess {
  const redis = new RedisConnections(redisUrl);
  const queues = new OperationQueues(redis);
  const events = new Events(redis);
  const operations = new Operations(dataSource, queues, events);
  const runner = new WorkflowRunner(dataSource, queues, redis, events);
  runner.register(trialWorkflow());
  runner.register(trialWorkflow('trial-forward', true));
  const stop = async () => {
    await runner.stop();
    await queues.onApplicationShutdown();
    await redis.onApplicationShutdown();
  };
  return { operations, runner, redis, queues, stop };
}

export const QUICK: RunnerSettings = { leaseMs: 1_500, sweepMs: 300 };

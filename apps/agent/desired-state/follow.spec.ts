import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import type {
  DesiredResource,
  DesiredStateRequest,
  DesiredStateResponse,
} from '#generated/lxstack/agent/v1/desired_state';
import { createLogger } from '#libs/common/logger';
import { DesiredDocument } from './document.js';
import { Follower } from './follow.js';

const logger = createLogger('test');
logger.level = 'silent';

const network = (id: string): DesiredResource => ({
  id,
  body: { $case: 'network', value: { vni: 1, mtu: 1450, adminStateUp: true } },
});

/** A control plane at the other end of streams. */
class ControlPlane {
  readonly said: DesiredStateRequest[] = [];
  private stream: Duplex | undefined;
  private waiting: (() => void)[] = [];

  dial = (): ClientDuplexStream<DesiredStateRequest, DesiredStateResponse> => {
    const stream = new Duplex({
      objectMode: true,
      read: () => {},
      write: (request: DesiredStateRequest, _encoding, done) => {
        this.said.push(request);
        done();
        this.waiting.splice(0).forEach((wake) => wake());
      },
    });
    this.stream = stream;
    return Object.assign(stream, { cancel: () => stream.destroy() }) as never;
  };

  /** The `count`th thing that was said. */
  async heard(count: number): Promise<DesiredStateRequest> {
    while (this.said.length < count) await new Promise<void>((wake) => this.waiting.push(wake));
    return this.said[count - 1];
  }

  send(response: Partial<DesiredStateResponse>): void {
    this.stream!.push({ revision: '', whole: false, more: false, changed: [], removed: [], ...response });
  }

  end(code: status): void {
    this.stream!.destroy(Object.assign(new Error(status[code]), { code }));
  }
}

function follow(document = new DesiredDocument()) {
  const control = new ControlPlane();
  const ending = new AbortController();
  const applied: string[][] = [];
  let kept = 0;
  let unfiltered = 0;
  const failure = { kind: 'network', id: 'a', reason: 'no such device' };
  const reconciler = {
    apply: async () => void applied.push([...document.networks.keys()]),
    unfilter: async () => void unfiltered++,
    failures: () => (applied.length === 1 ? [failure] : []),
    onChange: () => {},
  };
  const file = { keep: () => void kept++ };
  const deps = { dial: control.dial, document, file, reconciler, mended: () => [], logger, signal: ending.signal };
  const done = new Follower(deps).run();
  const stop = async () => {
    ending.abort();
    await done;
  };
  return { control, document, applied, failure, kept: () => kept, unfiltered: () => unfiltered, stop };
}

test('the follower names its revision, applies a change after its last part, and acknowledges with what failed', async () => {
  const { control, document, applied, failure, stop } = follow();
  const kinds = ['network', 'subnet', 'port', 'peer', 'router', 'securityGroup', 'groupMember'];
  const none = { networkIds: [], routerIds: [], securityGroupIds: [], remoteGroupIds: [] };
  assert.deepEqual(await control.heard(1), { subscription: { revision: '', kinds, ...none } });
  control.send({ revision: '1', whole: true, more: true, changed: [network('a')] });
  control.send({ revision: '1', whole: true, changed: [network('b')] });
  const first = (await control.heard(2)).acknowledgement!;
  assert.deepEqual(first, { revision: '1', failures: [failure], mended: [] });
  assert.deepEqual(applied, [['a', 'b']], 'once, as a whole');
  control.send({ revision: '2', removed: [{ kind: 'network', id: 'a' }] });
  assert.deepEqual((await control.heard(3)).acknowledgement, { revision: '2', failures: [], mended: [] });
  assert.deepEqual([...document.networks.keys()], ['b']);
  await stop();
});

test('a stream that breaks is dialled again, from the revision that is here', async () => {
  const { control, stop } = follow();
  await control.heard(1);
  control.send({ revision: '7', whole: true, changed: [network('a')] });
  await control.heard(2);
  control.end(status.UNAVAILABLE);
  const again = (await control.heard(3)).subscription!;
  assert.deepEqual([again.revision, again.networkIds], ['7', ['a']]);
  await stop();
});

test('the document is emptied where the control plane is of a release that tells of networks by calls', async () => {
  const document = new DesiredDocument();
  document.apply('7', [network('a')], [], true);
  const { control, kept, unfiltered, stop } = follow(document);
  await control.heard(1);
  control.end(status.UNIMPLEMENTED);
  while (!kept() || !unfiltered()) await pause(10);
  assert.deepEqual([document.revision, document.networks.size, document.groupless], ['', 0, true]);
  await stop();
});

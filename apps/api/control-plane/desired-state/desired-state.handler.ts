import { Injectable } from '@nestjs/common';
import { status } from '@grpc/grpc-js';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import type {
  DesiredStateRequest,
  DesiredStateResponse,
  DesiredStateSubscription,
} from '#generated/lxstack/agent/v1/desired_state';
import { InvalidInputError, NotFoundError } from '#libs/common/errors';
import { createLogger } from '#libs/common/logger';
import { UUID } from '#libs/common/names';
import { DesiredStateFeed } from '#libs/networking/desired-state/feed';
import { HostFacts } from '#libs/networking/desired-state/host-facts';
import { AgentAdmission } from '../agent-admission.js';
import type { AdmittedStream } from '../agent-admission.js';
import { toGrpc } from '../grpc-errors.js';
import { AgentStream } from './agent-stream.js';

type Call = ServerDuplexStream<DesiredStateRequest, DesiredStateResponse>;

const MOST_NETWORKS = 10_000;

/** FollowDesiredState: an agent sends its subscription, then acknowledgements, until one side ends the stream. */
@Injectable()
export class DesiredStateHandler {
  private readonly log = createLogger('desired-state');

  constructor(
    private readonly feed: DesiredStateFeed,
    private readonly facts: HostFacts,
    private readonly admission: AgentAdmission,
  ) {}

  /** Serves one stream. */
  follow(call: Call): void {
    let stream: AgentStream | undefined;
    let admitted: AdmittedStream | undefined;
    let subscribing = false;
    const gone = () => {
      admitted?.end();
      if (!stream) return;
      stream.ended = true;
      this.feed.remove(stream);
    };
    call.on('cancelled', gone);
    call.on('error', gone);
    call.on('end', () => {
      gone();
      call.end();
    });
    call.on('data', ({ subscription, acknowledgement }: DesiredStateRequest) => {
      if (acknowledgement && stream) return this.feed.acknowledge(stream, acknowledgement);
      if (!subscription || subscribing) return;
      subscribing = true;
      const refuse = (error: unknown) => {
        gone();
        const answer = toGrpc(error);
        this.log.info({ code: status[answer.code], reason: answer.details }, 'host cannot follow');
        call.emit('error', answer);
      };
      this.admission
        .admitStream(call)
        .then((granted) => {
          admitted = granted;
          if (call.cancelled) return gone();
          granted.revoked.addEventListener('abort', () => refuse(granted.revoked.reason), { once: true });
          return this.subscribe(call, granted.hostname, subscription, (made) => (stream = made));
        })
        .catch(refuse);
    });
  }

  private async subscribe(
    call: Call,
    name: string,
    subscription: DesiredStateSubscription,
    made: (stream: AgentStream) => void,
  ): Promise<void> {
    const { networkIds, kinds } = subscription;
    if (networkIds.length > MOST_NETWORKS || !networkIds.every((id) => UUID.test(id)))
      throw new InvalidInputError('subscription.network_ids', `at most ${MOST_NETWORKS} UUIDs`);
    const hostId = await this.facts.hostOfName(name);
    if (!hostId) throw new NotFoundError('Host', name);
    const stream = new AgentStream(hostId, new Set(kinds), call);
    made(stream);
    await this.feed.add(stream, subscription);
    this.log.info({ host: name, networks: networkIds.length }, 'host follows');
  }
}

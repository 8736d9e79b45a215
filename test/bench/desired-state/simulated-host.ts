import { Metadata } from '@grpc/grpc-js';
import type { ChannelCredentials, ClientDuplexStream } from '@grpc/grpc-js';
import { ControlPlaneClient } from '#generated/lxstack/agent/v1/control_plane';
import type { DesiredStateRequest, DesiredStateResponse } from '#generated/lxstack/agent/v1/desired_state';
import { channelOptions } from '#libs/agent-protocol/credentials';

/** The agent's end of a stream, without a host: counts what it is sent, and acknowledges it. */
export class SimulatedHost {
  messages = 0;
  resources = 0;
  private readonly client: ControlPlaneClient;
  private stream: ClientDuplexStream<DesiredStateRequest, DesiredStateResponse> | undefined;

  constructor(
    address: string,
    trust: ChannelCredentials,
    /** Called with each peer that arrives. */
    private readonly heard: (peerId: string) => void,
  ) {
    this.client = new ControlPlaneClient(address, trust, channelOptions);
  }

  /** Resolves when the whole document has arrived. */
  follow(): Promise<void> {
    const stream = this.client.followDesiredState(new Metadata());
    this.stream = stream;
    return new Promise((resolve, reject) => {
      stream.on('error', reject);
      stream.on('data', (response: DesiredStateResponse) => {
        this.take(response);
        if (!response.more) resolve();
      });
      const none = { networkIds: [], routerIds: [], securityGroupIds: [], remoteGroupIds: [] };
      stream.write({ subscription: { revision: '', kinds: ['network', 'subnet', 'port', 'peer'], ...none } });
    });
  }

  close(): void {
    this.stream?.on('error', () => undefined); // cancelled
    this.stream?.cancel();
    this.client.close();
  }

  private take({ revision, changed, removed, more }: DesiredStateResponse): void {
    this.messages++;
    this.resources += changed.length + removed.length;
    for (const { id, body } of changed) if (body?.$case === 'peer') this.heard(id);
    if (!more) this.stream!.write({ acknowledgement: { revision, failures: [], mended: [] } });
  }
}

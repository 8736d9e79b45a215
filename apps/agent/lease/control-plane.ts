import { Metadata } from '@grpc/grpc-js';
import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import { Readable } from 'node:stream';
import { ControlPlaneClient } from '#generated/lxstack/agent/v1/control_plane';
import type {
  Fence,
  HeartbeatResponse,
  ImageChunk,
  KeepGuestPasswordResponse,
  Ownership,
  RenewCertificateResponse,
} from '#generated/lxstack/agent/v1/control_plane';
import type { DesiredStateRequest, DesiredStateResponse } from '#generated/lxstack/agent/v1/desired_state';
import type { HostInfo, ImageRef, InstanceStatus } from '#generated/lxstack/agent/v1/types';
import { channelCredentials, channelOptions } from '#libs/agent-protocol/credentials';
import type { Pki } from '#libs/agent-protocol/credentials';

const DEADLINE_MS = 10_000;
/** A third of the lease, so that one hanging call does not lose it. */
const HEARTBEAT_MS = 5_000;
const DOWNLOAD_MS = 1800_000;
/**
 * A stream ends after about this time and is dialled again, so that streams spread over the control plane's processes.
 */
const FOLLOW_MS = 3_600_000;

/** The agent's calls to the control plane. Each rejects after its deadline. */
export class ControlPlane {
  private client: ControlPlaneClient;

  constructor(
    private readonly address: string,
    pki: Pki,
  ) {
    this.client = this.connect(pki);
  }

  /** Later calls show this certificate; open ones go on with the one before. */
  use(pki: Pki): void {
    const before = this.client;
    this.client = this.connect(pki);
    before.close();
  }

  /** Renews the lease; tells what this host is and what it promises to fence. */
  heartbeat(host: HostInfo, bootId: string, fence: Fence | undefined): Promise<HeartbeatResponse> {
    return answered((done) =>
      this.client.heartbeat({ host, bootId, fence }, new Metadata(), until(HEARTBEAT_MS), done),
    );
  }

  /** Reports states; returns the ids that must be reported again, because a task runs on them. */
  async report(instances: InstanceStatus[]): Promise<string[]> {
    const answer = await answered<{ busyIds: string[] }>((done) =>
      this.client.reportInstances({ instances }, new Metadata(), until(DEADLINE_MS), done),
    );
    return answer.busyIds;
  }

  /** Who owns these instances. */
  async ownership(instanceIds: string[]): Promise<Ownership[]> {
    const answer = await answered<{ ownerships: Ownership[] }>((done) =>
      this.client.getOwnership({ instanceIds }, new Metadata(), until(DEADLINE_MS), done),
    );
    return answer.ownerships;
  }

  /** Keeps what the instance's guest has posted as its password ('': only asks), unless one is kept already. */
  keepGuestPassword(instanceId: string, password: string): Promise<KeepGuestPasswordResponse> {
    return answered((done) =>
      this.client.keepGuestPassword({ instanceId, password }, new Metadata(), until(DEADLINE_MS), done),
    );
  }

  /** Opens the stream of the desired state. */
  followDesiredState(): ClientDuplexStream<DesiredStateRequest, DesiredStateResponse> {
    return this.client.followDesiredState(new Metadata(), until(FOLLOW_MS * (0.5 + Math.random())));
  }

  /** The next certificate, for the key that signed the request. */
  renewCertificate(certificateRequestPem: string): Promise<RenewCertificateResponse> {
    return answered((done) =>
      this.client.renewCertificate({ certificateRequestPem }, new Metadata(), until(DEADLINE_MS), done),
    );
  }

  /** The image's data. */
  download(image: ImageRef): Readable {
    const { imageId, sha256 } = image;
    const call = this.client.downloadImage({ imageId, sha256 }, new Metadata(), until(DOWNLOAD_MS));
    return Readable.from(chunks(call));
  }

  private connect(pki: Pki): ControlPlaneClient {
    return new ControlPlaneClient(this.address, channelCredentials(pki, { role: 'control' }), channelOptions);
  }
}

async function* chunks(call: AsyncIterable<ImageChunk>): AsyncGenerator<Buffer> {
  for await (const { data } of call) yield Buffer.from(data);
}

const until = (ms: number) => ({ deadline: Date.now() + ms });

function answered<T>(call: (done: (error: ServiceError | null, response: T) => void) => unknown): Promise<T> {
  return new Promise((resolve, reject) => call((error, response) => (error ? reject(error) : resolve(response))));
}

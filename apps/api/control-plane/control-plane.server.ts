import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Server } from '@grpc/grpc-js';
import type { ServerCredentials } from '@grpc/grpc-js';
import { EnrolmentService } from '#generated/lxstack/agent/v1/control_plane';
import type { ControlPlaneServer, EnrolmentServer } from '#generated/lxstack/agent/v1/control_plane';
import { channelOptions, readPki, serverCredentials } from '#libs/agent-protocol/credentials';
import { settings } from '#libs/common/settings/settings';
import { createLogger } from '#libs/common/logger';
import { Enrolment } from '#libs/fleet/enrolment/enrolment.service';
import { HostCertificates } from '#libs/fleet/enrolment/host-certificates.service';
import { Leases } from '#libs/fleet/leases/leases.service';
import { InstanceOwnership } from '#libs/fleet/ownership/ownership.service';
import { AgentAdmission } from './agent-admission.js';
import { certificateOf } from './agent-identity.js';
import { DesiredStateHandler } from './desired-state/desired-state.handler.js';
import { controlPlaneService } from './desired-state/service.js';
import { ImageDownload } from './image-download.js';
import { unary } from './unary.js';

const CLOSE_MS = 3_000;

/** The gRPC servers for agents: `ControlPlane` demands a host's certificate; `Enrolment` gives a host its first one. */
@Injectable()
export class ControlPlaneServers implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = createLogger('control-plane');
  private readonly servers: Server[] = [];

  constructor(
    private readonly leases: Leases,
    private readonly ownership: InstanceOwnership,
    private readonly enrolment: Enrolment,
    private readonly images: ImageDownload,
    private readonly desiredState: DesiredStateHandler,
    private readonly admission: AgentAdmission,
    private readonly certificates: HostCertificates,
  ) {}

  /** Listens on both addresses; throws where one of them is taken. */
  async onApplicationBootstrap(): Promise<void> {
    const pki = readPki(settings('pki').directory);
    const control = new Server(channelOptions);
    control.addService(controlPlaneService, this.controlPlane());
    await this.listen(control, settings('control').listen, serverCredentials(pki));
    const enrolment = new Server(channelOptions);
    enrolment.addService(EnrolmentService, this.join());
    await this.listen(enrolment, settings('control').enrolListen, serverCredentials(pki, false));
  }

  /** Ends both servers. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.servers.map(close));
  }

  private controlPlane(): ControlPlaneServer {
    return {
      heartbeat: unary('Heartbeat', async (request, call) =>
        this.leases.renew(await this.admission.admit(call), request),
      ),
      getOwnership: unary('GetOwnership', async ({ instanceIds }, call) => ({
        ownerships: await this.ownership.of(await this.admission.admit(call), instanceIds),
      })),
      reportInstances: unary('ReportInstances', async ({ instances }, call) => ({
        busyIds: await this.ownership.report(await this.admission.admit(call), instances),
      })),
      keepGuestPassword: unary('KeepGuestPassword', async ({ instanceId, password }, call) =>
        this.ownership.keepPassword(await this.admission.admit(call), instanceId, password),
      ),
      downloadImage: (call) => void this.images.send(call),
      followDesiredState: (call) => this.desiredState.follow(call),
      renewCertificate: unary('RenewCertificate', async ({ certificateRequestPem }, call) => {
        const shown = certificateOf(call);
        const answer = await this.certificates.renew(shown, certificateRequestPem);
        this.log.info({ host: shown.hostname }, 'certificate renewed');
        return answer;
      }),
    };
  }

  private join(): EnrolmentServer {
    return {
      join: unary('Join', async (request) => {
        const answer = await this.enrolment.join(request);
        this.log.info({ host: request.hostname, role: request.role }, 'host joined');
        return answer;
      }),
    };
  }

  private async listen(server: Server, address: string, credentials: ServerCredentials): Promise<void> {
    await new Promise<void>((resolve, reject) =>
      server.bindAsync(address, credentials, (error) => (error ? reject(error) : resolve())),
    );
    this.servers.push(server);
    this.log.info({ address }, 'listening for agents');
  }
}

/** Lets calls end for a while, then cancels them. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(() => server.forceShutdown(), CLOSE_MS);
    server.tryShutdown(() => {
      clearTimeout(late);
      resolve();
    });
  });
}

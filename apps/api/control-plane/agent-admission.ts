import { Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { ForbiddenError, messageOf } from '#libs/common/errors';
import { createLogger } from '#libs/common/logger';
import { HostCertificates } from '#libs/fleet/enrolment/host-certificates.service';
import { certificateOf } from './agent-identity.js';
import type { AgentCall } from './agent-identity.js';

/** Milliseconds within which the streams of a revoked host end. */
const LOOK_MS = 500;

/** A stream of an admitted host. `revoked` is aborted with a ForbiddenError when an operator revokes the host. */
export interface AdmittedStream {
  hostname: string;
  revoked: AbortSignal;
  /** Call it when the stream ends. */
  end(): void;
}

/**
 * Checks the calling host at each call: a certificate of the cluster's CA may have been replaced, or its host revoked.
 */
@Injectable()
export class AgentAdmission implements OnApplicationShutdown {
  private readonly log = createLogger('control-plane');
  private readonly streams = new Map<AbortController, string>();
  private looking: NodeJS.Timeout | undefined;

  constructor(private readonly certificates: HostCertificates) {}

  /** The calling host's name. Throws ForbiddenError, NotFoundError. */
  async admit(call: AgentCall): Promise<string> {
    const shown = certificateOf(call);
    await this.certificates.check(shown);
    return shown.hostname;
  }

  /** As `admit`, for a call that stays open. */
  async admitStream(call: AgentCall): Promise<AdmittedStream> {
    const hostname = await this.admit(call);
    const stream = new AbortController();
    this.streams.set(stream, hostname);
    this.looking ??= setInterval(() => void this.look(), LOOK_MS).unref();
    return { hostname, revoked: stream.signal, end: () => this.streams.delete(stream) };
  }

  /** Ends the look for revoked hosts. */
  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.looking);
    return Promise.resolve();
  }

  private async look(): Promise<void> {
    if (!this.streams.size) return;
    try {
      const revoked = await this.certificates.revoked([...new Set(this.streams.values())]);
      for (const [stream, hostname] of this.streams)
        if (revoked.has(hostname)) stream.abort(new ForbiddenError(`Host ${hostname} is revoked.`));
    } catch (error) {
      this.log.warn({ error: messageOf(error) }, 'open streams of agents could not be checked');
    }
  }
}

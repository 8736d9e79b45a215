import { sleep } from '#libs/common/clock';
import { messageOf } from '#libs/common/errors';
import type { Logger } from '#libs/common/logger';
import type { ControlPlane } from '../lease/control-plane.js';
import type { AgentCertificates } from './agent-certificates.js';
import { certificateRequest } from './certificate-request.js';

/** Longest wait before the time is read again: a clock may be set, and a host may sleep. */
const LONGEST_SLEEP_MS = 3_600_000;
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [1_000, 600_000];

interface RenewalDeps {
  hostname: string;
  certificates: AgentCertificates;
  control: Pick<ControlPlane, 'renewCertificate'>;
  /** Fraction of the certificate's life after which the next one is asked for. */
  fraction: number;
  logger: Logger;
  signal: AbortSignal;
}

/** Renews this host's certificate until `signal`: asks for the next one, for a new key, with the present one. */
export async function renewCertificates(deps: RenewalDeps): Promise<void> {
  const { certificates, fraction, logger, signal } = deps;
  for (let pause = FIRST_PAUSE_MS; !signal.aborted;) {
    const left = certificates.renewAt(fraction) - Date.now();
    if (left > 0) {
      await sleep(Math.min(left, LONGEST_SLEEP_MS), signal).catch(() => undefined); // the process ends: the loop's condition tells
      continue;
    }
    try {
      await renew(deps);
      pause = FIRST_PAUSE_MS;
    } catch (error) {
      if (signal.aborted) return;
      const ends = new Date(certificates.endsAt).toISOString();
      logger.warn({ reason: messageOf(error), ends }, 'the certificate could not be renewed');
      await sleep(pause, signal).catch(() => undefined); // the process ends: the loop's condition tells
      pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
    }
  }
}

async function renew({ hostname, certificates, control, logger }: RenewalDeps): Promise<void> {
  const { requestPem, keyPem } = await certificateRequest(hostname);
  const { caPem, certificatePem } = await control.renewCertificate(requestPem);
  await certificates.replace(caPem, keyPem, certificatePem);
  logger.info({ ends: new Date(certificates.endsAt).toISOString() }, 'certificate renewed');
}

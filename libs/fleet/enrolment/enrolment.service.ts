import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { JoinRequest, JoinResponse } from '#generated/lxstack/agent/v1/control_plane';
import { settings } from '#libs/common/settings/settings';
import { InvalidInputError } from '#libs/common/errors';
import { newId } from '#libs/common/ids';
import { HOSTNAME, requireName } from '#libs/common/names';
import { JoinTokens } from '../join-tokens/join-tokens.service.js';
import { ClusterCa } from './cluster-ca.js';

const ADDRESS = /^(\[[0-9a-f:]+\]|[A-Za-z0-9.-]+):\d{1,5}$/;
const ZONE = /^[A-Za-z0-9_.-]{1,64}$/;

/**
 * A name that joins again (an operator allowed it by the token) stays the same host; its earlier certificates are
 * forgotten.
 */
const ENROL = `
  INSERT INTO hosts (id, name, role, address, availability_zone, certificate_fingerprint)
  VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (name) DO UPDATE SET
    role = excluded.role, address = excluded.address, availability_zone = excluded.availability_zone,
    certificate_fingerprint = excluded.certificate_fingerprint, previous_certificate_fingerprint = NULL,
    revoked_at = NULL, updated_at = now()
  RETURNING id`;

/** How a host joins: it gives a one-time token and gets a certificate of the cluster's CA. */
@Injectable()
export class Enrolment {
  constructor(
    private readonly database: DataSource,
    private readonly tokens: JoinTokens,
  ) {}

  /**
   * Throws UnauthenticatedError for a token that is unknown, used or too old, HostEnrolledError, InvalidInputError.
   * Where it throws, nothing has changed and the token is still good.
   */
  async join(request: JoinRequest): Promise<JoinResponse> {
    const hostname = requireName('hostname', request.hostname, HOSTNAME, 'a host name');
    const address = requireName('address', request.address, ADDRESS, 'host:port');
    const zone = requireName('availability_zone', request.availabilityZone || 'nova', ZONE, 'a zone name');
    if (request.role !== 'compute' && request.role !== 'network')
      throw new InvalidInputError('role', 'compute or network');
    return this.database.transaction(async (tx) => {
      await this.tokens.redeem(tx, request.token, hostname);
      const signed = await new ClusterCa(settings('pki').directory).sign(hostname, request.certificateRequestPem);
      const values = [newId(), hostname, request.role, address, zone, signed.fingerprint];
      const [{ id }] = await tx.query<{ id: string }[]>(ENROL, values);
      return { hostId: id, certificatePem: signed.certificatePem, caPem: signed.caPem, clusterId: signed.clusterId };
    });
  }
}

import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { ForbiddenError, NotFoundError } from '#libs/common/errors';
import { settings } from '#libs/common/settings/settings';
import { requireAllowed } from '#libs/policy/policy';
import { hostTarget } from '../hosts/host-target.js';
import type { Host } from '../hosts/host.entity.js';
import { HostRecords } from '../hosts/host-records.js';
import { ClusterCa } from './cluster-ca.js';

/** What a host's TLS connection shows: the name in its certificate, and the certificate's sha256 in hex. */
export interface ShownCertificate {
  hostname: string;
  fingerprint: string;
}

/** Index: unique name of hosts. A host of which no fingerprint is kept yet is known from now on by the one it shows. */
const CHECK = `
  WITH learnt AS (
    UPDATE hosts SET certificate_fingerprint = $2 WHERE name = $1 AND certificate_fingerprint IS NULL)
  SELECT revoked_at IS NOT NULL AS revoked,
    coalesce(certificate_fingerprint, $2) = $2 OR previous_certificate_fingerprint = $2 AS known
  FROM hosts WHERE name = $1`;

const REVOKED = 'SELECT name FROM hosts WHERE name = ANY($1) AND revoked_at IS NOT NULL';

/** The certificates of hosts that have joined: checked at each call, renewed by the agent, revoked by an operator. */
@Injectable()
export class HostCertificates {
  constructor(
    private readonly database: DataSource,
    private readonly hosts: HostRecords,
  ) {}

  /**
   * Throws NotFoundError for a host that never joined or was removed; ForbiddenError for one that was revoked, and for
   * a certificate that is neither the host's present one nor the one before it.
   */
  async check({ hostname, fingerprint }: ShownCertificate): Promise<void> {
    const [host] = await this.database.query<{ revoked: boolean; known: boolean | null }[]>(CHECK, [
      hostname,
      fingerprint,
    ]);
    if (!host) throw new NotFoundError('Host', hostname);
    if (host.revoked) throw new ForbiddenError(`Host ${hostname} is revoked: an operator has to let it join again.`);
    if (!host.known) throw new ForbiddenError(`The certificate of host ${hostname} was replaced by another one.`);
  }

  /**
   * Signs the next certificate of a host that shows a good one. The one shown stays good until it ends or the next
   * renewal, because the answer may be lost. Throws as `check`, InvalidInputError.
   */
  async renew(shown: ShownCertificate, requestPem: string): Promise<{ certificatePem: string; caPem: string }> {
    return this.database.transaction(async (tx) => {
      await tx.query('SELECT FROM hosts WHERE name = $1 FOR UPDATE', [shown.hostname]);
      await this.check(shown);
      const ca = new ClusterCa(settings('pki').directory);
      const { certificatePem, caPem, fingerprint } = await ca.sign(shown.hostname, requestPem);
      await tx.query(
        `UPDATE hosts SET certificate_fingerprint = $2, previous_certificate_fingerprint = $3, updated_at = now()
         WHERE name = $1`,
        [shown.hostname, fingerprint, shown.fingerprint],
      );
      return { certificatePem, caPem };
    });
  }

  /**
   * No call of the host is taken from now on, and it gets nothing new. What runs there runs on until its fence ends it or
   * it is evacuated. Returns the host as it is then. Throws NotFoundError, PolicyDeniedError.
   */
  async revoke(caller: Caller, idOrName: string): Promise<Host> {
    const host = await this.hosts.get(idOrName);
    requireAllowed(caller, 'fleet:hosts:revoke', hostTarget(host));
    await this.database.query(
      `UPDATE hosts SET revoked_at = coalesce(revoked_at, now()), enabled = false, disabled_reason = 'revoked',
         updated_at = now() WHERE id = $1`,
      [host.id],
    );
    return this.hosts.get(host.id);
  }

  /** Returns those of the named hosts that are revoked. */
  async revoked(hostnames: string[]): Promise<Set<string>> {
    const rows = await this.database.query<Pick<Host, 'name'>[]>(REVOKED, [hostnames]);
    return new Set(rows.map(({ name }) => name));
  }
}

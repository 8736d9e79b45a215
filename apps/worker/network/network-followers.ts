import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { sleep } from '#libs/common/clock';
import { createLogger } from '#libs/common/logger';
import type { Host } from '#libs/fleet/hosts/host.entity';
import { hasCapability } from '#libs/fleet/hosts/host-state';
import { Acknowledgements } from '#libs/networking/desired-state/acknowledgements';
import { ChangeLog } from '#libs/networking/desired-state/change-log';

/** A host that is up and has not heard for so long is not waited for any longer. One that is down never is. */
const PATIENCE_MS = 60_000;
/** A move's target may have to make a large network first. */
const TARGET_PATIENCE_MS = 300_000;
/** Between two looks at a target that has acknowledged, but not these networks. */
const LOOK_MS = 500;

/** The hosts that follow the networks of an instance (libs/networking/desired-state). */
@Injectable()
export class NetworkFollowers {
  private readonly log = createLogger('worker');

  constructor(
    private readonly database: DataSource,
    private readonly changes: ChangeLog,
    private readonly acknowledgements: Acknowledgements,
  ) {}

  /**
   * Resolves when every host of the instance's networks that is up has applied all that is committed by now, woken by their
   * acknowledgements; after a minute also without those that do not answer.
   */
  async haveHeard(instanceId: string, signal: AbortSignal): Promise<void> {
    const mark = await this.database.transaction((tx) => this.changes.markInstance(tx, instanceId));
    if (!mark.networkIds.length) return;
    const behind = await this.acknowledgements.wait(mark.xid, { networkIds: mark.networkIds }, PATIENCE_MS, signal);
    if (behind.length)
      this.log.warn({ instance: instanceId, hosts: behind }, 'hosts have not heard where it is: not waited for');
  }

  /**
   * Waits until the target of a live move has made these networks as its document says, peers, routers and all. False where
   * it has not for five minutes. An agent of v0.1 is not waited for.
   */
  async madeNetworks(host: Host, networkIds: string[], signal: AbortSignal): Promise<boolean> {
    if (!hasCapability(host, 'desired-state') || (await this.has(host, networkIds))) return true;
    const hostIds = [host.id];
    const xid = await this.database.transaction((tx) => this.changes.markHosts(tx, hostIds));
    for (const deadline = Date.now() + TARGET_PATIENCE_MS; ; await sleep(LOOK_MS, signal)) {
      // Ends at once for a host whose lease has run out; it may only be slow.
      await this.acknowledgements.wait(xid, { hostIds }, deadline - Date.now(), signal);
      if (await this.has(host, networkIds)) return true;
      if (Date.now() >= deadline) return false;
    }
  }

  private async has(host: Host, networkIds: string[]): Promise<boolean> {
    return (await this.acknowledgements.networksAt(host.id, networkIds)).size === networkIds.length;
  }
}

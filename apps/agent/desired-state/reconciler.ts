import pLimit from 'p-limit';
import type { ResourceFailure } from '#generated/lxstack/agent/v1/desired_state';
import { messageOf } from '#libs/common/errors';
import type { Logger } from '#libs/common/logger';
import { Turn } from '#libs/common/turns';
import type { SettledPort } from '../network/host-network-state.js';
import { Touched } from './document.js';
import type { Kind } from './document.js';
import type { ApplyContext } from './apply-context.js';
import { applyNetwork } from './networks/apply.js';
import { applyPeers, applySettled } from './peers/apply.js';
import { applyPorts } from './ports/apply.js';
import { applyRouter, removeOtherRouters } from './routers/apply.js';
import { applySubnets } from './subnets/apply.js';

/** Networks that are worked on at the same time. */
const PARALLEL = 4;
const [FIRST_RETRY_MS, LONGEST_RETRY_MS] = [1_000, 30_000];
/** In place of a network's id: all security groups of the host. */
const ALL = '*';
/** Upper bound of the failures that are told. */
const MOST_TOLD = 100;

/**
 * Makes the host's networks what the document says, network by network; within one, in the order in which resources
 * need each other. A failure does not stop the others; it is repeated until it succeeds or is no longer wanted.
 */
export class Reconciler {
  /** Called where a repetition has changed the failures. */
  onChange: () => void = () => {};
  private readonly failing = new Map<string, ResourceFailure>();
  private readonly limit = pLimit(PARALLEL);
  private retry: NodeJS.Timeout | undefined;
  private retryMs = FIRST_RETRY_MS;
  private readonly turn = new Turn();

  constructor(
    private readonly context: ApplyContext,
    private readonly logger: Logger,
  ) {
    context.network.onSettled = (networkId, ports) => void this.inTurn(() => this.settled(networkId, ports));
  }

  /** What fails now; at most MOST_TOLD. */
  failures(): ResourceFailure[] {
    return [...this.failing.values()].slice(0, MOST_TOLD);
  }

  /** Resolves when everything touched was tried. */
  apply(touched: Touched): Promise<void> {
    return this.inTurn(() => this.tryAll(touched));
  }

  /** The control plane knows no security groups. Throws where this fails. */
  unfilter(): Promise<void> {
    return this.inTurn(() => this.context.network.unfilter());
  }

  private async tryAll(touched: Touched): Promise<void> {
    for (const id of touched.gone) this.forget(id);
    await this.tryGroups(touched);
    const networkIds = new Set([
      ...touched.networks,
      ...touched.ports.values(),
      ...touched.peers.keys(),
      ...touched.goneMacs.keys(),
    ]);
    const present = [...networkIds].filter((id) => this.context.document.networks.has(id));
    await Promise.all(present.map((id) => this.limit(() => this.tryNetwork(id, touched))));
    await this.tryRouters(touched);
    this.scheduleRetry();
  }

  /** Before ports that are in new groups. The groups of a host succeed or fail together. */
  private async tryGroups({ groups, memberGroups }: Touched): Promise<void> {
    const { document, network } = this.context;
    const isFailing = this.failing.has(key('securityGroup', ALL));
    if (!groups.size && !memberGroups.size && !isFailing) return;
    const all = document.all();
    await this.try('securityGroup', ALL, () =>
      isFailing ? network.applyGroups(all.groups, all.memberGroups) : network.applyGroups(groups, memberGroups),
    );
  }

  private async tryNetwork(networkId: string, touched: Touched): Promise<void> {
    const { context } = this;
    const ports = [...touched.ports].filter(([, id]) => id === networkId).map(([id]) => id);
    const isMissing = !context.network.has(networkId);
    const network = touched.networks.has(networkId) || isMissing;
    if (network) {
      await this.try('network', networkId, () => applyNetwork(context, networkId));
      if (this.failing.has(key('network', networkId))) return; // no other resource works without it
    }
    const all = network || this.failing.has(key('port', networkId));
    if (network || ports.length) await this.try('port', networkId, () => applyPorts(context, networkId, all, ports));
    if (network || ports.length) await this.try('subnet', networkId, () => applySubnets(context, networkId));
    const [peers, gone] = [touched.peers.get(networkId), touched.goneMacs.get(networkId)];
    if (!peers && !gone && !isMissing) return;
    const changed = isMissing || this.failing.has(key('peer', networkId)) ? 'all' : peers;
    await this.try('peer', networkId, () => applyPeers(context, networkId, changed, gone));
  }

  /** A network's MTU and its subnets' prefixes are the routers' too, so they follow it. */
  private async tryRouters({ routers, networks, gone }: Touched): Promise<void> {
    const { document } = this.context;
    const beside = document.routersOn(new Set([...networks, ...gone]));
    const ids = new Set([...routers, ...beside]);
    await Promise.all(
      [...ids].map((id) => this.limit(() => this.try('router', id, () => applyRouter(this.context, id)))),
    );
  }

  /** As `try`, at the agent's start: routers may be left of an earlier document. */
  removeOtherRouters(): Promise<void> {
    return this.inTurn(() => this.try('router', '', () => removeOtherRouters(this.context)));
  }

  /** What has failed before is tried again as a whole: these ports alone would hide it. */
  private async settled(networkId: string, ports: readonly SettledPort[]): Promise<void> {
    if (!this.context.document.networks.has(networkId) || this.failing.has(key('peer', networkId))) return;
    await this.try('peer', networkId, () => applySettled(this.context, networkId, ports));
    this.scheduleRetry();
  }

  /** `id` is the network's, or the router's: a network's resources of one kind succeed or fail together. */
  private async try(kind: Kind, id: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.failing.delete(key(kind, id));
    } catch (error) {
      const reason = messageOf(error).slice(0, 500);
      this.failing.set(key(kind, id), { kind, id, reason });
      this.logger.warn({ kind, network: id, reason }, 'desired state not applied');
    }
  }

  private forget(networkId: string): void {
    for (const [name, { id }] of this.failing) if (id === networkId) this.failing.delete(name);
  }

  private scheduleRetry(): void {
    if (!this.failing.size) this.retryMs = FIRST_RETRY_MS;
    if (!this.failing.size || this.retry) return;
    this.retry = setTimeout(() => {
      this.retry = undefined;
      void this.inTurn(() => this.tryAgain());
    }, this.retryMs).unref();
    this.retryMs = Math.min(LONGEST_RETRY_MS, 2 * this.retryMs);
  }

  private async tryAgain(): Promise<void> {
    const before = JSON.stringify(this.failures());
    const failing = [...this.failing.values()];
    const networks = new Set(failing.filter(({ kind }) => kind !== 'router').map(({ id }) => id));
    const all = this.context.document.all();
    if (this.failing.has(key('securityGroup', ALL))) await this.tryGroups(new Touched());
    for (const id of networks) if (id !== ALL && !this.context.document.networks.has(id)) this.forget(id);
    for (const id of networks) if (all.networks.has(id)) await this.tryNetwork(id, all);
    for (const { kind, id } of failing)
      if (kind === 'router')
        await this.try('router', id, () => (id ? applyRouter(this.context, id) : removeOtherRouters(this.context)));
    this.scheduleRetry();
    if (JSON.stringify(this.failures()) !== before) this.onChange();
  }

  /** Runs one change of the document after the other. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.turn.take(work);
  }
}

const key = (kind: Kind, id: string): string => `${kind} ${id}`;

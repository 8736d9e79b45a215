import type { CompareDesiredStateResponse, NetworkComparison } from '#generated/lxstack/agent/v1/agent';
import type { KernelDifference } from '#libs/agent-protocol/kernel-differences';
import { messageOf } from '#libs/common/errors';
import { sleep } from '#libs/common/clock';
import type { Logger } from '#libs/common/logger';
import { Turn } from '#libs/common/turns';
import type { RouterSpec } from '../network/routers/router-spec.js';
import type { InspectedNetwork } from '../network/network-mending.js';
import type { Network } from '../network/network.js';
import { digestsOf } from './digests.js';
import type { DesiredDocument } from './document.js';
import { readKernel } from './kernel.js';
import type { Kernel } from './kernel.js';
import { compareNetwork } from './networks/compare.js';
import { comparePeers } from './peers/compare.js';
import { compareFilters } from './ports/compare-filters.js';
import { comparePorts } from './ports/compare.js';
import { wantedRules } from './ports/wanted-rules.js';
import { compareRouters } from './routers/compare.js';
import type { Reconciler } from './reconciler.js';
import { DesiredSpecs, entryOf } from './specs.js';

/** The first look comes early: an agent that was killed may have left the kernel half-changed. */
const [FIRST_LOOK_MS, LOOK_MS] = [250, 30_000];
const PAGE = 100;
const MOST_TOLD = 100;
/** Of one answer; gRPC messages hold 8 MiB. */
const MOST_BYTES = 4 * 1024 ** 2;

interface DriftDeps {
  document: DesiredDocument;
  network: Network;
  reconciler: Reconciler;
  /** MACs of instances that are being moved: the move decides where their frames go. */
  movingMacs: () => ReadonlySet<string>;
  logger: Logger;
}

/** Compares the kernel with the document, mends differences, and tells of them. */
export class Drift {
  private mendedWords: string[] = [];
  private readonly turn = new Turn();

  constructor(private readonly deps: DriftDeps) {}

  /** Returns what was mended since the last call, in words. */
  takeMended(): string[] {
    const words = this.mendedWords;
    this.mendedWords = [];
    return words;
  }

  /** Looks every half minute and mends; calls `told` where it has mended something. */
  async watch(told: () => void, signal: AbortSignal): Promise<void> {
    if (!this.deps.network.inKernel) return;
    for (let pause = FIRST_LOOK_MS; !signal.aborted; pause = Math.min(LOOK_MS, 2 * pause)) {
      await sleep(pause, signal).catch(() => undefined); // the process ends: the next line tells
      if (signal.aborted) return;
      try {
        const { document } = this.deps;
        const ids = document.overruled ? [] : [...document.networks.keys()].sort();
        for (let at = 0; at < ids.length; at += PAGE) await this.compare(ids.slice(at, at + PAGE), true);
        if (this.mendedWords.length) told();
      } catch (error) {
        this.deps.logger.warn({ reason: messageOf(error) }, 'the kernel was not compared with the desired state');
      }
    }
  }

  /** One page of all networks, for an audit of this host. `repair` mends what differs. */
  async page(pageSize: number, pageToken: string, repair: boolean): Promise<CompareDesiredStateResponse> {
    const { document } = this.deps;
    const size = Math.min(pageSize || PAGE, PAGE);
    const ids = [...document.networks.keys()].sort().filter((id) => id > pageToken);
    const { revision } = document;
    const networks = withinMessage(await this.compare(ids.slice(0, size), repair));
    return { revision, networks, nextPageToken: ids.length > networks.length ? ids[networks.length - 1] : '' };
  }

  /**
   * Makes one look at a time. A network that differs is looked at again while nothing can change it; only what differs
   * then counts.
   */
  private compare(ids: string[], repair: boolean): Promise<NetworkComparison[]> {
    return this.turn.take(() => this.look(ids, repair));
  }

  private async look(ids: string[], repair: boolean): Promise<NetworkComparison[]> {
    const { network } = this.deps;
    if (!network.inKernel)
      return ids.map((id) => ({
        networkId: id,
        ...digestsOf(this.deps.document, id),
        differences: [],
        mended: [],
        found: [],
      }));
    const kernel = await readKernel();
    const found = ids.map((id) => ({ id, inspected: network.inspect(id) }));
    const rules = await rulesOf(found.map(({ inspected }) => inspected));
    const compared: NetworkComparison[] = [];
    for (const { id, inspected } of found) {
      const seen = await this.differences(id, inspected, rules, kernel);
      const comparison = seen.length ? await this.lookAgain(id, repair) : NOTHING;
      compared.push({ networkId: id, ...digestsOf(this.deps.document, id), ...comparison });
    }
    return compared;
  }

  /** Looks again, and mends with `repair`, while document and network are locked against changes. */
  private lookAgain(id: string, repair: boolean): Promise<Finding> {
    const { network, reconciler, logger } = this.deps;
    return reconciler.inTurn(() =>
      network.standingStill(id, async () => {
        const now = async () => {
          const inspected = network.inspect(id);
          return this.differences(id, inspected, await rulesOf([inspected]), await readKernel());
        };
        const found = await now();
        if (!found.length || !repair) return findingOf(found, []);
        await network.mend(id, await readKernel(), this.deps.movingMacs());
        for (const router of this.routersOn(id)) await network.applyRouter(router);
        const left = await now();
        const still = new Set(left.map(({ message }) => message));
        const mended = found.map(({ message }) => message).filter((words) => !still.has(words));
        const finding = findingOf(left, mended);
        logger.warn(
          { network: id, mended: finding.mended, left: finding.differences },
          'the kernel was not as desired',
        );
        const words = finding.mended.map((one) => `network ${id}: ${one}`);
        this.mendedWords = [...this.mendedWords, ...words].slice(-MOST_TOLD);
        return finding;
      }),
    );
  }

  private routersOn(networkId: string): RouterSpec[] {
    return new DesiredSpecs(this.deps.document).routersOn(networkId);
  }

  private async differences(
    id: string,
    inspected: InspectedNetwork | undefined,
    rules: ReadonlyMap<string, string>,
    kernel: Kernel,
  ): Promise<KernelDifference[]> {
    const { document, network, movingMacs } = this.deps;
    if (!document.networks.has(id)) return [];
    if (!inspected) return [{ kind: 'network-not-made', message: 'it is not made here' }];
    const apart = new Set([...inspected.pendingMacs, ...movingMacs()]);
    const routers = this.routersOn(id);
    const inner = await Promise.all(routers.map((router) => network.compareRouter(router)));
    const peers = [...(document.peers.get(id)?.values() ?? [])].map(entryOf);
    const elsewhere = peers.filter(({ vtep }) => vtep !== network.vtep);
    return [
      ...compareNetwork(inspected.network, kernel),
      ...comparePeers(inspected.network.vni, elsewhere, apart, kernel),
      ...comparePorts(inspected.network, inspected.nics, apart, rules, kernel),
      ...compareRouters(inspected.network.vni, routers, kernel),
      ...inner.flat().map((message) => ({ kind: 'router' as const, message })),
      ...compareFilters(inspected.filters, rules, kernel),
      ...(await network.compareDhcp(id)).map((message) => ({ kind: 'dhcp' as const, message })),
    ];
  }
}

/** As many of the comparisons as fit into one message; the first always. */
export function withinMessage(compared: NetworkComparison[]): NetworkComparison[] {
  let left = MOST_BYTES;
  const end = compared.findIndex((one) => (left -= Buffer.byteLength(JSON.stringify(one))) < 0);
  return end < 0 ? compared : compared.slice(0, Math.max(1, end));
}

type Finding = Pick<NetworkComparison, 'differences' | 'mended' | 'found'>;

const NOTHING: Finding = { differences: [], mended: [], found: [] };

/** As it is told: with and, for a control plane of before there were kinds, without them. */
function findingOf(all: readonly KernelDifference[], mended: readonly string[]): Finding {
  const found = all.slice(0, MOST_TOLD);
  return { differences: found.map(({ message }) => message), mended: mended.slice(0, MOST_TOLD), found };
}

const rulesOf = (inspected: readonly (InspectedNetwork | undefined)[]): Promise<Map<string, string>> =>
  wantedRules(
    inspected.flatMap(portsOf),
    inspected.flatMap((one) => one?.filters ?? []),
  );

function portsOf(inspected: InspectedNetwork | undefined) {
  return (inspected?.nics ?? []).map((nic) => ({ network: inspected!.network, nic }));
}

import { firstRejection } from '../core/rank.js';
import { FleetDraft } from './fleet-draft.js';
import type { Movable } from './fleet-draft.js';
import type { PlanEnd, PlannedMove, RebalanceInput, RebalancePlan } from './plan.js';
import { EPSILON, gainOf, loadOf, meanOf, spreadOf } from './spread.js';

interface Found {
  movable: Movable;
  from: number;
  to: number;
}

/**
 * Plans moves that make the fleet's spread smaller, one after the other: from the fullest host that has one, the
 * instance and target that even it out most. The scheduler's filters hold after each move. Pure: the same input, in any
 * order, gives the same plan. Each move makes loads more even, so repeated plans come to an end.
 */
export function planMoves(input: RebalanceInput): RebalancePlan {
  return new Planner(input).plan();
}

class Planner {
  private readonly draft: FleetDraft;
  private readonly moves: PlannedMove[] = [];
  private bytes = 0;
  /** Hosts from which no move helps in the present draft; asked again before the planner gives up. */
  private readonly stuck = new Set<number>();
  private rejected = new Map<string, number>();

  constructor(private readonly input: RebalanceInput) {
    this.draft = new FleetDraft(input);
  }

  plan(): RebalancePlan {
    const before = this.spread();
    const end = this.run();
    // With the goal `range` the spread may fall only after several moves: the moves after its lowest value are dropped.
    const least = this.moves.reduce((low, move) => Math.min(low, move.spreadAfter), before);
    const moves = this.moves.slice(0, this.moves.findIndex((move) => move.spreadAfter <= least + EPSILON) + 1);
    const kept = before - least > EPSILON ? moves : [];
    const blackouts = kept.map((move) => move.cost.blackoutMs);
    return {
      moves: kept,
      spreadBefore: before,
      spreadAfter: kept.at(-1)?.spreadAfter ?? before,
      cost: {
        bytes: kept.reduce((sum, move) => sum + move.cost.bytes, 0),
        blackoutMs: blackouts.reduce((sum, one) => sum + one, 0),
        longestBlackoutMs: blackouts.reduce((a, b) => Math.max(a, b), 0),
      },
      end,
      reasons: this.reasons(end),
    };
  }

  private run(): PlanEnd {
    const { threshold, maxMoves } = this.input.settings;
    if (this.draft.taking.length < 2) return 'too-few-hosts';
    for (;;) {
      if (this.spread() <= threshold + EPSILON) return 'within-threshold';
      if (this.moves.length >= maxMoves) return 'max-moves';
      const found = this.next();
      if (!found) return 'no-better-move';
      this.take(found);
    }
  }

  /** The next move, from the fullest host that has one. */
  private next(): Found | undefined {
    for (const fresh of [false, true]) {
      if (fresh) {
        if (!this.stuck.size) return undefined;
        this.stuck.clear();
        this.rejected = new Map();
      }
      const mean = meanOf(this.loads());
      for (const from of this.draft.taking.toSorted((a, b) => this.draft.loads[b] - this.draft.loads[a] || a - b)) {
        if (this.stuck.has(from)) continue;
        const found = this.bestFrom(from, mean);
        if (found) return found;
        this.stuck.add(from);
      }
    }
    return undefined;
  }

  private bestFrom(from: number, mean: number): Found | undefined {
    let best: Found | undefined;
    let bestGain = EPSILON;
    for (const movable of this.draft.leavers(from)) {
      if (this.tooMuch(movable)) continue;
      for (const [gain, to] of this.betterTargets(movable, from, mean)) {
        if (gain <= bestGain) break;
        if (!this.allowed(movable, from, to)) continue;
        best = { movable, from, to };
        bestGain = gain;
        break;
      }
    }
    return best;
  }

  /**
   * Hosts to which the move would make the fleet more even, best first, so that filters are asked only until one
   * passes.
   */
  private betterTargets({ instance }: Movable, from: number, mean: number): [number, number][] {
    const { draft, input } = this;
    const { resources } = instance;
    const load = (host: number, sign: 1 | -1) => ({
      before: draft.loads[host],
      after: loadOf(draft.fleet, host, input.settings.weights, { resources, sign }),
    });
    const left = load(from, -1);
    const better: [number, number][] = [];
    for (const to of draft.taking) {
      if (to === from) continue;
      const gain = gainOf(mean, draft.taking.length, left, load(to, 1));
      if (gain > EPSILON) better.push([gain, to]);
    }
    return better.sort(([a, x], [b, y]) => b - a || x - y);
  }

  private allowed(movable: Movable, from: number, to: number): boolean {
    const { fleet } = this.draft;
    const query = this.draft.query(movable);
    const filter = firstRejection(fleet, to, query)?.rejectedBy ?? this.softer(query.group, from, to);
    if (filter !== undefined) this.rejected.set(filter, (this.rejected.get(filter) ?? 0) + 1);
    return filter === undefined && !this.widens(movable, from, to);
  }

  /** Filters do not know soft policies, but evening out must not work against them. */
  private softer(group: ReturnType<FleetDraft['query']>['group'], from: number, to: number): string | undefined {
    if (!group?.policy.startsWith('soft-')) return undefined;
    const members = (host: number) => group.membersByHost.get(this.draft.fleet.ids[host]) ?? 0;
    const nearer = members(to) - members(from);
    return (group.policy === 'soft-affinity' ? nearer < 0 : nearer > 0) ? 'soft-server-group' : undefined;
  }

  /** With hosts of unequal size, more even loads can still have a greater range. */
  private widens({ instance: { resources } }: Movable, from: number, to: number): boolean {
    const { goal, weights } = this.input.settings;
    if (goal === 'deviation') return false;
    const { fleet, loads, taking } = this.draft;
    const after = taking.map((host) => {
      if (host === from) return loadOf(fleet, host, weights, { resources, sign: -1 });
      return host === to ? loadOf(fleet, host, weights, { resources, sign: 1 }) : loads[host];
    });
    return spreadOf(after, goal) > this.spread() + EPSILON;
  }

  private tooMuch({ instance, kind }: Movable): boolean {
    const { maxBytes } = this.input.settings;
    return maxBytes !== null && this.bytes + instance.cost[kind].bytes > maxBytes;
  }

  private take({ movable, from, to }: Found): void {
    const { instance, kind } = movable;
    const { ids, names } = this.draft.fleet;
    this.draft.move(movable, from, to);
    this.bytes += instance.cost[kind].bytes;
    this.moves.push({
      instanceId: instance.id,
      instance: instance.name,
      ...{ fromHostId: ids[from], from: names[from], toHostId: ids[to], to: names[to] },
      ...{ kind, cost: instance.cost[kind], spreadAfter: this.spread() },
    });
  }

  private loads(): number[] {
    return this.draft.taking.map((host) => this.draft.loads[host]);
  }

  private spread(): number {
    return spreadOf(this.loads(), this.input.settings.goal);
  }

  private reasons(end: PlanEnd): string[] {
    const { threshold, maxMoves } = this.input.settings;
    const why: Record<PlanEnd, string> = {
      'too-few-hosts': 'Fewer than two compute hosts are up and enabled.',
      'within-threshold': `The spread is then not above the threshold of ${threshold}.`,
      'max-moves': `No more than ${maxMoves} moves were looked for.`,
      'no-better-move': 'No allowed move makes the spread smaller.',
    };
    const stays = [...this.draft.stays].map(([reason, many]) => `${many} instances stay: ${reason}.`);
    const filters = [...this.rejected].map(([filter, many]) => `Filter ${filter} ruled out ${many} better targets.`);
    return [why[end], ...stays.sort(), ...(end === 'no-better-move' ? filters.sort() : [])];
  }
}

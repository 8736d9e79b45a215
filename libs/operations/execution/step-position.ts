import type { Operation } from '../operation.entity.js';
import type { Workflow } from '../workflow.js';

/** Where an operation stands among the steps of its workflow, and which ways lead from there. */
export class StepPosition {
  constructor(
    private readonly workflow: Workflow,
    private readonly operation: Operation,
  ) {}

  /** Of its present step. */
  get index(): number {
    const index = this.workflow.steps.findIndex((step) => step.name === this.operation.step);
    if (index < 0) throw new Error(`${this.operation.kind} has no step ${this.operation.step}`);
    return index;
  }

  /** Not while it is undone already, and not past the point of no return. */
  mayGoBack(): boolean {
    if (this.operation.state !== 'running') return false;
    return this.mayGoBackFrom(this.index);
  }

  /** From the step of this index on: not past the point of no return, and not where all is done. */
  mayGoBackFrom(index: number): boolean {
    const last = this.workflow.steps.findIndex((step) => step.pointOfNoReturn);
    return index < this.workflow.steps.length && (last < 0 || index <= last);
  }

  /** The last step up to `index` that has something to undo. */
  undoableFrom(index: number): string | null {
    return this.workflow.steps.slice(0, index + 1).findLast((step) => step.undo)?.name ?? null;
  }
}

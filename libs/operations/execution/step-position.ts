import type { Operation } from '../operation.entity.js';
import type { Workflow } from '../workflow.js';

/** Where an operation stands among its workflow's steps, and whether it can be undone from there. */
export class StepPosition {
  constructor(
    private readonly workflow: Workflow,
    private readonly operation: Operation,
  ) {}

  /** Index of the present step. */
  get index(): number {
    const index = this.workflow.steps.findIndex((step) => step.name === this.operation.step);
    if (index < 0) throw new Error(`${this.operation.kind} has no step ${this.operation.step}`);
    return index;
  }

  /** False while the operation is being undone, and past the point of no return. */
  mayGoBack(): boolean {
    if (this.operation.state !== 'running') return false;
    return this.mayGoBackFrom(this.index);
  }

  /**
   * Whether the operation could be undone from the step of this index: not past the point of no return, not after the
   * last step.
   */
  mayGoBackFrom(index: number): boolean {
    const last = this.workflow.steps.findIndex((step) => step.pointOfNoReturn);
    return index < this.workflow.steps.length && (last < 0 || index <= last);
  }

  /** Name of the last step up to `index` that has an undo. */
  undoableFrom(index: number): string | null {
    return this.workflow.steps.slice(0, index + 1).findLast((step) => step.undo)?.name ?? null;
  }
}

import type { ClientDuplexStream } from '@grpc/grpc-js';
import type { DesiredStateRequest, DesiredStateResponse } from '#generated/lxstack/agent/v1/desired_state';
import type { Logger } from '#libs/common/logger';
import type { Network } from '../network/network.js';
import { DesiredDocument } from './document.js';
import { Drift } from './drift.js';
import { DocumentFile } from './document-file.js';
import { Follower } from './follow.js';
import { Reconciler } from './reconciler.js';
import { DesiredSpecs } from './specs.js';

interface MakeDeps {
  network: Network;
  /** MACs of instances that are being moved. */
  movingMacs: () => ReadonlySet<string>;
  dial: () => ClientDuplexStream<DesiredStateRequest, DesiredStateResponse>;
  signal: AbortSignal;
}

/**
 * Puts the parts of the desired state together: the document on disk, the reconciler, the follower, the look for drift.
 */
export class DesiredState {
  /** The document's resources in the terms of `apps/agent/network`. */
  readonly specs: DesiredSpecs;

  private constructor(
    private readonly document: DesiredDocument,
    private readonly file: DocumentFile,
    private readonly logger: Logger,
  ) {
    this.specs = new DesiredSpecs(document);
  }

  /** Reads the document from the disk. */
  static async open(stateDirectory: string, logger: Logger): Promise<DesiredState> {
    const [document, file] = [new DesiredDocument(), new DocumentFile(stateDirectory, logger)];
    await file.readInto(document);
    return new DesiredState(document, file, logger);
  }

  /**
   * `run` applies the document on disk, with or without the control plane; then it follows the control plane and looks
   * for drift.
   */
  make({ network, movingMacs, dial, signal }: MakeDeps): { drift: Drift; run: () => Promise<unknown> } {
    const { document, file, logger } = this;
    const reconciler = new Reconciler({ document, network, movingMacs }, logger);
    const drift = new Drift({ document, network, reconciler, movingMacs, logger });
    const mended = () => drift.takeMended();
    const follower = new Follower({ dial, document, file, reconciler, mended, logger, signal });
    const run = () =>
      Promise.all([
        reconciler.apply(document.all()).then(() => reconciler.removeOtherRouters()),
        follower.run(),
        drift.watch(() => follower.acknowledge(), signal),
      ]);
    return { drift, run };
  }

  /** Writes the document now. */
  keep(): Promise<void> {
    return this.file.write(this.document);
  }
}

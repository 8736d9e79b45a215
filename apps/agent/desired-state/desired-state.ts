import type { ClientDuplexStream } from '@grpc/grpc-js';
import type { DesiredStateRequest, DesiredStateResponse } from '#generated/lxstack/agent/v1/desired_state';
import type { Logger } from '#libs/common/logger';
import type { HostNetwork } from '../network/network.js';
import { DesiredDocument } from './document.js';
import { DocumentFile } from './document-file.js';
import { Follower } from './follow.js';
import { Reconciler } from './reconciler.js';
import { DesiredSpecs } from './specs.js';

interface MakeDeps {
  network: HostNetwork;
  dial: () => ClientDuplexStream<DesiredStateRequest, DesiredStateResponse>;
  signal: AbortSignal;
}

/** The host's desired state, put together: what is on disk, what makes it so, and what follows the control plane's. */
export class DesiredState {
  /** What the networks read of it. */
  readonly specs: DesiredSpecs;

  private constructor(
    private readonly document: DesiredDocument,
    private readonly file: DocumentFile,
    private readonly logger: Logger,
  ) {
    this.specs = new DesiredSpecs(document);
  }

  /** The document as it is on disk. */
  static async open(stateDirectory: string, logger: Logger): Promise<DesiredState> {
    const [document, file] = [new DesiredDocument(), new DocumentFile(stateDirectory, logger)];
    await file.readInto(document);
    return new DesiredState(document, file, logger);
  }

  /** Makes the host what the document on disk says, without the control plane, as calls come. What it returns follows the control plane. */
  make({ network, dial, signal }: MakeDeps): Follower {
    const { document, file, logger } = this;
    const reconciler = new Reconciler({ document, network }, logger);
    void reconciler.apply(document.all());
    return new Follower({ dial, document, file, reconciler, mended: () => [], logger, signal });
  }

  /** Written now. */
  keep(): Promise<void> {
    return this.file.write(this.document);
  }
}

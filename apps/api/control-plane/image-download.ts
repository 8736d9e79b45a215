import { once } from 'node:events';
import { Injectable } from '@nestjs/common';
import type { ServerWritableStream } from '@grpc/grpc-js';
import type { DownloadImageRequest, ImageChunk } from '#generated/lxstack/agent/v1/control_plane';
import { messageOf } from '#libs/common/errors';
import { createLogger } from '#libs/common/logger';
import { ImageBlobs } from '#libs/images/image-blobs';
import { AgentAdmission } from './agent-admission.js';
import type { AdmittedStream } from './agent-admission.js';
import { toGrpc } from './grpc-errors.js';

/** DownloadImage: sends the blob of an image to a host. */
@Injectable()
export class ImageDownload {
  private readonly log = createLogger('image-download');

  constructor(
    private readonly blobs: ImageBlobs,
    private readonly admission: AgentAdmission,
  ) {}

  /** Serves one download; a host that hangs up ends it. */
  async send(call: ServerWritableStream<DownloadImageRequest, ImageChunk>): Promise<void> {
    const gone = new AbortController();
    call.on('cancelled', () => gone.abort(new Error('the host has hung up')));
    let admitted: AdmittedStream | undefined;
    try {
      admitted = await this.admission.admitStream(call);
      const ended = AbortSignal.any([gone.signal, admitted.revoked]);
      const { stream } = await this.blobs.open(call.request.sha256);
      for await (const data of stream as AsyncIterable<Buffer>) {
        ended.throwIfAborted();
        if (!call.write({ data })) await once(call, 'drain', { signal: ended });
      }
      call.end();
    } catch (error) {
      this.log.warn({ image: call.request.imageId, error: messageOf(error) }, 'download ended early');
      // grpc-js takes the status of a stream from this event.
      call.emit('error', toGrpc(admitted?.revoked.aborted ? admitted.revoked.reason : error));
    } finally {
      admitted?.end();
    }
  }
}

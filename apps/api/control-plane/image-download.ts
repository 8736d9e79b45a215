import { once } from 'node:events';
import { Injectable } from '@nestjs/common';
import type { ServerWritableStream } from '@grpc/grpc-js';
import type { DownloadImageRequest, ImageChunk } from '#generated/lxstack/agent/v1/control_plane';
import { messageOf } from '#libs/common/errors';
import { createLogger } from '#libs/common/logger';
import { ImageBlobs } from '#libs/images/image-blobs';
import { agentOf } from './agent-identity.js';
import { toGrpc } from './grpc-errors.js';

/** DownloadImage: the blob of an image, to a host that is about to use it. */
@Injectable()
export class ImageDownload {
  private readonly log = createLogger('image-download');

  constructor(private readonly blobs: ImageBlobs) {}

  async send(call: ServerWritableStream<DownloadImageRequest, ImageChunk>): Promise<void> {
    const gone = new AbortController();
    call.on('cancelled', () => gone.abort(new Error('the host has hung up')));
    try {
      agentOf(call);
      const { stream } = await this.blobs.open(call.request.sha256);
      for await (const data of stream as AsyncIterable<Buffer>) {
        gone.signal.throwIfAborted();
        if (!call.write({ data })) await once(call, 'drain', { signal: gone.signal });
      }
      call.end();
    } catch (error) {
      this.log.warn({ image: call.request.imageId, error: messageOf(error) }, 'download ended early');
      // grpc-js answers a stream's status by this event.
      call.emit('error', toGrpc(error));
    }
  }
}

import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import type { ServerWritableStream } from '@grpc/grpc-js';
import type { DownloadImageRequest, ImageChunk } from '#generated/lxstack/agent/v1/control_plane';
import { setting } from '#libs/common/config';
import { messageOf, NotFoundError } from '#libs/common/errors';
import { createLogger } from '#libs/common/logger';
import { requireName, SHA256 } from '#libs/common/names';
import { agentOf } from './agent-identity.js';
import { toGrpc } from './grpc-errors.js';

const CHUNK_BYTES = 1024 * 1024;

/** DownloadImage: the blob of an image, to a host that is about to use it. Blobs are files named by their sha256. */
@Injectable()
export class ImageDownload {
  private readonly log = createLogger('image-download');

  async send(call: ServerWritableStream<DownloadImageRequest, ImageChunk>): Promise<void> {
    const gone = new AbortController();
    call.on('cancelled', () => gone.abort(new Error('the host has hung up')));
    try {
      agentOf(call);
      const sha256 = requireName('sha256', call.request.sha256, SHA256, '64 hex digits');
      for await (const chunk of chunks(sha256)) {
        gone.signal.throwIfAborted();
        if (!call.write(chunk)) await once(call, 'drain', { signal: gone.signal });
      }
      call.end();
    } catch (error) {
      this.log.warn({ image: call.request.imageId, error: messageOf(error) }, 'download ended early');
      // grpc-js answers a stream's status by this event.
      call.emit('error', toGrpc(error));
    }
  }
}

async function* chunks(sha256: string): AsyncGenerator<ImageChunk> {
  const file = createReadStream(join(setting('LXSTACK_BLOB_DIR'), sha256), { highWaterMark: CHUNK_BYTES });
  try {
    for await (const data of file as AsyncIterable<Buffer>) yield { data };
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw missing ? new NotFoundError('Image data', sha256) : error;
  }
}

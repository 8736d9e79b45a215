import { Injectable } from '@nestjs/common';
import { status } from '@grpc/grpc-js';
import type { ServerWritableStream } from '@grpc/grpc-js';
import type { DownloadImageRequest, ImageChunk } from '#generated/lxstack/agent/v1/control_plane';

/** DownloadImage: the blob of an image, to a host that is about to use it. */
@Injectable()
export class ImageDownload {
  send(call: ServerWritableStream<DownloadImageRequest, ImageChunk>): void {
    call.destroy(Object.assign(new Error('not yet'), { code: status.UNIMPLEMENTED }));
  }
}

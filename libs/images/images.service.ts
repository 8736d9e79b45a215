import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { ConflictError, ForbiddenError, messageOf, NotFoundError } from '#libs/common/errors';
import { newId } from '#libs/common/ids';
import { createLogger } from '#libs/common/logger';
import { UUID } from '#libs/common/names';
import { permittedPage } from '#libs/database/paging';
import type { PageRequest } from '#libs/database/paging';
import { isUniqueViolation } from '#libs/database/transient-errors';
import { allows, ownOf, requireAllowed } from '#libs/policy/policy';
import { ImageBlobs } from './image-blobs.js';
import { lockBlob } from './blob-lock.js';
import type { ByteRange, OpenBlob, ReceivedBlob } from './image-blobs.js';
import { listImages } from './image-list.js';
import type { ImageListRequest } from './image-list.js';
import { isNeeded } from './image-users.js';
import { imageTarget } from './image-target.js';
import { Image } from './image.entity.js';
import { UnownedBlobs } from './unowned-blobs.js';
import { UploadHeartbeat } from './upload-heartbeat.js';

/** The fields that clients may set. */
export type ImageFields = Pick<
  Image,
  | 'hidden'
  | 'name'
  | 'visibility'
  | 'containerFormat'
  | 'diskFormat'
  | 'minDisk'
  | 'minRam'
  | 'protected'
  | 'properties'
  | 'tags'
>;

type ImageRule = 'modify_image' | 'upload_image' | 'delete_image' | 'download_image' | 'get_members';

/** Images as users see them (Glance API: /v2/images): their records, and uploads and downloads of their data. */
@Injectable()
export class Images {
  private readonly log = createLogger('images');

  constructor(
    private readonly database: DataSource,
    private readonly blobs: ImageBlobs,
    private readonly unowned: UnownedBlobs,
  ) {}

  /** One page of the images that the caller may see, newest first where no order is asked for. */
  async list(caller: Caller, request: ImageListRequest): Promise<Image[]> {
    requireAllowed(caller, 'get_images', ownOf(caller));
    const read = (one: PageRequest) => {
      const query = this.database.manager.createQueryBuilder(Image, 'x');
      return listImages(query, caller, { ...request, ...one });
    };
    return permittedPage(request, read, (image) => allows(caller, 'get_image', imageTarget(image)));
  }

  /** Throws NotFoundError, also for an image that the caller may not see. */
  async get(caller: Caller, id: string): Promise<Image> {
    return this.find(this.database.manager, caller, id);
  }

  /** Glance API: the projects that it is shared with: sharing with single ones is not offered. Throws as `get`. */
  async members(caller: Caller, id: string): Promise<[]> {
    await this.findOwn(this.database.manager, caller, id, 'get_members');
    return [];
  }

  /**
   * Glance API: POST /v2/images. Throws ConflictError where the id is taken, PolicyDeniedError where a public image is
   * not allowed.
   */
  async create(caller: Caller, id: string | undefined, fields: ImageFields): Promise<Image> {
    requireAllowed(caller, 'add_image', ownOf(caller));
    requireMayPublish(caller, { ...fields, projectId: caller.projectId });
    const row = { ...fields, id: id ?? newId(), projectId: caller.projectId, status: 'queued' as const };
    try {
      await this.database.manager.insert(Image, row);
    } catch (error) {
      if (isUniqueViolation(error)) throw new ConflictError(`Image ID ${row.id} already exists!`);
      throw error;
    }
    return this.get(caller, row.id);
  }

  /**
   * Glance API: PATCH /v2/images/{id}. `change` returns the new fields for the present image, whose row is locked
   * meanwhile. Throws NotFoundError, PolicyDeniedError.
   */
  async update(caller: Caller, id: string, change: (present: Image) => ImageFields): Promise<Image> {
    return this.database.transaction(async (tx) => {
      const image = await this.findOwn(tx, caller, id, 'modify_image');
      const fields = change(image);
      if (fields.visibility !== image.visibility) requireMayPublish(caller, { ...image, ...fields });
      return tx.save(Object.assign(image, fields));
    });
  }

  /**
   * Glance API: PUT /v2/images/{id}/file. Takes the data of a queued image, once. The image is `saving` meanwhile,
   * `active` when all data is on the disk, and `queued` again where the upload breaks off. Throws NotFoundError where
   * the image is deleted meanwhile, ConflictError where it is not queued, ImageTooBigError.
   */
  async upload(caller: Caller, id: string, source: Readable): Promise<void> {
    await this.findOwn(this.database.manager, caller, id, 'upload_image');
    const { affected } = await this.database.manager.update(Image, { id, status: 'queued' }, { status: 'saving' });
    if (!affected) throw new ConflictError(`Image ${id} has data already, or is being given some.`);
    const alive = new UploadHeartbeat(this.database, id);
    try {
      const received = await this.blobs.receive(source, alive.signal);
      await this.activate(id, received).finally(() => this.blobs.discard(received));
    } catch (error) {
      if (!alive.signal.aborted)
        await this.database.manager.update(Image, { id, status: 'saving' }, { status: 'queued' });
      throw error;
    } finally {
      alive.stop();
    }
  }

  /**
   * Glance API: GET /v2/images/{id}/file. `rangeOf` names the part wanted of so many bytes. Null where the image has no
   * data.
   */
  async download(
    caller: Caller,
    id: string,
    rangeOf: (size: number) => ByteRange | undefined = () => undefined,
  ): Promise<{ image: Image; blob: OpenBlob | null; range?: ByteRange }> {
    const image = await this.findOwn(this.database.manager, caller, id, 'download_image');
    if (!image.sha256 || image.status !== 'active') return { image, blob: null };
    const range = rangeOf(image.size ?? 0);
    return { image, blob: await this.blobs.open(image.sha256, range), range };
  }

  /**
   * Glance API: DELETE /v2/images/{id}. Nobody sees the image any more. Where servers (of any project) were made from
   * it, its row stays as `deleted` and keeps the data until the last of them is gone (invariant 8); else the data is
   * removed with the last image that has it. Throws NotFoundError, PolicyDeniedError, ForbiddenError for a protected
   * image.
   */
  async delete(caller: Caller, id: string): Promise<void> {
    const sha256 = await this.database.transaction(async (tx) => {
      const image = await this.findOwn(tx, caller, id, 'delete_image');
      if (image.protected) throw new ForbiddenError(`Image ${id} is protected and cannot be deleted.`);
      if (await isNeeded(tx, id)) await tx.update(Image, { id }, { status: 'deleted' });
      else await tx.delete(Image, { id });
      return image.sha256;
    });
    if (sha256) await this.removeUnused(sha256);
  }

  private async activate(id: string, received: ReceivedBlob): Promise<void> {
    const { md5: checksum, sha256, sha512, size } = received;
    const active = { status: 'active' as const, checksum, sha256, sha512, size };
    await this.database.transaction(async (tx) => {
      await lockBlob(tx, sha256);
      const { affected } = await tx.update(Image, { id, status: 'saving' }, active);
      if (!affected) throw new NotFoundError('Image', id);
      await this.blobs.keep(received);
    });
  }

  /** Runs after the commit. Where it fails, the sweep (ImageSweep) removes the file later. */
  private async removeUnused(sha256: string): Promise<void> {
    try {
      await this.unowned.remove(sha256);
    } catch (error) {
      this.log.warn({ sha256, error: messageOf(error) }, 'data of a deleted image not removed yet');
    }
  }

  private async find(tx: EntityManager, caller: Caller, id: string, lock = false): Promise<Image> {
    const options = lock ? { lock: { mode: 'pessimistic_write' as const } } : {};
    const image = UUID.test(id) ? await tx.findOne(Image, { where: { id }, ...options }) : null;
    if (!image || image.status === 'deleted' || !allows(caller, 'get_image', imageTarget(image)))
      throw new NotFoundError('Image', id);
    return image;
  }

  /** The image, where the caller may do to it what `rule` says. Throws NotFoundError, PolicyDeniedError. */
  private async findOwn(tx: EntityManager, caller: Caller, id: string, rule: ImageRule): Promise<Image> {
    const image = await this.find(tx, caller, id, tx !== this.database.manager);
    requireAllowed(caller, rule, imageTarget(image));
    return image;
  }
}

function requireMayPublish(caller: Caller, { projectId, visibility }: Pick<Image, 'projectId' | 'visibility'>): void {
  const target = { project_id: projectId };
  if (visibility === 'public') requireAllowed(caller, 'publicize_image', target);
  if (visibility === 'community') requireAllowed(caller, 'communitize_image', target);
}

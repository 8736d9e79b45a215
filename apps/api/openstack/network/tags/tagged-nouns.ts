import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { pathOf, requestOf } from '#apps/api/http/api-request';
import type { TaggedNoun } from '#libs/networking/tags/tags.service';

export type { TaggedNoun };

const nouns: Readonly<Record<string, TaggedNoun>> = {
  networks: 'network',
  subnets: 'subnet',
  ports: 'port',
  routers: 'router',
  subnetpools: 'subnetpool',
};

/** Paths of `/v2.0` for each kind of resource that has tags. */
export const taggedPaths = (rest: string): string[] => Object.keys(nouns).map((path) => `${path}/:id/${rest}`);

/** Parameter decorator: what the path is about. */
export const Noun = createParamDecorator((_: unknown, context: ExecutionContext): TaggedNoun => {
  const [, path = ''] = /\/v2\.0\/([^/]+)\//.exec(pathOf(requestOf(context))) ?? [];
  return nouns[path.toLowerCase()]!;
});

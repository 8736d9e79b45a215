import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ComputeApi } from '../support/compute-api.js';

interface Body {
  properties?: Record<string, Body>;
  required?: string[];
  oneOf?: Body[];
  type?: string;
}

let api: ComputeApi;
before(async () => (api = await ComputeApi.start()));
after(() => api?.stop());

test('/docs shows what a server is created from and what each action takes', () => {
  const bodyOf = (path: string): Body => {
    const { paths } = api.document() as { paths: Record<string, { post: { requestBody: unknown } }> };
    const body = paths[`/compute/v2.1${path}`]!.post.requestBody as { content: Record<string, { schema: Body }> };
    return body.content['application/json']!.schema;
  };
  const server = bodyOf('/servers').properties!.server!;
  assert.deepEqual(server.properties!.name, { type: 'string' });
  assert.ok(server.required!.includes('flavorRef'));
  assert.ok(!server.required!.includes('key_name'));
  const actions = bodyOf('/servers/{id}/action').oneOf!.flatMap(({ required }) => required!);
  assert.ok(actions.includes('os-migrateLive') && actions.includes('confirmResize'));
});

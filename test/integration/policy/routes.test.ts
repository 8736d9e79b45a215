import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiWorld } from './api-world.js';
import { expected } from './expected-answers.js';
import { callers, Fixtures } from './fixtures.js';
import type { CallerName } from './fixtures.js';
import { callOf, variants } from './route-calls.js';
import type { RouteCall } from './route-calls.js';

let world: ApiWorld;
let ground: Fixtures;

before(async () => {
  world = await ApiWorld.start();
  ground = await Fixtures.make(world);
});
after(() => world?.stop());

/** Every method and path of the OpenAPI document, with the variants behind. */
function routes(): string[] {
  const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;
  const documented = Object.entries(world.document().paths).flatMap(([path, item]) =>
    methods.filter((method) => item[method]).map((method) => `${method.toUpperCase()} ${path}`),
  );
  return [...documented, ...variants].sort();
}

/** Calls the route as every caller. The thing that is called on is used again until a call has changed it. */
async function answersOf(route: string): Promise<string> {
  const answers: number[] = [];
  let call: RouteCall | undefined;
  for (const caller of callers) {
    call ??= await callOf(ground, route);
    const status = await answerTo(caller, route, call);
    answers.push(status);
    if (status < 300 && !route.startsWith('GET ')) call = undefined;
  }
  return answers.join(' ');
}

async function answerTo(caller: CallerName, route: string, call: RouteCall): Promise<number> {
  const token = caller === 'nobody' ? undefined : ground.tokens[caller];
  const { params = {}, query = '', body, headers } = call;
  const [method = '', path = ''] = route.split(' ');
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? 'none'));
  const answer = await world.ask(method, `${filled}${query}`, { token, body, headers });
  return answer.status;
}

test('every route of the document is in the table, and nothing else is', () => {
  const known = routes();
  assert.deepEqual(
    known.filter((route) => !Object.hasOwn(expected, route)),
    [],
    'routes without an entry in expected-answers.ts',
  );
  assert.deepEqual(
    Object.keys(expected).filter((route) => !known.includes(route)),
    [],
    'entries without a route',
  );
});

test('every route answers each caller as the table says', async () => {
  const different: string[] = [];
  for (const route of routes()) {
    const answers = await answersOf(route);
    if (answers !== expected[route]) different.push(`  '${route}': '${answers}',`);
  }
  assert.equal(different.length, 0, `answers that the table does not have:\n${different.join('\n')}`);
});

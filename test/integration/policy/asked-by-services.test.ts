import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { ruleOfRoute, usePolicy } from '#libs/policy/policy';
import type { RuleName } from '#libs/policy/rule-tables';
import { ApiWorld } from './api-world.js';
import type { Answer } from './api-world.js';
import { expected } from './expected-answers.js';
import { Fixtures } from './fixtures.js';
import { callOf } from './route-calls.js';
import type { RouteCall } from './route-calls.js';

let world: ApiWorld;
let fixtures: Fixtures;

before(async () => {
  world = await ApiWorld.start();
  fixtures = await Fixtures.make(world);
});
afterEach(() => usePolicy({}));
after(() => world?.stop());

/** What no target is: the guard, which knows no target, cannot say no; who has looked at one does. */
const NOBODYS = "'somebody':%(nothing.that.there.is)s";

/** The table's routes with the rule of each; open ones have none. */
function guarded(): [string, RuleName][] {
  return Object.keys(expected).flatMap((entry): [string, RuleName][] => {
    const [method = '', path = '', ...variant] = entry.split(' ');
    const rule = ruleOfRoute(`${method} ${path}`, variant.join(' '));
    return rule ? [[entry, rule]] : [];
  });
}

/** Calls that would otherwise be about a host that there is not. */
const INSTEAD: Readonly<Record<string, RouteCall>> = {
  'POST /fleet/v1/hosts/{host}/drain': { params: { host: 'h2' }, body: {} },
};

async function answerTo(route: string, { params = {}, query = '', body, headers }: RouteCall): Promise<Answer> {
  const [method = '', path = ''] = route.split(' ');
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? 'none'));
  // The newest microversion that has every route.
  const version = { 'openstack-api-version': 'compute 2.87', ...headers };
  return world.ask(method, `${filled}${query}`, { token: fixtures.tokens.admin, body, headers: version });
}

/** Refused, or as if there were nothing: a list without what it has else, a 404 for what is there. */
function isRefusal({ status, body }: Answer, usual: number): boolean {
  if (status === 200) return Object.values(body).every((list) => Array.isArray(list) && !list.length);
  return status === 403 || (status === 404 && usual < 300);
}

test('an override that looks at the target counts on every route: a service asks with what it found', async () => {
  const passed: string[] = [];
  for (const [route, rule] of guarded()) {
    usePolicy({});
    const call = INSTEAD[route] ?? (await callOf(fixtures, route));
    usePolicy({ [rule]: NOBODYS });
    const answer = await answerTo(route, call);
    const usual = Number(expected[route]!.split(' ').at(-1));
    if (!isRefusal(answer, usual)) passed.push(`${route} (${rule}): ${answer.status} ${answer.text}`);
  }
  assert.deepEqual(passed, []);
});

test('what is seen is seen by the target: lists hold what the rule says and are filled from what is behind', async () => {
  const { token, projectId } = fixtures.member;
  const mine = await Promise.all([1, 2, 3].map(() => fixtures.network()));
  const list = async (query: string) =>
    (await world.must('GET', `/networking/v2.0/networks?${query}`, { token })).networks as unknown as { id: string }[];
  const all = (await list('')).map(({ id }) => id);
  assert.ok(mine.every((id) => all.includes(id)));
  usePolicy({ get_network: `project_id:%(project_id)s and '${projectId}':%(network:project_id)s` });
  assert.deepEqual(
    (await list('')).map(({ id }) => id),
    all,
  );
  usePolicy({ get_network: 'True:%(shared)s' });
  assert.deepEqual(await list(''), []);
});

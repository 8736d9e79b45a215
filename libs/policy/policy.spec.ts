import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import type { Asker } from './credentials.js';
import { allows, listRules, requireAllowed, requireMayTry, ruleOfRoute, usePolicy, usePolicyFile } from './policy.js';
import { parsePolicy } from './policy-file.js';
import { PolicyError, ruleBook } from './rule-book.js';
import type { RuleName } from './rule-tables.js';

const asker = (roles: string[], more: Partial<Asker> = {}): Asker => ({ userId: 'u', projectId: 'p', roles, ...more });
const admin = asker(['admin']);
const member = asker(['member']);
const reader = asker(['reader']);
const domainAdmin = asker(['admin'], { projectId: '', domainId: 'd' });
const system = asker(['admin'], { projectId: '', system: true });
const own = { project_id: 'p' };

afterEach(() => usePolicy({}));

test('readers read, members change what is theirs, admins everything', () => {
  const [show, stop, evacuate] = ['servers:show', 'servers:stop', 'os-evacuate'].map(
    (name) => `os_compute_api:${name}` as RuleName,
  );
  assert.deepEqual(
    [reader, member, admin].map((one) => allows(one, show!, own)),
    [true, true, true],
  );
  assert.deepEqual(
    [reader, member, admin].map((one) => allows(one, stop!, own)),
    [false, true, true],
  );
  assert.deepEqual(
    [reader, member, admin].map((one) => allows(one, evacuate!, own)),
    [false, false, true],
  );
  assert.deepEqual(
    [reader, member, admin].map((one) => allows(one, stop!, { project_id: 'q' })),
    [false, false, true],
  );
  assert.equal(allows(member, stop!), false);
});

test("a domain's admin is one in the domain only, and makes nobody more than a member of its projects", () => {
  const user = (domain: string) => ({ 'target.user.domain_id': domain });
  assert.equal(allows(domainAdmin, 'identity:create_user', user('d')), true);
  assert.equal(allows(domainAdmin, 'identity:create_user', user('e')), false);
  assert.equal(allows(domainAdmin, 'identity:create_domain'), false);
  const grant = (role: string, isDomain: boolean) =>
    allows(domainAdmin, 'identity:create_grant', {
      ...user('d'),
      'target.domain_id': 'd',
      'target.role.name': role,
      'target.is_domain': isDomain,
    });
  assert.deepEqual([grant('member', false), grant('admin', false), grant('admin', true)], [true, false, true]);
  assert.throws(() => requireMayTry(domainAdmin, 'os_compute_api:servers:index'), /scoped to a domain/);
});

test("a role on the system is for the cloud's own things, not for a project's", () => {
  assert.equal(allows(system, 'fleet:hosts:drain'), true);
  assert.equal(allows(asker(['reader'], { projectId: '', system: true }), 'fleet:hosts:drain'), false);
  assert.equal(allows(asker(['reader'], { projectId: '', system: true }), 'fleet:hosts:list'), true);
  assert.throws(() => requireMayTry(system, 'os_compute_api:servers:create'), /scoped to the system/);
});

test('a caller whom the rule allows on no target at all is refused before any look-up', () => {
  requireMayTry(member, 'os_compute_api:servers:stop');
  assert.throws(() => requireMayTry(reader, 'os_compute_api:servers:stop'), /Policy doesn't allow .*servers:stop/);
  assert.throws(() => requireAllowed(member, 'identity:list_users'), /not authorized .*identity:list_users/);
});

test('an operator replaces checks, also those that others name', () => {
  usePolicy({ 'os_compute_api:servers:stop': 'rule:owner', owner: 'user_id:%(user_id)s', 'fleet:hosts:drain': '!' });
  assert.equal(allows(member, 'os_compute_api:servers:stop', { ...own, user_id: 'v' }), false);
  assert.equal(allows(member, 'os_compute_api:servers:stop', { project_id: 'q', user_id: 'u' }), true);
  assert.equal(allows(admin, 'fleet:hosts:drain'), false);
  usePolicy({ context_is_admin: 'role:admin or role:operator' });
  assert.equal(allows(asker(['operator']), 'fleet:hosts:drain'), true);
  assert.equal(allows(admin, 'fleet:hosts:drain'), true);
});

test('every rule that cannot be is named, with what was meant', () => {
  const wrong = {
    'os_compute_api:server:stop': 'role:member',
    'fleet:hosts:drain': 'role:admin or',
    get_port: 'rule:get_network',
    get_network: 'rule:get_port',
  };
  assert.throws(
    () => ruleBook(wrong),
    (error) =>
      error instanceof PolicyError &&
      /no rule 'os_compute_api:server:stop' \(there is .*servers:stop/.test(error.message) &&
      /'fleet:hosts:drain' .*a check is expected at the end/.test(error.message) &&
      /in a circle: get_port > get_network > get_port|get_network > get_port > get_network/.test(error.message),
  );
});

test('a policy file is YAML of rule to text; any other file is refused, naming its path', (context) => {
  assert.deepEqual(parsePolicy('f', '"fleet:audit": "role:auditor"\n# nothing else\n'), {
    'fleet:audit': 'role:auditor',
  });
  assert.deepEqual(parsePolicy('f', ''), {});
  for (const text of ['- a', 'a: [b', 'fleet:audit: [role:admin]', 'fleet:audit: role:x\nfleet:audit: role:y'])
    assert.throws(() => parsePolicy('/etc/policy.yaml', text), /\/etc\/policy\.yaml/, text);
  const directory = mkdtempSync(join(tmpdir(), 'lx-policy-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'policy.yaml');
  assert.throws(() => usePolicyFile(path), /policy\.yaml cannot be read/);
  writeFileSync(path, 'fleet:audit: "rule:nobody"');
  assert.throws(() => usePolicyFile(path), /policy\.yaml: rule 'fleet:audit' .*no rule 'nobody'/);
  writeFileSync(path, 'fleet:audit: "role:auditor"');
  usePolicyFile(path);
  assert.deepEqual(
    listRules()
      .filter(({ source }) => source === 'override')
      .map(({ name, check }) => [name, check]),
    [['fleet:audit', 'role:auditor']],
  );
});

test('routes find their rule, actions by the key of the body; no route has two', () => {
  const route = 'POST /compute/v2.1/servers/{id}/action';
  assert.equal(ruleOfRoute(route, 'resize'), 'os_compute_api:servers:resize');
  assert.equal(ruleOfRoute(route, 'dance'), 'os_compute_api:servers:unknown_action');
  assert.equal(ruleOfRoute('GET /nowhere'), undefined);
  const routes = listRules().flatMap((rule) => rule.routes);
  assert.equal(new Set(routes).size, routes.length);
});

test('every rule says what it is for, and takes a scope', () => {
  for (const { name, description, scope } of listRules()) assert.ok(description.length > 8 && scope.length, name);
});

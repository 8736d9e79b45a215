import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { IdentityBootstrap } from '#libs/identity/bootstrap';
import { Tokens } from '#libs/identity/tokens/tokens.service';
import { items, PASSWORD, startFaces, text } from '../support/openstack-faces.js';
import type { Faces, Person } from '../support/openstack-faces.js';

let faces: Faces;
let admin: string;
let anna: Person;
const TOKENS = '/identity/v3/auth/tokens';

before(async () => {
  faces = await startFaces();
  admin = await faces.login();
  anna = await faces.person(admin, 'anna', 'member');
});
after(() => faces.close());

const listNetworks = (token: string) => faces.ask('GET', '/networking/v2.0/networks', { token });

test('a password gets a token with project, roles and catalog', async () => {
  const { status, headers, body } = await faces.authenticate('anna', PASSWORD, 'anna');
  assert.equal(status, 201);
  assert.ok(headers.get('x-subject-token'));
  assert.equal(body.token.project.id, anna.projectId);
  assert.deepEqual(
    items(body.token.roles).map((role) => role.name),
    ['member', 'reader'],
  );
  assert.ok(items(body.token.catalog).some((service) => text(service.type) === 'network'));
});

test('a wrong password, an unknown user and a project without a role are the same 401 in the form of Keystone', async () => {
  const answers = await Promise.all([
    faces.authenticate('anna', 'wrong', 'anna'),
    faces.authenticate('nobody', PASSWORD, 'anna'),
    faces.authenticate('anna', PASSWORD, 'admin'),
  ]);
  for (const { status, body } of answers) {
    assert.equal(status, 401);
    assert.equal(body.error.code, 401);
    assert.equal(body.error.message, answers[0]!.body.error.message);
  }
});

test('a token is needed, must be known, and scoped to a project outside of Keystone', async () => {
  assert.equal((await faces.ask('GET', '/networking/v2.0/networks')).status, 401);
  assert.equal((await listNetworks('made-up')).status, 401);
  const unscoped = (await faces.authenticate('anna', PASSWORD, 'unscoped')).headers.get('x-subject-token')!;
  assert.equal((await listNetworks(unscoped)).status, 403);
  const projects = await faces.ask('GET', '/identity/v3/auth/projects', { token: unscoped });
  assert.deepEqual(
    items(projects.body.projects).map((project) => project.name),
    ['anna'],
  );
});

test('a token gets another one that ends with it', async () => {
  const unscoped = await faces.authenticate('anna', PASSWORD, 'unscoped');
  const identity = { methods: ['token'], token: { id: unscoped.headers.get('x-subject-token') } };
  const scope = { project: { id: anna.projectId } };
  const scoped = await faces.ask('POST', TOKENS, { body: { auth: { identity, scope } } });
  assert.equal(scoped.status, 201);
  assert.equal(scoped.body.token.expires_at, unscoped.body.token.expires_at);
});

test('a revoked token is refused at once, an expired one when it is read again; pruning removes only those', async () => {
  const revoked = await faces.login('anna', PASSWORD, 'anna');
  const response = await fetch(faces.url + TOKENS, {
    method: 'DELETE',
    headers: { 'X-Auth-Token': admin, 'X-Subject-Token': revoked },
  });
  assert.equal(response.status, 204);
  assert.equal((await listNetworks(revoked)).status, 401);

  const expired = await faces.login('anna', PASSWORD, 'anna');
  await faces.database.query(
    `UPDATE tokens SET expires_at = now() - interval '1 s' WHERE issued_at = (SELECT max(issued_at) FROM tokens)`,
  );
  assert.equal((await listNetworks(expired)).status, 401);
  assert.equal(await faces.app.get(Tokens, { strict: false }).prune(), 1);
  assert.equal((await listNetworks(anna.token)).status, 200);
});

test('a new password ends the tokens of the user, and so does being disabled', async () => {
  const ben = await faces.person(admin, 'ben', 'member');
  const change = { user: { original_password: PASSWORD, password: 'another one' } };
  const path = `/identity/v3/users/${ben.userId}`;
  assert.equal((await faces.ask('POST', `${path}/password`, { token: ben.token, body: change })).status, 204);
  assert.equal((await listNetworks(ben.token)).status, 401);
  assert.equal((await faces.authenticate('ben', PASSWORD, 'ben')).status, 401);
  const token = await faces.login('ben', 'another one', 'ben');
  await faces.ask('PATCH', path, { token: admin, body: { user: { enabled: false } } });
  assert.equal((await listNetworks(token)).status, 401);
  assert.equal((await faces.authenticate('ben', 'another one', 'ben')).status, 401);
});

test('a role that is taken away is gone from tokens that were given before', async () => {
  const carl = await faces.person(admin, 'carl', 'member');
  const grant = `/identity/v3/projects/${carl.projectId}/users/${carl.userId}/roles/${carl.roleId}`;
  assert.equal((await faces.ask('DELETE', grant, { token: admin })).status, 204);
  assert.equal((await listNetworks(carl.token)).status, 403);
  assert.equal((await faces.ask('DELETE', grant, { token: admin })).status, 404);
});

test('Keystone is for admins: members get 403, and see themselves', async () => {
  for (const path of ['users', 'projects', 'roles', 'role_assignments'])
    assert.equal((await faces.ask('GET', `/identity/v3/${path}`, { token: anna.token })).status, 403, path);
  assert.equal((await faces.ask('GET', `/identity/v3/users/${anna.userId}`, { token: anna.token })).status, 200);
});

interface Assignment {
  user: { id: string; name?: string };
  role: { id: string; name?: string };
  scope: { system?: { all: boolean }; project?: { id: string }; domain?: { id: string } };
  links: { assignment: string; prior_role?: string };
}

const assignments = async (query: string): Promise<Assignment[]> => {
  const { status, text } = await faces.ask('GET', `/identity/v3/role_assignments?${query}`, { token: admin });
  assert.equal(status, 200, text);
  return (JSON.parse(text) as { role_assignments: Assignment[] }).role_assignments;
};

test('role assignments are narrowed by every field that Keystone has', async () => {
  assert.ok((await assignments('')).length > 0);
  assert.deepEqual(await assignments('group.id=x'), []);
  assert.deepEqual(await assignments('scope.OS-INHERIT:inherited_to=projects'), []);
  const inProject = await assignments(`scope.project.id=${anna.projectId}`);
  assert.ok(inProject.length > 0 && inProject.every(({ scope }) => scope.project?.id === anna.projectId));
  assert.deepEqual(await assignments(`scope.domain.id=${anna.projectId}`), [], 'a project is no domain');
  assert.deepEqual(await assignments(`scope.project.id=${anna.projectId}&include_subtree=true`), inProject);
  const ask = (query: string) => faces.ask('GET', `/identity/v3/role_assignments?${query}`, { token: admin });
  const onSystem = await ask('scope.system=all');
  assert.deepEqual(
    items(onSystem.body.role_assignments!).map(({ scope }) => scope),
    [{ system: { all: true } }],
  );
  // Admin implies member and reader.
  assert.equal((await assignments('scope.system=all&effective')).length, 3);
  for (const [query, named] of [
    ['scope.system=all&scope.project.id=x', 'scope.project.id'],
    ['scope.project.id=x&scope.domain.id=y', 'scope.domain.id'],
    ['user.id=x&group.id=y', 'group.id'],
    ['effective&group.id=x', 'group.id'],
    ['scope.system=all&scope.domain.id=x', 'scope.domain.id'],
    ['include_subtree', 'include_subtree'],
    ['scope.system=some', 'scope.system'],
  ] as const) {
    const refused = await ask(query);
    assert.equal(refused.status, 400, query);
    assert.ok(refused.text.includes(named), refused.text);
  }
});

test('roles on the system are among the assignments, and implied ones where effective is asked for', async () => {
  const sven = await faces.person(admin, 'sven', 'member');
  const roles = (await faces.ask('GET', '/identity/v3/roles?name=member', { token: admin })).body.roles;
  const [{ id: member }] = roles as unknown as { id: string }[];
  const path = `/identity/v3/system/users/${sven.userId}/roles/${member}`;
  assert.equal((await faces.ask('PUT', path, { token: admin })).status, 204);
  const ofSven = await assignments(`user.id=${sven.userId}&include_names`);
  const onSystem = ofSven.filter(({ scope }) => scope.system);
  assert.deepEqual(
    onSystem.map(({ user, role, scope }) => [user.name, role.name, scope]),
    [['sven', 'member', { system: { all: true } }]],
  );
  assert.equal(ofSven.length, 2, 'the one on the project too');
  assert.ok(onSystem[0]!.links.assignment.endsWith(path), onSystem[0]!.links.assignment);
  const asked = await assignments(`user.id=${sven.userId}&scope.system=all`);
  assert.deepEqual(asked, [{ ...onSystem[0], user: { id: sven.userId }, role: { id: member } }], 'without names');
  const effective = await assignments(`user.id=${sven.userId}&scope.system=all&effective&include_names`);
  assert.deepEqual(
    effective.map(({ role }) => role.name),
    ['member', 'reader'],
  );
  assert.ok(effective[1]!.links.prior_role?.includes(`/prior_role/${member}/implies/`));
  assert.equal((await faces.ask('DELETE', path, { token: admin })).status, 204);
  assert.deepEqual(await assignments(`user.id=${sven.userId}&scope.system=all`), []);
});

test('a login with U+0000 in any of its parts is refused with 400 that names the part', async () => {
  const login = (user: object, scope?: object) =>
    faces.ask('POST', '/identity/v3/auth/tokens', {
      body: { auth: { identity: { methods: ['password'], password: { user } }, ...(scope && { scope }) } },
    });
  const domain = { id: 'default' };
  const parts: [object, object | undefined, RegExp][] = [
    [{ name: 'a\0b', domain, password: 'x' }, undefined, /password\.user\.name/],
    [{ name: 'admin', domain, password: 'x\0' }, undefined, /password\.user\.password/],
    [{ id: 'a\0', password: 'x' }, undefined, /password\.user\.id/],
    [{ name: 'admin', domain: { name: '\0' }, password: 'x' }, undefined, /user\.domain\.name/],
    [{ name: 'admin', domain, password: 'x' }, { project: { name: 'a\0', domain } }, /scope\.project\.name/],
  ];
  for (const [user, scope, field] of parts) {
    const answer = await login(user, scope);
    assert.equal(answer.status, 400, answer.text);
    assert.match(answer.text, field);
  }
});

test('malformed bodies are 400 in the form of Keystone and name the field', async () => {
  const cases: [string, string, unknown, RegExp][] = [
    ['POST', '/identity/v3/auth/tokens', {}, /auth/],
    ['POST', '/identity/v3/auth/tokens', { auth: { identity: { methods: 'password' } } }, /auth\.identity\.methods/],
    ['POST', '/identity/v3/users', { user: { name: 7 } }, /user\.name/],
    ['POST', '/identity/v3/users', { user: { name: 'x', colour: 'red' } }, /user\.colour/],
    ['POST', '/identity/v3/projects', { project: {} }, /project\.name/],
    ['POST', '/identity/v3/roles', [], /role/],
    ['POST', '/identity/v3/users', '{"user": ', /JSON/],
  ];
  for (const [method, path, body, names] of cases) {
    const answer = await faces.ask(method, path, { token: admin, body });
    assert.equal(answer.status, 400, answer.text);
    assert.equal(answer.body.error.code, 400);
    assert.equal(answer.body.error.title, 'Bad Request', answer.text);
    assert.match(text(answer.body.error.message), names);
  }
});

test('names are taken once: 409; what is not there is 404', async () => {
  const user = { user: { name: 'anna', password: PASSWORD } };
  assert.equal((await faces.ask('POST', '/identity/v3/users', { token: admin, body: user })).status, 409);
  assert.equal((await faces.ask('GET', '/identity/v3/users/nobody', { token: admin })).status, 404);
});

test('users are listed in pages that follow their links', async () => {
  const seen: string[] = [];
  let path: string | undefined = '/identity/v3/users?limit=2&sort_key=name';
  while (path) {
    const { body } = await faces.ask('GET', path, { token: admin });
    const users = items(body.users);
    assert.ok(users.length <= 2);
    seen.push(...users.map((user) => text(user.name)));
    path = body.links.next ? text(body.links.next).slice(faces.url.length) : undefined;
  }
  assert.deepEqual(seen, [...seen].sort());
  assert.deepEqual([...seen].slice(0, 2), ['admin', 'anna']);
  assert.equal(new Set(seen).size, seen.length);
});

test('bootstrap leaves a changed password as it is, also when many processes start at once', async () => {
  const bootstrap = faces.app.get(IdentityBootstrap, { strict: false });
  await Promise.all([1, 2, 3].map(() => bootstrap.run('not this one')));
  assert.equal((await faces.authenticate('admin', PASSWORD, 'admin')).status, 201);
  assert.equal((await faces.authenticate('admin', 'not this one', 'admin')).status, 401);
});

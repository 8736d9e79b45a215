import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';

const root = join(import.meta.dirname, '../..');
const sources = (pattern: string) => globSync(pattern, { cwd: root }).filter((path) => !path.endsWith('.spec.ts'));

/** What speaks to users. Agents, metrics and housekeeping have no caller. */
const faces = sources('apps/api/{openstack,fleet,events}/**/*.ts');

/** Services that are asked before it is known who asks, or that tell nothing of anybody's. */
const BEFORE_A_CALLER = ['Tokens.issue', 'Tokens.validate', 'Tokens.present', 'Events.subscribe'];

const parse = (path: string) =>
  ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.Latest, true);

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  node.forEachChild((child) => visit(child, see));
}

/** Methods of the injectable classes of libs, with whether they take who asks: `Hosts.list` -> true. */
function methodsOfServices(): Map<string, Map<string, boolean>> {
  const services = new Map<string, Map<string, boolean>>();
  for (const path of sources('libs/**/*.ts'))
    visit(parse(path), (node) => {
      if (!ts.isClassDeclaration(node) || !node.name) return;
      const decorators = ts.getDecorators(node) ?? [];
      if (!decorators.some((one) => one.getText().startsWith('@Injectable'))) return;
      const methods = node.members.filter(ts.isMethodDeclaration);
      services.set(node.name.text, new Map(methods.map((method) => [method.name.getText(), takesCaller(method)])));
    });
  return services;
}

function takesCaller({ parameters }: ts.MethodDeclaration): boolean {
  return parameters.some(({ type }) => type && /^(Caller|Principal|Asker)\b/.test(type.getText()));
}

/** Calls of services' methods in one file: `this.hosts.list(…)`, where the constructor has `hosts: Hosts`. */
function callsIn(path: string, known: ReadonlyMap<string, unknown>): { service: string; method: string }[] {
  const file = parse(path);
  const fields = new Map<string, string>();
  const calls: { service: string; method: string }[] = [];
  visit(file, (node) => {
    if (!ts.isParameter(node) || !node.type || !node.modifiers) return;
    const type = node.type.getText().replace(/^Pick<(\w+).*/s, '$1');
    if (known.has(type)) fields.set(node.name.getText(), type);
  });
  visit(file, (node) => {
    if (!ts.isPropertyAccessExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return;
    const service = fields.get(node.expression.name.text);
    const own = node.expression.expression.kind === ts.SyntaxKind.ThisKeyword;
    if (own && service) calls.push({ service, method: node.name.text });
  });
  return calls;
}

test('faces tell every domain service who asks', () => {
  const services = methodsOfServices();
  const found = faces.flatMap((path) => callsIn(path, services).map((call) => ({ path, ...call })));
  assert.ok(found.length > 100, `only ${found.length} calls found: does this test still see them?`);
  const without = found
    .filter(({ service, method }) => !BEFORE_A_CALLER.includes(`${service}.${method}`))
    .filter(({ service, method }) => !services.get(service)?.get(method))
    .map(({ path, service, method }) => `${path}: ${service}.${method} takes no Caller`);
  assert.deepEqual(without, []);
});

test('no face decides: only the guard asks the policy, and no face acts in the name of somebody else', () => {
  const deciding = sources('apps/api/**/*.ts').filter((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    const asks = /\b(allows|requireAllowed)\b[^;]*'#libs\/policy\/policy'/.test(text);
    const tries = /\brequireMayTry\b/.test(text) && path !== 'apps/api/http/policy.guard.ts';
    return asks || tries || text.includes('/migrations/mandate');
  });
  assert.deepEqual(deciding, []);
});

test('no face reads the database itself', () => {
  const reading = faces.filter((path) => /\b(DataSource|EntityManager)\b/.test(readFileSync(join(root, path), 'utf8')));
  assert.deepEqual(reading, []);
});

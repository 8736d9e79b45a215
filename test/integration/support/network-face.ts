import assert from 'node:assert/strict';
import { items, startFaces, text } from './openstack-faces.js';
import type { Answer, Faces, Json, Person } from './openstack-faces.js';

const API = '/networking/v2.0';

/**
 * The network face with an administrator, two members of different projects, and a reader in the first one's project.
 */
export class NetworkFace {
  private constructor(
    readonly faces: Faces,
    readonly admin: string,
    readonly anna: Person,
    readonly ben: Person,
    readonly rita: Person,
  ) {}

  static async start(): Promise<NetworkFace> {
    const faces = await startFaces();
    const admin = await faces.login();
    const anna = await faces.person(admin, 'anna', 'member');
    const ben = await faces.person(admin, 'ben', 'member');
    return new NetworkFace(faces, admin, anna, ben, await faces.person(admin, 'rita', 'reader', 'anna'));
  }

  close(): Promise<void> {
    return this.faces.close();
  }

  /** Sends a request; by Anna where no other token is given. */
  ask(method: string, path: string, body?: unknown, token = this.anna.token): Promise<Answer> {
    return this.faces.ask(method, API + path, { token, body });
  }

  async made(kind: 'network' | 'subnet' | 'port' | 'router', fields: object, token = this.anna.token): Promise<Json> {
    const answer = await this.ask('POST', `/${kind}s`, { [kind]: fields }, token);
    assert.equal(answer.status, 201, answer.text);
    return answer.body[kind]!;
  }

  async networkWith(...cidrs: string[]): Promise<string> {
    const { id } = await this.made('network', { name: 'net' });
    for (const cidr of cidrs) await this.made('subnet', { network_id: id, cidr });
    return text(id);
  }
}

/** Asserts that the answer is an error in Neutron's form. */
export function refused(answer: Answer, status: number, type: string, says?: RegExp): void {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.body.NeutronError?.type, type, answer.text);
  if (says) assert.match(text(answer.body.NeutronError.message), says);
}

export const addressesOf = (port: Json) => items(port.fixed_ips).map((ip) => text(ip.ip_address));

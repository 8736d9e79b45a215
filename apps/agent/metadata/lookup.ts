import { plain } from './answer.js';
import type { Answer } from './answer.js';
import { ec2Answer, ec2Versions } from './ec2-forms.js';
import type { Guest } from './guest.js';
import { openstackAnswer, openstackVersions } from './openstack-forms.js';

/**
 * What a guest gets for a path of the metadata service; undefined where there is nothing (Nova API: metadata, EC2: instance
 * metadata). A path that begins with neither `openstack` nor `ec2` is EC2's. `randomSeed`: base64.
 */
export function answerOf(guest: Guest, path: string, randomSeed: () => string): Answer | undefined {
  const [first = '', ...rest] = path.split('/').filter((part) => part !== '' && part !== '.');
  if (first === 'openstack') return rest.length ? openstackAnswer(guest, rest, randomSeed) : plain(openstackVersions);
  const tokens = first === 'ec2' || first === '' ? rest : [first, ...rest];
  return tokens.length ? ec2Answer(guest, tokens) : plain(ec2Versions);
}
